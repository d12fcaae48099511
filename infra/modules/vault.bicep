// What must stay secret: settings of containers hold its addresses and never a value.
param name string
param location string
param tags object
param identityPrincipalId string
param deployerPrincipalId string
param deployerPrincipalType string
param insightsName string
@description('Empty where the vault is reachable from everywhere (and asks for a token).')
param subnetId string
param zoneId string

@secure()
param keySecret string
@secure()
param scalerToken string
@secure()
@description('Empty for none.')
param databasePassword string

var secretsUser = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')

resource insights 'Microsoft.Insights/components@2020-02-02' existing = { name: insightsName }

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    // azd reads the secrets back from where it runs; with private networking from inside only.
    publicNetworkAccess: empty(subnetId) ? 'Enabled' : 'Disabled'
  }

  resource keys 'secrets' = { name: 'orchestrate-key-secret', properties: { value: keySecret } }
  resource scaler 'secrets' = { name: 'orchestrate-scaler-token', properties: { value: scalerToken } }
  resource insightsConnection 'secrets' = { name: 'insights-connection', properties: { value: insights.properties.ConnectionString } }
  resource database 'secrets' = if (!empty(databasePassword)) { name: 'orchestrate-database-password', properties: { value: databasePassword } }
}

resource read 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identityPrincipalId, secretsUser)
  scope: vault
  properties: { principalId: identityPrincipalId, principalType: 'ServicePrincipal', roleDefinitionId: secretsUser }
}

resource keep 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerPrincipalId)) {
  name: guid(vault.id, deployerPrincipalId, secretsUser)
  scope: vault
  properties: { principalId: deployerPrincipalId, principalType: deployerPrincipalType, roleDefinitionId: secretsUser }
}

module endpoint 'endpoint.bicep' = if (!empty(subnetId)) {
  name: 'vault-endpoint'
  params: { name: 'pe-${name}', location: location, tags: tags, targetId: vault.id, group: 'vault', subnetId: subnetId, zoneId: zoneId }
}

output name string = vault.name
output keySecretUri string = vault::keys.properties.secretUri
output scalerTokenUri string = vault::scaler.properties.secretUri
output insightsSecretUri string = vault::insightsConnection.properties.secretUri
#disable-next-line outputs-should-not-contain-secrets // an address
output databasePasswordUri string = empty(databasePassword) ? '' : '${vault.properties.vaultUri}secrets/orchestrate-database-password'
