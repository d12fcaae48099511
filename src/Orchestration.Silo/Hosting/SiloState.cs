using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Stores;

namespace Orchestration.Silo.Hosting;

/// <summary>What the endpoints of a silo share.</summary>
/// <param name="Options">How it was started.</param>
/// <param name="Store">Everything durable.</param>
/// <param name="Board">What the deployments say of themselves.</param>
internal sealed record SiloState(SiloOptions Options, IStore Store, DeploymentBoard Board)
{
    private volatile OrchestrationConfig _config = OrchestrationConfig.Empty;

    /// <summary>The configuration that counts now; replaced whole when the file changes.</summary>
    public OrchestrationConfig Config
    {
        get => _config;
        set => _config = value;
    }

    /// <summary>True from the moment that it was told to stop: it takes no new work, and <c>/health/ready</c> says so.</summary>
    public bool IsDraining { get; set; }
}
