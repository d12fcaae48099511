namespace Orchestration.Silo.Gateway;

/// <summary>What the gateway takes at once.</summary>
internal sealed record GatewayLimits
{
    /// <summary>Largest body, bytes. Default 32 MB: a long conversation with some images.</summary>
    public int BodyBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Requests served at once. Default 1,024.</summary>
    public int Concurrency { get; init; } = 1024;

    /// <summary>Requests that wait for their turn. Default 1,024.</summary>
    public int Waiting { get; init; } = 1024;

    /// <summary>How long one waits. Default 5 s.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(5);
}
