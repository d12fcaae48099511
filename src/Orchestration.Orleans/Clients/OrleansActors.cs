using System.Collections.Concurrent;
using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Routing;
using Orchestration.Orleans.Contracts;
using Orleans;

namespace Orchestration.Orleans.Clients;

/// <summary>The actors of a cluster, found by messages to their grains: for a client, or for a silo that serves HTTP beside.</summary>
public sealed class OrleansActors : IActors
{
    private readonly IGrainFactory _grains;
    private readonly GrainPairs _pairs;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, GrainJudge> _judges = new(StringComparer.Ordinal);

    /// <summary>Creates it.</summary>
    /// <param name="grains">The cluster.</param>
    /// <param name="time">Measures deadlines.</param>
    public OrleansActors(IGrainFactory grains, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(grains);
        ArgumentNullException.ThrowIfNull(time);
        (_grains, _pairs, _time) = (grains, new GrainPairs(grains), time);
    }

    /// <summary>Learns what is fixed of judges, so that they can be found. Those that are known are not asked for again.</summary>
    /// <exception cref="OrchestrationException">The cluster has no such judge.</exception>
    public async Task<IReadOnlyList<JudgeDescriptor>> LearnAsync(IReadOnlyList<string> judgeIds)
    {
        ArgumentNullException.ThrowIfNull(judgeIds);
        foreach (var id in judgeIds)
        {
            if (_judges.ContainsKey(id)) continue;
            var terms = await _grains.GetGrain<IJudgeGrain>(id).DescribeAsync();
            _judges.TryAdd(id, new GrainJudge(_grains, terms));
        }

        return [.. judgeIds.Select(id => _judges[id].Descriptor)];
    }

    /// <inheritdoc/>
    /// <exception cref="OrchestrationException">The judge was not learned of, see <see cref="LearnAsync"/>.</exception>
    public IJudge Judge(string judgeId) => _judges.TryGetValue(judgeId, out var judge)
        ? judge
        : throw new OrchestrationException(ErrorCodes.NotFound, $"Nothing is known of a judge '{judgeId}' here. Learn of it first; known: {string.Join(", ", _judges.Keys.Order(StringComparer.Ordinal))}.");

    /// <inheritdoc/>
    public IPairEvaluation PairEvaluation(string key) => new GrainEvaluation(_pairs, this, _time);

    /// <inheritdoc/>
    public IAggregator Aggregator(string name) => new GrainAggregator(_grains, name);

    /// <inheritdoc/>
    public IRouter Router(string name) => new GrainRouter(_grains, name);
}
