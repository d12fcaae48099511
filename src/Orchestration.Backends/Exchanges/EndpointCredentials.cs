using Azure.Core;
using Azure.Identity;
using Orchestration.Core.Configuration;

namespace Orchestration.Backends.Exchanges;

/// <summary>Makes the credential that a configuration asks for.</summary>
internal static class EndpointCredentials
{
    public static IEndpointCredential Of(DeploymentConfig config, EndpointConfig endpoint, DeploymentServices services) => config.Identity is null
        ? new EndpointKey(config.Name, endpoint, services.Environment)
        : new EntraToken(config, services.Credentials?.Invoke(config) ?? Credential(config), services.Time);

    private static TokenCredential Credential(DeploymentConfig config) => config.Identity switch
    {
        EntraIdentity.Managed => new ManagedIdentityCredential(config.IdentityClientId is { } id ? ManagedIdentityId.FromUserAssignedClientId(id) : ManagedIdentityId.SystemAssigned),
        EntraIdentity.Workload => new WorkloadIdentityCredential(new WorkloadIdentityCredentialOptions { ClientId = config.IdentityClientId }),
        EntraIdentity.Environment => new EnvironmentCredential(),
        EntraIdentity.AzureCli => new AzureCliCredential(),
        _ => new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = config.IdentityClientId, WorkloadIdentityClientId = config.IdentityClientId }),
    };
}
