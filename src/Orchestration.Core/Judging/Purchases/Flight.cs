namespace Orchestration.Core.Judging.Purchases;

/// <summary>
/// One purchase on its way, and those who wait for it. It is stopped when all of them have gone, and not before: who asked first has no more say
/// than who asked second.
/// </summary>
#pragma warning disable CA1001 // Without a timer the source holds nothing to dispose, and a late waiter may still cancel it.
internal sealed class Flight
#pragma warning restore CA1001
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<Purchase> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<TaskCompletionSource> _onlookers = [];
    private int _waiting = 1;
    private bool _isOver;

    /// <summary>Stops the next step when nobody waits any more.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Ends with what came of it. Every waiter sees a failure; nobody else does.</summary>
    public Task<Purchase> End => _end.Task;

    /// <summary>Joins those who wait; false where it is over or all have gone.</summary>
    public bool TryJoin()
    {
        lock (_lock)
        {
            if (_isOver || _waiting == 0) return false;
            _waiting++;
            return true;
        }
    }

    /// <summary>
    /// Awaits the end. A waiter whose token is cancelled counts as gone, and yet waits on: a call already sent is awaited and stored, and its
    /// judgment is as good as any.
    /// </summary>
    public async ValueTask<Purchase> WaitAsync(CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(static flight => ((Flight)flight!).Leave(), this);
        return await _end.Task;
    }

    public void Succeed(Purchase purchase)
    {
        Close();
        _end.SetResult(purchase);
    }

    public void Fail(Exception failure)
    {
        Close();
        _end.SetException(failure);

        // Everybody may have left.
        _ = _end.Task.Exception;
    }

    /// <summary>Awaits that it is over, whatever came of it, without counting among those who wait for it.</summary>
    public async Task OverAsync(CancellationToken cancellationToken)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_isOver) return;
            _onlookers.Add(over);
        }

        await using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), over);
        await over.Task;
    }

    private void Close()
    {
        TaskCompletionSource[] onlookers;
        lock (_lock)
        {
            _isOver = true;
            onlookers = [.. _onlookers];
        }

        foreach (var onlooker in onlookers) onlooker.TrySetResult();
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_waiting > 0 || _isOver) return;
        }

        _stop.Cancel();
    }
}
