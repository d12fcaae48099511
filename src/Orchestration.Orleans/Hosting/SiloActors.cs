using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Routing;
using Orchestration.Core.Sweeps;

namespace Orchestration.Orleans.Hosting;

/// <summary>The actors of one silo, found without a message: its leased judges, its aggregators, and evaluations over them.</summary>
internal sealed class SiloActors : IActors
{
    private readonly Func<string, IJudge> _judge;
    private readonly SiloAggregators _aggregators;
    private readonly PairEvaluation _evaluation;
    private IRouter? _router;

    public SiloActors(SiloParts parts, Func<string, IJudge> judge, SiloAggregators aggregators)
    {
        _judge = judge;
        _aggregators = aggregators;
        _evaluation = new PairEvaluation(this, parts.Store.Judgments, parts.Time);
    }

    /// <summary>For what is served: judges as they are configured now.</summary>
    public static SiloActors Serving(SiloParts parts, SiloJudges judges, SiloAggregators aggregators) => new(parts, judges.Leased, aggregators);

    /// <summary>For a sweep: judges as it fixed them.</summary>
    /// <exception cref="OrchestrationException">A judge cannot be made as it was.</exception>
    public static SiloActors Of(SweepRecord sweep, SiloParts parts, SiloJudges judges, SiloAggregators aggregators)
    {
        var byId = judges.Rebuild(sweep).ToDictionary(static judge => judge.Descriptor.Id, StringComparer.Ordinal);
        return new SiloActors(parts, id => byId.TryGetValue(id, out var judge) ? judge : throw new OrchestrationException(ErrorCodes.NotFound, $"Sweep {sweep.Id} has no judge '{id}'."), aggregators);
    }

    public IJudge Judge(string judgeId) => _judge(judgeId);

    public IPairEvaluation PairEvaluation(string key) => _evaluation;

    public IAggregator Aggregator(string name) => _aggregators.Of(name);

    public IRouter Router(string name) => name == RouterConfig.RouterName && _router is { } router
        ? router
        : throw new OrchestrationException(ErrorCodes.NotFound, $"This silo has no router called '{name}'. Name experts in its configuration.");

    /// <summary>Hosts the router, which asks these actors and so comes after them.</summary>
    public void Host(IRouter router) => _router = router;
}
