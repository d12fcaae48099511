// One installation: a resource group with gateway silos, sweep workers, their database, models and what watches them. docs/azure.md is the guide.
targetScope = 'subscription'

@minLength(1)
@maxLength(32)
@description('Name of the installation; azd asks for it.')
param environmentName string

@minLength(1)
@description('Region of everything but the models.')
param location string

@description('Region of Azure OpenAI, where the models are offered; the other region where empty.')
param openAiLocation string = ''

@description('Object id of whoever deploys: may read the two secrets, so that azd keeps them when it deploys again. Empty for nobody.')
param principalId string = ''

@allowed(['User', 'ServicePrincipal'])
@description('What that is.')
param principalType string = 'User'

@description('Image of gateway and workers for the first deployment; azd replaces it by the one it builds.')
param image string = 'mcr.microsoft.com/azuredocs/containerapps-helloworld:latest'

@description('Models to deploy: name, version, kind of quota, capacity in thousands of tokens a minute, US dollars per million tokens.')
param models modelType[] = [
  { name: 'gpt-4.1-mini', version: '2025-04-14', sku: 'GlobalStandard', capacity: 100, inputUsd: '0.40', cachedUsd: '0.10', outputUsd: '1.60' }
  { name: 'gpt-4.1', version: '2025-04-14', sku: 'GlobalStandard', capacity: 50, inputUsd: '2.00', cachedUsd: '0.50', outputUsd: '8.00' }
]

@description('US dollars a day that routed traffic may cost, all silos together.')
@minValue(1)
param usdPerDay int = 20

@description('Size and number of gateway silos; cpu in cores as text, memory in Gi.')
param gateway sizeType = { cpu: '0.5', memory: '1Gi', least: 1, most: 5 }

@description('Requests in flight at a gateway silo above which another one is started.')
@minValue(1)
param gatewayConcurrency int = 200

@description('Size and number of sweep workers; none run while there is no work.')
param worker sizeType = { cpu: '1', memory: '2Gi', least: 0, most: 5 }

@description('Shards that a worker has in work at once; one more worker is started for each so many that wait.')
@minValue(1)
@maxValue(256)
param workerSlots int = 8

@description('The database server.')
param postgres postgresType = { sku: 'Standard_B1ms', tier: 'Burstable', storageGb: 32, version: '17', backupDays: 7, geoBackup: false, highAvailability: false }

@description('Everything in a virtual network, reachable from inside alone but for the gateway; see publicGateway.')
param privateNetworking bool = false

@description('Address range of the virtual network.')
param addressSpace string = '10.90.0.0/16'

@description('Whether the gateway is reachable from the internet. Without privateNetworking it must be.')
param publicGateway bool = true

@description('Also a cluster of Orleans silos, on a dedicated workload profile; see docs/azure.md for what that changes.')
param orleans bool = false

@description('Image of the Orleans silos, which azd does not build; needed with orleans.')
param orleansImage string = ''

@description('Size and number of Orleans silos.')
param orleansSize sizeType = { cpu: '1', memory: '2Gi', least: 3, most: 3 }

@description('Whether the managed identity is the administrator of its database server. False once a role of its own has been made for it (docs/azure.md).')
param identityIsDatabaseAdministrator bool = true

@description('A person or group who also administers the database server: object id, name and kind. Empty for nobody.')
param databaseAdministrator administratorType = { objectId: '', name: '', type: 'User' }

@description('Days that logs, traces and metrics are kept.')
@minValue(30)
@maxValue(730)
param retentionDays int = 30

@description('Metrics go to Application Insights by a collector of their own: the managed agent takes traces alone there.')
param metricsCollector bool = true

@secure()
@minLength(32)
@description('Secret of the hashes of API keys. azd makes one the first time and reads it from the key vault afterwards.')
param keySecret string

@secure()
@minLength(32)
@description('What the scaler of the workers shows to the gateway. Made and kept as keySecret is.')
param scalerToken string

@secure()
@minLength(32)
@description('Password of the database with orleans, whose own tables know no Entra sign-in; without orleans no password is taken. Made and kept as keySecret is.')
param databasePassword string

var tags = { 'azd-env-name': environmentName }
var token = toLower(uniqueString(subscription().id, environmentName, location))

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  name: 'identity'
  params: { name: 'id-${token}', location: location, tags: tags }
}

module network 'modules/network.bicep' = if (privateNetworking) {
  scope: group
  name: 'network'
  params: { name: 'vnet-${token}', location: location, tags: tags, addressSpace: addressSpace }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  name: 'monitoring'
  params: { token: token, location: location, tags: tags, retentionDays: retentionDays }
}

module registry 'modules/registry.bicep' = {
  scope: group
  name: 'registry'
  params: { name: 'cr${token}', location: location, tags: tags, identityPrincipalId: identity.outputs.principalId }
}

module vault 'modules/vault.bicep' = {
  scope: group
  name: 'vault'
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    identityPrincipalId: identity.outputs.principalId
    deployerPrincipalId: principalId
    deployerPrincipalType: principalType
    keySecret: keySecret
    scalerToken: scalerToken
    databasePassword: orleans ? databasePassword : ''
    insightsName: monitoring.outputs.insightsName
    subnetId: privateNetworking ? network!.outputs.endpointsSubnetId : ''
    zoneId: privateNetworking ? network!.outputs.vaultZoneId : ''
  }
}

module openAi 'modules/openai.bicep' = {
  scope: group
  name: 'openai'
  params: {
    name: 'oai-${token}'
    location: empty(openAiLocation) ? location : openAiLocation
    endpointLocation: location
    tags: tags
    models: models
    identityPrincipalId: identity.outputs.principalId
    subnetId: privateNetworking ? network!.outputs.endpointsSubnetId : ''
    zoneId: privateNetworking ? network!.outputs.openAiZoneId : ''
  }
}

module database 'modules/postgres.bicep' = {
  scope: group
  name: 'database'
  params: {
    name: 'psql-${token}'
    location: location
    tags: tags
    server: postgres
    password: orleans ? databasePassword : ''
    identityPrincipalId: identityIsDatabaseAdministrator ? identity.outputs.principalId : ''
    identityName: identity.outputs.name
    administrator: databaseAdministrator
    subnetId: privateNetworking ? network!.outputs.databaseSubnetId : ''
    zoneId: privateNetworking ? network!.outputs.databaseZoneId : ''
  }
}

module apps 'modules/environment.bicep' = {
  scope: group
  name: 'environment'
  params: {
    name: 'cae-${token}'
    location: location
    tags: tags
    logsName: monitoring.outputs.logsName
    insightsName: monitoring.outputs.insightsName
    subnetId: privateNetworking ? network!.outputs.appsSubnetId : ''
    isInternal: privateNetworking && !publicGateway
    hasDedicatedProfile: orleans
  }
}

module collector 'modules/collector.bicep' = if (metricsCollector) {
  scope: group
  name: 'collector'
  params: {
    location: location
    tags: tags
    environmentId: apps.outputs.id
    identityId: identity.outputs.id
    connectionSecretUri: vault.outputs.insightsSecretUri
  }
}

module silos 'modules/silos.bicep' = {
  scope: group
  name: 'silos'
  params: {
    location: location
    tags: tags
    environmentId: apps.outputs.id
    domain: apps.outputs.domain
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    identityName: identity.outputs.name
    registryServer: registry.outputs.server
    databaseHost: database.outputs.host
    databaseName: database.outputs.database
    databaseUser: database.outputs.user
    openAiEndpoint: openAi.outputs.endpoint
    models: models
    usdPerDay: usdPerDay
    keySecretUri: vault.outputs.keySecretUri
    scalerTokenUri: vault.outputs.scalerTokenUri
    databasePasswordUri: vault.outputs.databasePasswordUri
    metricsEndpoint: metricsCollector ? collector!.outputs.metricsEndpoint : ''
    image: image
    gateway: gateway
    gatewayConcurrency: gatewayConcurrency
    isGatewayPublic: publicGateway
    worker: worker
    workerSlots: workerSlots
    orleans: orleans
    orleansImage: orleansImage
    orleansSize: orleansSize
  }
}

output AZURE_CONTAINER_REGISTRY_ENDPOINT string = registry.outputs.server
output AZURE_KEY_VAULT_NAME string = vault.outputs.name
output AZURE_RESOURCE_GROUP string = group.name
output GATEWAY_URL string = silos.outputs.gatewayUrl

import { modelType, sizeType, postgresType, administratorType } from 'modules/types.bicep'
