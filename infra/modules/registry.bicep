// The registry of images: no administrator's password; the silos may pull and nothing else.
param name string
param location string
param tags object
param identityPrincipalId string

var acrPull = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Basic' }
  properties: { adminUserEnabled: false }
}

resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, identityPrincipalId, acrPull)
  scope: registry
  properties: { principalId: identityPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: acrPull }
}

output server string = registry.properties.loginServer
