using Orchestration.Core.Aggregation;
using Orleans;
using Orleans.Concurrency;

namespace Orchestration.Orleans.Contracts;

/// <summary>The one that watches an aggregator's setting for the whole cluster and pushes changes to the silos' caches. Key: the aggregator's name. It predicts nothing: that is local.</summary>
[Alias("orchestration.aggregator")]
public interface IAggregatorGrain : IGrainWithStringKey
{
    /// <summary>Follows the setting from now on, for a minute unless said again. Returns the epoch of the setting now.</summary>
    [Alias("follow")]
    Task<long> FollowAsync(IAggregatorFollower follower);

    /// <summary>Looks at once instead of at the next time, for whoever has just changed the setting. Returns the epoch.</summary>
    [Alias("look")]
    Task<long> LookAsync();
}

/// <summary>A silo's cache of aggregators, as <see cref="IAggregatorGrain"/> sees it.</summary>
[Alias("orchestration.aggregator-follower")]
public interface IAggregatorFollower : IGrainObserver
{
    /// <summary>The setting has changed.</summary>
    /// <param name="name">The aggregator's name.</param>
    /// <param name="epoch">The epoch that is in effect now.</param>
    [Alias("changed"), OneWay]
    Task ChangedAsync(string name, long epoch);
}

/// <summary>Predicting for those outside the cluster: in the silo that they are connected to, from its cache. Key: the aggregator's name.</summary>
[Alias("orchestration.aggregator-worker")]
public interface IAggregatorWorkerGrain : IGrainWithStringKey
{
    /// <summary>See <see cref="IAggregator.PredictAsync"/>.</summary>
    [Alias("predict")]
    Task<AggregatorReply> PredictAsync([Immutable] AggregatorRequest request);
}
