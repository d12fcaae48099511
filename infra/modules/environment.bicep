// Where the containers run, with logs to the workspace and traces to Application Insights by the managed OpenTelemetry agent.
param name string
param location string
param tags object
param logsName string
param insightsName string
@description('Empty for the platform\'s own network.')
param subnetId string
param isInternal bool
@description('Orleans silos reach one another by address, which the consumption profile does not give.')
param hasDedicatedProfile bool

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = { name: logsName }
resource insights 'Microsoft.Insights/components@2020-02-02' existing = { name: insightsName }

var consumption = [{ name: 'Consumption', workloadProfileType: 'Consumption' }]
var dedicated = [{ name: 'dedicated', workloadProfileType: 'D4', minimumCount: 1, maximumCount: 3 }]

resource environment 'Microsoft.App/managedEnvironments@2025-02-02-preview' = {
  name: name
  location: location
  tags: tags
  properties: {
    appLogsConfiguration: {
      destination: 'log-analytics'
      logAnalyticsConfiguration: { customerId: logs.properties.customerId, sharedKey: logs.listKeys().primarySharedKey }
    }
    appInsightsConfiguration: { connectionString: insights.properties.ConnectionString }
    openTelemetryConfiguration: { tracesConfiguration: { destinations: ['appInsights'] } }
    workloadProfiles: concat(consumption, hasDedicatedProfile ? dedicated : [])
    vnetConfiguration: empty(subnetId) ? null : { infrastructureSubnetId: subnetId, internal: isInternal }
    zoneRedundant: !empty(subnetId)
  }
}

output id string = environment.id
output domain string = environment.properties.defaultDomain
