// Takes metrics over OTLP from the silos and hands them to Application Insights, which the managed agent does not do.
param location string
param tags object
param environmentId string
param identityId string
param connectionSecretUri string

resource collector 'Microsoft.App/containerApps@2025-01-01' = {
  name: 'collector'
  location: location
  tags: tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    environmentId: environmentId
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: { external: false, targetPort: 4318, transport: 'http' }
      secrets: [
        { name: 'insights-connection', keyVaultUrl: connectionSecretUri, identity: identityId }
        // No secret: a volume takes its files from here.
        #disable-next-line use-secure-value-for-secure-inputs
        { name: 'config', value: loadTextContent('../collector.yaml') }
      ]
    }
    template: {
      containers: [
        {
          name: 'collector'
          image: 'docker.io/otel/opentelemetry-collector-contrib:0.127.0'
          args: ['--config=/config/collector.yaml']
          env: [{ name: 'INSIGHTS_CONNECTION', secretRef: 'insights-connection' }]
          resources: { cpu: json('0.25'), memory: '0.5Gi' }
          volumeMounts: [{ volumeName: 'config', mountPath: '/config' }]
        }
      ]
      scale: { minReplicas: 1, maxReplicas: 1 }
      volumes: [{ name: 'config', storageType: 'Secret', secrets: [{ secretRef: 'config', path: 'collector.yaml' }] }]
    }
  }
}

output metricsEndpoint string = 'https://${collector.properties.configuration.ingress.fqdn}/v1/metrics'
