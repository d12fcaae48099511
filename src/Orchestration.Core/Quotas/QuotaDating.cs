namespace Orchestration.Core.Quotas;

/// <summary>How any authority answers a wish from the states of its buckets.</summary>
public static class QuotaDating
{
    /// <summary>Dates the calls of a wish and books them.</summary>
    /// <param name="states">The state of each bucket of the wish, in its order; changed.</param>
    /// <param name="ask">The wish.</param>
    /// <param name="now">Seconds on the authority's clock.</param>
    public static QuotaGrant Grant(IReadOnlyList<BucketState> states, QuotaAsk ask, double now)
    {
        ArgumentNullException.ThrowIfNull(states);
        ArgumentNullException.ThrowIfNull(ask);
        foreach (var correction in ask.Corrections)
        {
            for (var b = 0; b < states.Count; b++) states[b].Correct(ask.Buckets[b], now, now - correction.Age.TotalSeconds, correction.Tokens);
        }

        var permits = new List<QuotaPermit>(ask.Tokens.Count);
        var horizon = ask.Horizon.TotalSeconds;
        foreach (var tokens in ask.Tokens)
        {
            var date = Date(states, ask.Buckets, tokens, now);
            var delay = date - now;
            if (delay > horizon) return new QuotaGrant(permits, TimeSpan.FromSeconds(delay - horizon));
            for (var b = 0; b < states.Count; b++) states[b].Book(ask.Buckets[b], date, tokens);
            permits.Add(new QuotaPermit(TimeSpan.FromSeconds(delay), TimeSpan.FromSeconds(delay + BucketState.Validity), tokens));
        }

        return new QuotaGrant(permits, TimeSpan.Zero);
    }

    /// <summary>What was granted in the last 60 s, in ordinal order.</summary>
    public static IReadOnlyList<QuotaUse> Use(IEnumerable<KeyValuePair<string, BucketState>> states, double now)
    {
        ArgumentNullException.ThrowIfNull(states);
        return
        [
            .. states.Select(state => (state.Key, Used: state.Value.Used(now))).Where(static use => use.Used.Requests != 0 || use.Used.Tokens != 0)
                .Select(static use => new QuotaUse(use.Key, use.Used.Requests, use.Used.Tokens)).OrderBy(static use => use.Bucket, StringComparer.Ordinal),
        ];
    }

    /// <summary>The first date that suits every bucket: each may move it on, until none does.</summary>
    private static double Date(IReadOnlyList<BucketState> states, IReadOnlyList<QuotaBucket> buckets, long tokens, double now)
    {
        var date = now;
        while (true)
        {
            var moved = date;
            for (var b = 0; b < states.Count; b++) moved = states[b].Earliest(buckets[b], moved, tokens);
            if (moved <= date) return date;
            date = moved;
        }
    }
}
