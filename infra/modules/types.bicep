// What parameters of several modules look like.

@export()
@description('A model of Azure OpenAI.')
type modelType = {
  name: string
  version: string
  @description('GlobalStandard, DataZoneStandard, Standard, …')
  sku: string
  @description('Thousands of tokens a minute.')
  capacity: int
  @description('US dollars per million tokens, as text: Bicep has no fractions.')
  inputUsd: string
  cachedUsd: string
  outputUsd: string
}

@export()
@description('Size and number of the silos of one kind.')
type sizeType = {
  @description('Cores, as text.')
  cpu: string
  @description('Gi, twice the cores.')
  memory: string
  least: int
  most: int
}

@export()
@description('A database server.')
type postgresType = {
  sku: string
  tier: 'Burstable' | 'GeneralPurpose' | 'MemoryOptimized'
  storageGb: int
  version: string
  backupDays: int
  geoBackup: bool
  highAvailability: bool
}

@export()
@description('Who administers a database server.')
type administratorType = {
  objectId: string
  name: string
  type: 'User' | 'Group' | 'ServicePrincipal'
}
