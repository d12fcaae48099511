using System.Collections.Concurrent;
using Orchestration.Core;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Grains;
using Orleans;
using Orleans.Runtime;

namespace Orchestration.Orleans.Hosting;

/// <summary>
/// A silo's cache of aggregators: predicting reads it and asks nobody. The grain of each name pushes changes into it; beside that the change feed is looked at as in every host, so that a swap takes
/// effect within a second even while that grain is moving.
/// </summary>
internal sealed class SiloAggregators(SiloParts parts) : IAggregatorFollower
{
    /// <summary>How often a name is followed again: several times within the time for which a follower is remembered.</summary>
    private static readonly TimeSpan Again = AggregatorGrain.Remembered / 6;

    private readonly ConcurrentDictionary<string, Aggregator> _aggregators = new(StringComparer.Ordinal);
    private long _pushed;

    /// <summary>Changes that were pushed here.</summary>
    public long Pushed => Interlocked.Read(ref _pushed);

    /// <summary>The aggregators that have been asked for.</summary>
    public IReadOnlyCollection<Aggregator> Hosted => [.. _aggregators.Values];

    /// <summary>The aggregator with this name, followed from its first use on.</summary>
    public Aggregator Of(string name) => _aggregators.GetOrAdd(name, static (key, catalog) => new Aggregator(key, catalog), parts.Store.Aggregators);

    public async Task ChangedAsync(string name, long epoch)
    {
        Interlocked.Increment(ref _pushed);
        if (!_aggregators.TryGetValue(name, out var aggregator) || aggregator.Epoch >= epoch) return;
        try
        {
            await aggregator.RefreshAsync(CancellationToken.None);
        }
        catch (OrchestrationException fault)
        {
            parts.Options.Note($"the aggregator '{name}' stays as it was: {fault.Message}");
        }
    }

    /// <summary>Follows every name in use until cancelled.</summary>
    public async Task FollowAsync(IGrainFactory grains, CancellationToken cancellationToken)
    {
        var self = grains.CreateObjectReference<IAggregatorFollower>(this);
        Dictionary<string, long> followedAt = new(StringComparer.Ordinal);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500), parts.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                foreach (var aggregator in _aggregators.Values)
                {
                    if (followedAt.TryGetValue(aggregator.Name, out var at) && parts.Time.GetElapsedTime(at) < Again) continue;
                    followedAt[aggregator.Name] = parts.Time.GetTimestamp();
                    try
                    {
                        if (await grains.GetGrain<IAggregatorGrain>(aggregator.Name).FollowAsync(self) > aggregator.Epoch) await aggregator.RefreshAsync(cancellationToken);
                    }
                    catch (Exception e) when (e is OrleansException or TimeoutException or OrchestrationException)
                    {
                        // Followed again at the next turn; until then the change feed tells.
                        followedAt.Remove(aggregator.Name);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo leaves.
        }
        finally
        {
            grains.DeleteObjectReference<IAggregatorFollower>(self);
        }
    }
}
