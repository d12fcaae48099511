namespace Orchestration.Silo.Gateway.Admission;

/// <summary>
/// How many requests are served at once. Beyond that a stated number wait for a stated time, in their order; all others are told at once to come again. Nothing queues without an end.
/// </summary>
internal sealed class AdmissionGate(GatewayLimits limits, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource<bool>> _waiting = [];
    private int _inside;

    /// <summary>Requests inside and waiting.</summary>
    public (int Inside, int Waiting) Load
    {
        get { lock (_lock) return (_inside, _waiting.Count); }
    }

    /// <summary>True where the request may come in, and leaves by <see cref="Leave"/>; false where it has to come again.</summary>
    public ValueTask<bool> EnterAsync(CancellationToken cancellationToken)
    {
        LinkedListNode<TaskCompletionSource<bool>> place;
        lock (_lock)
        {
            if (_inside < limits.Concurrency)
            {
                _inside++;
                return ValueTask.FromResult(true);
            }

            if (_waiting.Count >= limits.Waiting) return ValueTask.FromResult(false);
            place = _waiting.AddLast(new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        return WaitAsync(place, cancellationToken);
    }

    public void Leave()
    {
        lock (_lock)
        {
            while (_waiting.First is { } first)
            {
                _waiting.RemoveFirst();

                // The place is handed over.
                if (first.Value.TrySetResult(true)) return;
            }

            _inside--;
        }
    }

    private async ValueTask<bool> WaitAsync(LinkedListNode<TaskCompletionSource<bool>> place, CancellationToken cancellationToken)
    {
        try
        {
            return await place.Value.Task.WaitAsync(limits.LongestWait, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // It may have been its turn in this very moment.
            if (!place.Value.TrySetResult(false)) Leave();
            lock (_lock)
            {
                if (place.List is not null) _waiting.Remove(place);
            }

            if (e is OperationCanceledException) throw;
            return false;
        }
    }
}
