using System.Collections.Concurrent;

namespace Orchestration.Core.Quotas;

/// <summary>
/// A process's way to the permits of one set of buckets. Callers queue by payer and are served in turn by their share of what is
/// scarce, so that a huge sweep does not starve a small one. Permits are asked for a few at a time, just ahead of their dates.
/// </summary>
public sealed class QuotaGate : IDisposable
{
    /// <summary>How far ahead permits are fetched: long enough to hide the authority's answer, short enough that others are not kept waiting.</summary>
    private static readonly TimeSpan Horizon = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan LongestNap = TimeSpan.FromSeconds(1);

    /// <summary>Between two wishes while permits are still at hand, so that callers who come one by one are asked for together.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private const int MostAtOnce = 1024;

    private readonly IQuotaAuthority _authority;
    private readonly Func<IReadOnlyList<QuotaBucket>> _buckets;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly FairQueue<Waiter> _waiting = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<(long SentAt, long Tokens)> _corrections = new();
    private bool _isPumping;

    /// <summary>Creates a gate.</summary>
    /// <param name="authority">Who hands out permits.</param>
    /// <param name="buckets">The buckets with their limits as they are now; looked up for every ask.</param>
    /// <param name="time">Measures dates and validity.</param>
    public QuotaGate(IQuotaAuthority authority, Func<IReadOnlyList<QuotaBucket>> buckets, TimeProvider time)
    {
        _authority = authority;
        _buckets = buckets;
        _time = time;
    }

    /// <summary>Calls that wait for a permit now; for tests.</summary>
    internal int Waiting
    {
        get
        {
            lock (_lock) return _waiting.Count;
        }
    }

    /// <summary>Waits for a permit. The caller sends at once, or gives the rest up: a permit cannot be kept.</summary>
    /// <param name="payer">Whose turn it is; empty where nobody in particular pays.</param>
    /// <param name="tokens">What the call reserves.</param>
    /// <param name="cancellationToken">Leaves the queue.</param>
    /// <returns>Until when the permit is good, on the gate's clock: to be checked with <see cref="IsExpired"/> right before sending.</returns>
    public async ValueTask<long> EnterAsync(string payer, long tokens, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(tokens);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
            _waiting.Add(payer, Cost(tokens), waiter);
            if (!_isPumping)
            {
                _isPumping = true;
                _ = ActorTasks.Start(PumpAsync);
            }
        }

        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((Waiter)state!).TrySetCanceled(token), waiter);
        return await waiter.Task;
    }

    /// <summary>True where a permit is too old to be used: its holder asks for another.</summary>
    public bool IsExpired(long permit) => _time.GetTimestamp() > permit;

    /// <summary>Corrects a reservation by what was used; told to the authority with the next wish.</summary>
    /// <param name="sentAt">When the call was sent, by the gate's clock.</param>
    /// <param name="tokens">Used less reserved.</param>
    public void Settle(long sentAt, long tokens)
    {
        if (tokens != 0) _corrections.Enqueue((sentAt, tokens));
    }

    /// <summary>Ends those who wait.</summary>
    public void Dispose()
    {
        List<Waiter> left = [];
        lock (_lock)
        {
            if (_stop.IsCancellationRequested) return;
            _stop.Cancel();
            while (_waiting.TryTake(out var entry)) left.Add(entry.Item);
        }

        foreach (var waiter in left) waiter.TrySetException(new ObjectDisposedException(nameof(QuotaGate)));
        _stop.Dispose();
    }

    private async Task PumpAsync()
    {
        List<FairQueue<Waiter>.Entry> batch = [];
        Queue<(Waiter Waiter, long From, long Until)> dated = new();
        var askAt = long.MinValue;
        try
        {
            while (true)
            {
                if (_time.GetTimestamp() >= askAt)
                {
                    if (!Take(batch) && dated.Count == 0 && IsDone()) return;
                    if (batch.Count != 0) askAt = await AskAsync(batch, dated);
                }

                var now = _time.GetTimestamp();
                while (dated.TryPeek(out var next) && next.From <= now)
                {
                    dated.Dequeue();
                    next.Waiter.TrySetResult(next.Until);
                }

                // The next permits are asked for while the last ones wait for their dates.
                var until = dated.TryPeek(out var first) ? (askAt > now ? Math.Min(first.From, askAt) : first.From) : askAt;
                if (until > now) await Task.Delay(CeilingMilliseconds(until - now), _time, _stop.Token);
            }
        }
        catch (Exception failure)
        {
            Fail(batch.Select(e => e.Item).Concat(dated.Select(d => d.Waiter)), failure);
        }
    }

    /// <summary>Asks for permits and puts back those who got none.</summary>
    /// <returns>When to ask again.</returns>
    private async ValueTask<long> AskAsync(List<FairQueue<Waiter>.Entry> batch, Queue<(Waiter Waiter, long From, long Until)> dated)
    {
        var asked = _time.GetTimestamp();
        var corrections = new List<QuotaCorrection>();
        while (_corrections.TryDequeue(out var used)) corrections.Add(new QuotaCorrection(_time.GetElapsedTime(used.SentAt, asked), used.Tokens));
        var ask = new QuotaAsk(_buckets(), [.. batch.Select(e => e.Item.Tokens)], Horizon) { Corrections = corrections };
        var grant = await _authority.GrantAsync(ask, CancellationToken.None);
        var answered = _time.GetTimestamp();
        for (var i = 0; i < grant.Permits.Count; i++)
        {
            var permit = grant.Permits[i];
            dated.Enqueue((batch[i].Item, answered + Ticks(permit.NotBefore), asked + Ticks(permit.Expires)));
        }

        var isAll = grant.Permits.Count == batch.Count;
        lock (_lock)
        {
            for (var i = grant.Permits.Count; i < batch.Count; i++) _waiting.PutBack(batch[i]);
        }

        batch.Clear();
        if (isAll) return dated.Count == 0 ? answered : answered + Ticks(Pause);
        var nap = Nap(answered);
        var again = grant.AskAgainAfter < nap ? nap : grant.AskAgainAfter < LongestNap ? grant.AskAgainAfter : LongestNap;
        return answered + Ticks(again);
    }

    /// <summary>
    /// How long to wait before asking again where not all were granted: half the horizon, give or take two fifths, by the clock's digits. Whoever asks gets what has become free since
    /// the last one asked; processes that all asked at one pace would keep their places in the round, and with them unequal shares.
    /// </summary>
    private static TimeSpan Nap(long now)
    {
        const double Spread = 0.8;
        const double Units = 1 << 24;
        var share = (((ulong)now * 0x9E3779B97F4A7C15) >> 40) / Units;
        return Horizon / 2 * (1 - (Spread / 2) + (Spread * share));
    }

    /// <summary>Takes those who wait, as many as one wish holds; false where nobody does.</summary>
    private bool Take(List<FairQueue<Waiter>.Entry> batch)
    {
        lock (_lock)
        {
            while (batch.Count < MostAtOnce && _waiting.TryTake(out var entry))
            {
                if (!entry.Item.Task.IsCompleted) batch.Add(entry);
            }
        }

        return batch.Count != 0;
    }

    private bool IsDone()
    {
        lock (_lock)
        {
            if (_waiting.Count != 0) return false;
            _isPumping = false;
            _waiting.Forget();
            return true;
        }
    }

    private void Fail(IEnumerable<Waiter> waiters, Exception failure)
    {
        List<Waiter> all = [.. waiters];
        lock (_lock)
        {
            while (_waiting.TryTake(out var entry)) all.Add(entry.Item);
            _isPumping = false;
        }

        if (failure is OperationCanceledException && _stop.IsCancellationRequested) failure = new ObjectDisposedException(nameof(QuotaGate));
        foreach (var waiter in all) waiter.TrySetException(failure);
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);

    // Timers count whole milliseconds and cut the rest off: one that ends early would go round once more for nothing.
    private TimeSpan CeilingMilliseconds(long ticks) => TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(ticks * 1000.0 / _time.TimestampFrequency)));

    /// <summary>A call's share of a minute's quota, by what is scarcer for it.</summary>
    private double Cost(long tokens)
    {
        var cost = 0.0;
        foreach (var bucket in _buckets())
        {
            if (bucket.RequestsPerMinute is { } requests) cost = Math.Max(cost, 1.0 / requests);
            if (bucket.TokensPerMinute is { } perMinute) cost = Math.Max(cost, (double)tokens / perMinute);
        }

        return cost > 0 ? cost : 1;
    }

    private sealed class Waiter(long tokens) : TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public long Tokens { get; } = tokens;
    }
}
