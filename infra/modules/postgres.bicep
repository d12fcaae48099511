// The database: everything that silos share. Without a password nobody can sign in with one.
import { postgresType, administratorType } from 'types.bicep'

param name string
param location string
param tags object
param server postgresType
@secure()
@description('Empty where only tokens of Entra ID are taken.')
param password string
@description('Empty where the identity is no administrator.')
param identityPrincipalId string
param identityName string
param administrator administratorType
@description('Empty where it is reachable from Azure (and asks for a token).')
param subnetId string
param zoneId string

var databaseName = 'orchestration'
var login = 'orchestrate'
var hasPassword = !empty(password)

resource postgres 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: server.sku, tier: server.tier }
  properties: {
    version: server.version
    createMode: 'Default'
    administratorLogin: hasPassword ? login : null
    administratorLoginPassword: hasPassword ? password : null
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: hasPassword ? 'Enabled' : 'Disabled'
      tenantId: tenant().tenantId
    }
    storage: { storageSizeGB: server.storageGb, autoGrow: 'Enabled' }
    backup: { backupRetentionDays: server.backupDays, geoRedundantBackup: server.geoBackup ? 'Enabled' : 'Disabled' }
    highAvailability: { mode: server.highAvailability ? 'ZoneRedundant' : 'Disabled' }
    network: empty(subnetId) ? { publicNetworkAccess: 'Enabled' } : { delegatedSubnetResourceId: subnetId, privateDnsZoneArmResourceId: zoneId, publicNetworkAccess: 'Disabled' }
  }

  resource database 'databases' = { name: databaseName, properties: { charset: 'UTF8', collation: 'C' } }

  // Azure's own addresses; the server still asks everybody for a token.
  resource fromAzure 'firewallRules' = if (empty(subnetId)) { name: 'azure', properties: { startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' } }

  resource own 'administrators' = if (!empty(identityPrincipalId)) {
    name: empty(identityPrincipalId) ? 'none' : identityPrincipalId
    properties: { principalName: identityName, principalType: 'ServicePrincipal', tenantId: tenant().tenantId }
    dependsOn: [database]
  }

  resource person 'administrators' = if (!empty(administrator.objectId)) {
    name: empty(administrator.objectId) ? 'none' : administrator.objectId
    properties: { principalName: administrator.name, principalType: administrator.type, tenantId: tenant().tenantId }
    dependsOn: [own]
  }
}

output host string = postgres.properties.fullyQualifiedDomainName
output database string = postgres::database.name
@description('Who signs in with the password; empty where tokens do.')
output user string = hasPassword ? login : ''
