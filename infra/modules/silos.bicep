// The silos: gateways that serve HTTP, workers that work sweeps, and where asked for Orleans silos.
import { modelType, sizeType } from 'types.bicep'

param location string
param tags object
param environmentId string
param domain string
param identityId string
param identityClientId string
param identityName string
param registryServer string
param databaseHost string
param databaseName string
@description('Who signs in with a password; empty where the identity signs in with a token.')
param databaseUser string
param openAiEndpoint string
param models modelType[]
param usdPerDay int
param keySecretUri string
param scalerTokenUri string
@description('Empty where there is no password.')
#disable-next-line secure-secrets-in-params // an address
param databasePasswordUri string
@description('Where metrics go; empty for nowhere.')
param metricsEndpoint string
param image string
param gateway sizeType
param gatewayConcurrency int
param isGatewayPublic bool
param worker sizeType
param workerSlots int
param orleans bool
param orleansImage string
param orleansSize sizeType

// --- orchestration.yaml ---
var deployments = [
  for model in models: '  ${replace(model.name, '.', '-')}: {kind: azure-openai, endpoint: "${openAiEndpoint}", model: {publisher: openai, name: ${model.name}, snapshot: "${model.version}"}, served-as: ${model.name}, identity: managed, identity-client-id: ${identityClientId}, prices: {input: ${model.inputUsd}, cached: ${model.cachedUsd}, output: ${model.outputUsd}}, limits: {tokens-per-minute: ${model.capacity}000}}'
]
var experts = [for model in models: '  ${replace(model.name, '.', '-')}: {deployment: ${replace(model.name, '.', '-')}}']
var configuration = replace(replace(replace(replace(loadTextContent('../orchestration.azure.yaml'),
  '__DEPLOYMENTS__', join(deployments, '\n')),
  '__EXPERTS__', join(experts, '\n')),
  '__DEFAULT__', replace(models[0].name, '.', '-')),
  '__USD_PER_DAY__', string(usdPerDay))

// --- settings ---
var hasPassword = !empty(databaseUser)
var store = hasPassword
  ? 'postgres://${databaseUser}@${databaseHost}:5432/${databaseName}?sslmode=verify-full'
  : 'postgres://${identityName}@${databaseHost}:5432/${databaseName}?identity=managed&identity-client-id=${identityClientId}'

var settings = concat(
  [
    { name: 'ORCHESTRATE_STORE', value: store }
    { name: 'ORCHESTRATE_SPOOL', value: '/local/spool' }
    { name: 'ORCHESTRATE_KEY_SECRET', secretRef: 'key-secret' }
  ],
  hasPassword ? [{ name: 'PGPASSWORD', secretRef: 'database-password' }] : [],
  empty(metricsEndpoint) ? [] : [
    { name: 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', value: metricsEndpoint }
    { name: 'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL', value: 'http/protobuf' }
  ])

var secrets = concat(
  [
    { name: 'key-secret', keyVaultUrl: keySecretUri, identity: identityId }
    { name: 'scaler-token', keyVaultUrl: scalerTokenUri, identity: identityId }
    { name: 'configuration', value: configuration }
  ],
  hasPassword ? [{ name: 'database-password', keyVaultUrl: databasePasswordUri, identity: identityId }] : [])

var mounts = [{ volumeName: 'config', mountPath: '/config' }, { volumeName: 'local', mountPath: '/local' }]
var volumes = [
  { name: 'config', storageType: 'Secret', secrets: [{ secretRef: 'configuration', path: 'orchestration.yaml' }] }
  { name: 'local', storageType: 'EmptyDir' }
]
var identity = { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
var registries = [{ server: registryServer, identity: identityId }]

resource gatewayApp 'Microsoft.App/containerApps@2025-01-01' = {
  name: 'gateway'
  location: location
  tags: union(tags, { 'azd-service-name': 'gateway' })
  identity: identity
  properties: {
    environmentId: environmentId
    workloadProfileName: 'Consumption'
    configuration: {
      // The old silos serve until the new ones are ready; both work on one store.
      activeRevisionsMode: 'Single'
      ingress: { external: isGatewayPublic, targetPort: 8080, transport: 'auto', allowInsecure: false }
      registries: registries
      secrets: secrets
    }
    template: {
      terminationGracePeriodSeconds: 90
      containers: [
        {
          name: 'silo'
          image: image
          args: ['serve', '--listen', 'http://0.0.0.0:8080', '--config', '/config/orchestration.yaml', '--slots', '0', '--grace-seconds', '10', '--drain-seconds', '60']
          env: concat(settings, [
            { name: 'OTEL_SERVICE_NAME', value: 'orchestrate-gateway' }
            { name: 'ORCHESTRATE_SCALER_TOKEN', secretRef: 'scaler-token' }
          ])
          resources: { cpu: json(gateway.cpu), memory: gateway.memory }
          volumeMounts: mounts
          probes: [
            { type: 'Startup', httpGet: { path: '/health/live', port: 8080 }, periodSeconds: 2, failureThreshold: 30 }
            { type: 'Liveness', httpGet: { path: '/health/live', port: 8080 }, periodSeconds: 10, failureThreshold: 6 }
            { type: 'Readiness', httpGet: { path: '/health/ready', port: 8080 }, periodSeconds: 5, failureThreshold: 2 }
          ]
        }
      ]
      scale: {
        minReplicas: gateway.least
        maxReplicas: gateway.most
        rules: [{ name: 'traffic', http: { metadata: { concurrentRequests: string(gatewayConcurrency) } } }]
      }
      volumes: volumes
    }
  }
}

resource workerApp 'Microsoft.App/containerApps@2025-01-01' = {
  name: 'worker'
  location: location
  tags: union(tags, { 'azd-service-name': 'worker' })
  identity: identity
  properties: {
    environmentId: environmentId
    workloadProfileName: 'Consumption'
    configuration: { activeRevisionsMode: 'Single', registries: registries, secrets: secrets }
    template: {
      // Calls in flight are finished and stored, shards given back.
      terminationGracePeriodSeconds: 300
      containers: [
        {
          name: 'silo'
          image: image
          args: ['work', '--config', '/config/orchestration.yaml', '--slots', string(workerSlots)]
          env: concat(settings, [{ name: 'OTEL_SERVICE_NAME', value: 'orchestrate-worker' }])
          resources: { cpu: json(worker.cpu), memory: worker.memory }
          volumeMounts: mounts
        }
      ]
      scale: {
        minReplicas: worker.least
        maxReplicas: worker.most
        // KEDA's scaler for PostgreSQL signs in with a password, which this server does not take: it asks a gateway silo.
        rules: [
          {
            name: 'shards'
            custom: {
              type: 'metrics-api'
              metadata: {
                url: '${gatewayUrl}/v1/work'
                valueLocation: 'shards'
                targetValue: string(workerSlots)
                authMode: 'bearer'
              }
              auth: [{ secretRef: 'scaler-token', triggerParameter: 'token' }]
            }
          }
        ]
      }
      volumes: volumes
    }
  }
}

// Silos of an Orleans cluster reach one another at their own addresses: a dedicated profile, one revision, no ingress.
resource orleansApp 'Microsoft.App/containerApps@2025-01-01' = if (orleans) {
  name: 'orleans'
  location: location
  tags: tags
  identity: identity
  properties: {
    environmentId: environmentId
    workloadProfileName: 'dedicated'
    configuration: { activeRevisionsMode: 'Single', registries: registries, secrets: secrets }
    template: {
      terminationGracePeriodSeconds: 300
      containers: [
        {
          name: 'silo'
          image: orleansImage
          command: ['/bin/sh', '-c', 'exec /app/orchestrate-orleans silo --advertise "$(hostname -i | tr " " "\\n" | grep -v -e ^127 -e ^169.254 -e : | head -n 1)" --config /config/orchestration.yaml --slots ${workerSlots}']
          env: concat(settings, [{ name: 'OTEL_SERVICE_NAME', value: 'orchestrate-orleans' }])
          resources: { cpu: json(orleansSize.cpu), memory: orleansSize.memory }
          volumeMounts: mounts
        }
      ]
      scale: { minReplicas: orleansSize.least, maxReplicas: orleansSize.most }
      volumes: volumes
    }
  }
}

var gatewayUrl = 'https://gateway.${isGatewayPublic ? '' : 'internal.'}${domain}'

output gatewayUrl string = gatewayUrl
