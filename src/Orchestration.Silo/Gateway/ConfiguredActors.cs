using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Routing;

namespace Orchestration.Silo.Gateway;

/// <summary>The actors of the configuration in effect, for those who outlive it. What was found before a change goes on with what it was made of.</summary>
internal sealed class ConfiguredActors : IActors
{
    private EmbeddedActors? _current;

    /// <summary>The aggregators that have been asked for.</summary>
    public IReadOnlyCollection<Aggregator> HostedAggregators => Volatile.Read(ref _current)?.HostedAggregators ?? [];

    private EmbeddedActors Current => Volatile.Read(ref _current) ?? throw new OrchestrationException(ErrorCodes.NotFound, "The configuration names no experts, and so nobody judges their answers.");

    public void Use(EmbeddedActors actors) => Volatile.Write(ref _current, actors);

    public IJudge Judge(string judgeId) => Current.Judge(judgeId);

    public IPairEvaluation PairEvaluation(string key) => Current.PairEvaluation(key);

    public IAggregator Aggregator(string name) => Current.Aggregator(name);

    public IRouter Router(string name) => Current.Router(name);
}
