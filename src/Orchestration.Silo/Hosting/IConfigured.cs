using Orchestration.Core;
using Orchestration.Core.Configuration;

namespace Orchestration.Silo.Hosting;

/// <summary>A part of a silo that is made from the configuration, and made anew when it changes while requests go on.</summary>
internal interface IConfigured
{
    /// <summary>Makes what the configuration asks for, beside what is in effect.</summary>
    /// <param name="config">The new configuration.</param>
    /// <param name="deployments">Its deployments; those that it leaves as they were are the same objects.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Puts it into effect: one assignment of a reference, which cannot fail. Requests in flight end with what they began with.</returns>
    /// <exception cref="OrchestrationException">It cannot be made: the whole configuration is refused and everything stays as it was.</exception>
    ValueTask<Action> PrepareAsync(OrchestrationConfig config, SiloDeployments deployments, CancellationToken cancellationToken);
}
