using Microsoft.Extensions.Logging;
using Orchestration.Core;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orleans;
using Orleans.Runtime;
using Orleans.Utilities;

namespace Orchestration.Orleans.Grains;

/// <summary>Behind <see cref="IAggregatorGrain"/>: Core's <see cref="AggregatorFeed"/> looked at by a timer for the whole cluster; whoever follows is told.</summary>
internal sealed class AggregatorGrain : Grain, IAggregatorGrain
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a follower is told without having followed again.</summary>
    internal static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    private readonly ObserverManager<IAggregatorFollower> _followers;
    private readonly Aggregator _aggregator;
    private readonly AggregatorFeed _feed;
    private long _seen;
    private long _told = -1;

    public AggregatorGrain(IGrainContext context, SiloParts parts, ILogger<AggregatorGrain> logger)
    {
        _followers = new ObserverManager<IAggregatorFollower>(Remembered, logger);
        _aggregator = new Aggregator(context.GrainId.Key.ToString()!, parts.Store.Aggregators);
        _feed = new AggregatorFeed(parts.Store.Aggregators, () => [_aggregator]);
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await _aggregator.RefreshAsync(cancellationToken);
        _told = _aggregator.Epoch;
        this.RegisterGrainTimer(static (grain, _) => grain.TickAsync(), this, new GrainTimerCreationOptions(Period, Period) { KeepAlive = false });
    }

    public Task<long> FollowAsync(IAggregatorFollower follower)
    {
        _followers.Subscribe(follower, follower);
        return Task.FromResult(_aggregator.Epoch);
    }

    public async Task<long> LookAsync()
    {
        _seen = await _feed.LookAsync(_seen, CancellationToken.None);
        if (_aggregator.Epoch != _told)
        {
            _told = _aggregator.Epoch;
            await _followers.Notify(follower => follower.ChangedAsync(_aggregator.Name, _told));
        }

        return _told;
    }

    private async Task TickAsync()
    {
        try
        {
            await LookAsync();
        }
        catch (OrchestrationException)
        {
            // The store is away, or a version cannot be used: what is in effect stays, and it is looked at again.
        }
    }
}
