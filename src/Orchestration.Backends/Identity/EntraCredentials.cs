using Azure.Core;
using Azure.Identity;
using Orchestration.Core.Configuration;

namespace Orchestration.Backends.Identity;

/// <summary>The credentials of Azure.Identity, by the words of a configuration.</summary>
internal static class EntraCredentials
{
    public static TokenCredential Of(EntraIdentity? identity, string? clientId) => identity switch
    {
        EntraIdentity.Managed => new ManagedIdentityCredential(clientId is { } id ? ManagedIdentityId.FromUserAssignedClientId(id) : ManagedIdentityId.SystemAssigned),
        EntraIdentity.Workload => new WorkloadIdentityCredential(new WorkloadIdentityCredentialOptions { ClientId = clientId }),
        EntraIdentity.Environment => new EnvironmentCredential(),
        EntraIdentity.AzureCli => new AzureCliCredential(),
        _ => new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = clientId, WorkloadIdentityClientId = clientId }),
    };
}
