using Orchestration.Learning.Drift;

namespace Orchestration.Core.Routing.Loop;

/// <summary>What is kept in memory of the feed of rewards: the last of them, and what all of them say of drift. Followed by one caller at a time; read by any.</summary>
internal sealed class RewardHistory(IRouterLedger ledger, DriftOptions drift, JudgedScores judged)
{
    /// <summary>Rewards that are kept for the figures: the last ones.</summary>
    public const int Kept = 20_000;

    private const int Page = 1000;
    private const int MostChanges = 10_000;

    private readonly Lock _lock = new();
    private readonly Queue<RouteReward> _last = [];
    private long _after;
    private long _epoch = -1;

    public DriftWatch Drift { get; } = new(drift);

    /// <summary>The last rewards, in the order of the feed.</summary>
    public RouteReward[] Last()
    {
        lock (_lock) return [.. _last];
    }

    /// <summary>Reads the list of quarantines and the feed to its end.</summary>
    public async ValueTask<QuarantineList> FollowAsync(CancellationToken cancellationToken)
    {
        var quarantines = await ledger.QuarantinesAsync(cancellationToken);
        if (quarantines.Epoch != _epoch)
        {
            Drift.Heed(await ledger.QuarantineHistoryAsync(MostChanges, cancellationToken));
            _epoch = quarantines.Epoch;
        }

        while (true)
        {
            var page = await ledger.RewardsAsync(_after, Page, cancellationToken);
            if (page.Rewards.Count == 0) return quarantines;
            foreach (var reward in page.Rewards)
            {
                judged.Add(reward);
                Drift.Take(reward);
                lock (_lock)
                {
                    _last.Enqueue(reward);
                    if (_last.Count > Kept) _last.Dequeue();
                }
            }

            _after = page.Through;
        }
    }
}
