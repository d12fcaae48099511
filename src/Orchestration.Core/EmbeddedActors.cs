using System.Collections.Concurrent;
using System.Collections.Frozen;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Routing;

namespace Orchestration.Core;

/// <summary>The embedded host: every actor is an object in this process.</summary>
public sealed class EmbeddedActors : IActors
{
    private readonly FrozenDictionary<string, IJudge> _judges;
    private readonly PairEvaluation _evaluation;
    private readonly ConcurrentDictionary<string, Aggregator> _aggregators = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, IRouter> _routers = new(StringComparer.Ordinal);
    private readonly IAggregatorCatalog? _catalog;

    /// <summary>Hosts these judges.</summary>
    /// <param name="judges">By id; ids are unique.</param>
    /// <param name="judgments">Where paid judgments are looked up before a judge is asked; null where nothing is stored.</param>
    /// <param name="time">Measures deadlines.</param>
    /// <param name="aggregators">Where aggregator versions live; null where there are none.</param>
    public EmbeddedActors(IEnumerable<IJudge> judges, IJudgmentStore? judgments, TimeProvider time, IAggregatorCatalog? aggregators = null)
    {
        _catalog = aggregators;
        _judges = judges.ToFrozenDictionary(judge => judge.Descriptor.Id, StringComparer.Ordinal);
        _evaluation = new PairEvaluation(this, judgments, time);
    }

    /// <inheritdoc/>
    public IJudge Judge(string judgeId) => _judges.TryGetValue(judgeId, out var judge)
        ? judge
        : throw new OrchestrationException(ErrorCodes.NotFound, $"No judge is called '{judgeId}' here. Hosted: {string.Join(", ", _judges.Keys.Order(StringComparer.Ordinal))}.");

    /// <inheritdoc/>
    public IPairEvaluation PairEvaluation(string key) => _evaluation;

    /// <inheritdoc/>
    public IAggregator Aggregator(string name) => _catalog is null
        ? throw new OrchestrationException(ErrorCodes.NotFound, $"This host keeps no aggregators, and so none called '{name}'. Open it with a store.")
        : _aggregators.GetOrAdd(name, static (key, catalog) => new Aggregator(key, catalog), _catalog);

    /// <inheritdoc/>
    public IRouter Router(string name) => _routers.TryGetValue(name, out var router)
        ? router
        : throw new OrchestrationException(ErrorCodes.NotFound, $"This host has no router called '{name}'. Name experts in the configuration, and serve it with 'orchestrate serve'.");

    /// <summary>Hosts a router: a router asks this host's judges and aggregators, and so comes after it.</summary>
    public void Host(string name, IRouter router)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(router);
        _routers[name] = router;
    }

    /// <summary>The aggregators that have been asked for, for a feed to keep up to date.</summary>
    public IReadOnlyCollection<Aggregator> HostedAggregators => [.. _aggregators.Values];
}
