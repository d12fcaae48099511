// Azure OpenAI with its deployments. Keys are switched off: the silos show tokens of their identity, which may call models and nothing else.
import { modelType } from 'types.bicep'

param name string
param location string
@description('Region of the network, for the private endpoint.')
param endpointLocation string
param tags object
param models modelType[]
param identityPrincipalId string
@description('Empty where it is reachable from everywhere (and asks for a token).')
param subnetId string
param zoneId string

var openAiUser = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd')

resource account 'Microsoft.CognitiveServices/accounts@2024-10-01' = {
  name: name
  location: location
  tags: tags
  kind: 'OpenAI'
  sku: { name: 'S0' }
  properties: {
    customSubDomainName: name
    disableLocalAuth: true
    publicNetworkAccess: empty(subnetId) ? 'Enabled' : 'Disabled'
  }
}

// One after another: the account takes one change at a time.
@batchSize(1)
resource deployment 'Microsoft.CognitiveServices/accounts/deployments@2024-10-01' = [
  for model in models: {
    parent: account
    name: model.name
    sku: { name: model.sku, capacity: model.capacity }
    properties: {
      model: { format: 'OpenAI', name: model.name, version: model.version }
      // The snapshot is part of each judge's version: it changes when somebody says so.
      versionUpgradeOption: 'NoAutoUpgrade'
    }
  }
]

resource call 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, identityPrincipalId, openAiUser)
  scope: account
  properties: { principalId: identityPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: openAiUser }
}

module endpoint 'endpoint.bicep' = if (!empty(subnetId)) {
  name: 'openai-endpoint'
  params: { name: 'pe-${name}', location: endpointLocation, tags: tags, targetId: account.id, group: 'account', subnetId: subnetId, zoneId: zoneId }
}

output endpoint string = account.properties.endpoint
