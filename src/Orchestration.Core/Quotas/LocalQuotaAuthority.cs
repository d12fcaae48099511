namespace Orchestration.Core.Quotas;

/// <summary>The quota of one process, in memory: where no store is shared, and for limits that only this process has found.</summary>
public sealed class LocalQuotaAuthority : IQuotaAuthority
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, BucketState> _states = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly long _start;

    /// <summary>Creates it.</summary>
    /// <param name="time">Its clock.</param>
    public LocalQuotaAuthority(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _start = time.GetTimestamp();
    }

    /// <inheritdoc/>
    public ValueTask<QuotaGrant> GrantAsync(QuotaAsk ask, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ask);
        lock (_lock) return ValueTask.FromResult(QuotaDating.Grant(States(ask.Buckets), ask, Now()));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<QuotaUse>> UseAsync(CancellationToken cancellationToken)
    {
        lock (_lock) return ValueTask.FromResult(QuotaDating.Use(_states, Now()));
    }

    private double Now() => _time.GetElapsedTime(_start).TotalSeconds;

    private BucketState[] States(IReadOnlyList<QuotaBucket> buckets)
    {
        var states = new BucketState[buckets.Count];
        for (var i = 0; i < states.Length; i++)
        {
            if (!_states.TryGetValue(buckets[i].Name, out var state)) _states.Add(buckets[i].Name, state = new BucketState());
            states[i] = state;
        }

        return states;
    }
}
