namespace Orchestration.Backends.Http;

/// <summary>
/// Who may send: at most so many at once, in the order of asking, and nobody before a time that the endpoint has asked all to wait for.
/// </summary>
internal sealed class Turns(int concurrency, TimeProvider time, SeededJitter jitter) : IDisposable
{
    /// <summary>Those who waited for the same moment come back spread over this.</summary>
    private static readonly TimeSpan Spread = TimeSpan.FromSeconds(0.25);

    // All waiters are asynchronous, and those the semaphore serves first come, first served.
    private readonly SemaphoreSlim _turns = new(concurrency, concurrency);
    private long _notBefore = long.MinValue;

    /// <summary>Holds everybody back for a while.</summary>
    public void HoldBack(TimeSpan wait)
    {
        var until = time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
        var current = Volatile.Read(ref _notBefore);
        while (until > current)
        {
            var seen = Interlocked.CompareExchange(ref _notBefore, until, current);
            if (seen == current) return;
            current = seen;
        }
    }

    /// <summary>Waits for a turn; every turn taken is given back by <see cref="Release"/>.</summary>
    public async ValueTask TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _turns.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (Held() is not { } remaining) return;
            // A turn is not kept while waiting: it would be one less for whoever is let in sooner.
            _turns.Release();
            await Task.Delay(remaining + (Spread * jitter.Next()), time, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Release() => _turns.Release();

    public void Dispose() => _turns.Dispose();

    private TimeSpan? Held()
    {
        var notBefore = Volatile.Read(ref _notBefore);
        if (notBefore == long.MinValue) return null;
        var now = time.GetTimestamp();
        return now >= notBefore ? null : time.GetElapsedTime(now, notBefore);
    }
}
