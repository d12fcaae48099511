using Orchestration.Core.Quotas;

namespace Orchestration.Backends.Exchanges;

/// <summary>
/// How many calls are in flight at one endpoint: at most the configured number, reached by slow start. It opens with a few and doubles each time a whole
/// window of calls was answered while others waited, so that an endpoint met for the first time is not hit with hundreds at once. Those who wait are
/// served fairly by payer.
/// </summary>
internal sealed class CallWindow(int concurrency) : IDisposable
{
    private const int First = 32;

    private readonly Lock _lock = new();
    private readonly FairQueue<Waiter> _waiting = new();
    private int _limit = Math.Min(concurrency, First);
    private int _inFlight;
    private int _answered;
    private bool _isClosed;

    /// <summary>Calls in flight and waiting.</summary>
    public int Load
    {
        get { lock (_lock) return _inFlight + _waiting.Count; }
    }

    /// <summary>The window as it is now.</summary>
    public int Limit
    {
        get { lock (_lock) return _limit; }
    }

    /// <summary>Waits for a place; every place taken is given back by <see cref="Release"/>.</summary>
    public ValueTask TakeAsync(string payer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Waiter waiter;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (_inFlight < _limit && _waiting.Count == 0)
            {
                _inFlight++;
                return ValueTask.CompletedTask;
            }

            waiter = new Waiter();
            _waiting.Add(payer, 1, waiter);
        }

        return WaitAsync(waiter, cancellationToken);
    }

    /// <summary>Gives a place back.</summary>
    /// <param name="answered">True where the endpoint took the call.</param>
    public void Release(bool answered)
    {
        List<Waiter>? next = null;
        lock (_lock)
        {
            _inFlight--;
            if (answered && _limit < concurrency && _waiting.Count != 0 && ++_answered >= _limit)
            {
                _limit = Math.Min(_limit * 2, concurrency);
                _answered = 0;
            }

            while (_inFlight < _limit && _waiting.TryTake(out var entry))
            {
                if (entry.Item.IsGone) continue;
                _inFlight++;
                (next ??= []).Add(entry.Item);
            }

            if (_waiting.Count == 0) _waiting.Forget();
        }

        if (next is null) return;
        foreach (var waiter in next)
        {
            // Gone in this very moment: the place goes to the next one.
            if (!waiter.TrySetResult()) Release(answered: false);
        }
    }

    /// <summary>Begins anew with a small window: the endpoint was away.</summary>
    public void Shrink()
    {
        lock (_lock)
        {
            _limit = Math.Min(concurrency, First);
            _answered = 0;
        }
    }

    public void Dispose()
    {
        List<Waiter> left = [];
        lock (_lock)
        {
            _isClosed = true;
            while (_waiting.TryTake(out var entry)) left.Add(entry.Item);
        }

        foreach (var waiter in left) waiter.TrySetException(new ObjectDisposedException(nameof(CallWindow)));
    }

    private static async ValueTask WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var gone = (Waiter)state!;
                gone.IsGone = true;
                gone.TrySetCanceled(token);
            },
            waiter);
        await waiter.Task.ConfigureAwait(false);
    }

    private sealed class Waiter() : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public volatile bool IsGone;
    }
}
