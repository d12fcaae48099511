using Orchestration.Core.Aggregation;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Routing;

namespace Orchestration.Core;

/// <summary>
/// Finds an actor by its id. The only way by which actors reach one another, so that a host decides where they live:
/// in this process, or behind grains of a cluster.
/// </summary>
public interface IActors
{
    /// <summary>The judge with this id.</summary>
    /// <exception cref="OrchestrationException">No such judge (<see cref="ErrorCodes.NotFound"/>).</exception>
    IJudge Judge(string judgeId);

    /// <summary>A pair evaluation. The key (pair and judge-set version, or a shard) decides placement only.</summary>
    IPairEvaluation PairEvaluation(string key);

    /// <summary>The aggregator with this name; one that holds no version answers with a refusal.</summary>
    /// <exception cref="OrchestrationException">This host keeps no aggregators (<see cref="ErrorCodes.NotFound"/>).</exception>
    IAggregator Aggregator(string name);

    /// <summary>The router with this name.</summary>
    /// <param name="name">Its name; a configuration has one, called <see cref="RouterConfig.RouterName"/>.</param>
    /// <exception cref="OrchestrationException">This host has no router of that name (<see cref="ErrorCodes.NotFound"/>).</exception>
    IRouter Router(string name);
}
