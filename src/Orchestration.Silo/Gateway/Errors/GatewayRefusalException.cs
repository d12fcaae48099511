namespace Orchestration.Silo.Gateway.Errors;

/// <summary>The request cannot be served; what its client is told.</summary>
internal sealed class GatewayRefusalException(GatewayError error) : Exception(error.Message)
{
    public GatewayError Error { get; } = error;
}
