using Orchestration.Backends.Identity;
using Orchestration.Core.Configuration;

namespace Orchestration.Backends.Exchanges;

/// <summary>Makes the credential that a configuration asks for.</summary>
internal static class EndpointCredentials
{
    public static IEndpointCredential Of(DeploymentConfig config, EndpointConfig endpoint, DeploymentServices services) => config.Identity is null
        ? new EndpointKey(config.Name, endpoint, services.Environment)
        : new EntraToken(config, services.Credentials?.Invoke(config) ?? EntraCredentials.Of(config.Identity, config.IdentityClientId), services.Time);
}
