namespace Orchestration.Core.Judging.Leases;

/// <summary>
/// A process's places at one judge: as many as its lease says, one where it has none or it has run out, given in the order in which they are asked for. Safe for concurrent use.
/// </summary>
public sealed class JudgePlaces
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private readonly TimeProvider _time;
    private JudgeLease? _lease;
    private long _askedAt;
    private long _usedAt;
    private int _taken;

    /// <summary>Places without a lease.</summary>
    /// <param name="time">Measures leases.</param>
    public JudgePlaces(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _usedAt = time.GetTimestamp();
    }

    /// <summary>Requests in flight now.</summary>
    public int Taken
    {
        get
        {
            lock (_lock) return _taken;
        }
    }

    /// <summary>Since when nobody has asked for a place and none is taken; zero while one is.</summary>
    public TimeSpan Idle
    {
        get
        {
            lock (_lock) return _taken != 0 ? TimeSpan.Zero : _time.GetElapsedTime(_usedAt);
        }
    }

    /// <summary>Takes over a lease. One of fewer places ends no request: the next ones wait.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="askedAt">When it was asked for, by this process's clock.</param>
    public void Renew(JudgeLease lease, long askedAt)
    {
        lock (_lock)
        {
            (_lease, _askedAt) = (lease, askedAt);
            Wake();
        }
    }

    /// <summary>Waits for a place.</summary>
    public async ValueTask TakeAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource turn;
        lock (_lock)
        {
            _usedAt = _time.GetTimestamp();
            if (_waiting.Count == 0 && _taken < Share())
            {
                _taken++;
                return;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
        }

        await using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), turn);
        await turn.Task;
    }

    /// <summary>Gives a place back.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _taken--;
            _usedAt = _time.GetTimestamp();
            Wake();
        }
    }

    private void Wake()
    {
        // Who has cancelled meanwhile takes no place.
        while (_taken < Share() && _waiting.TryDequeue(out var first))
        {
            if (first.TrySetResult()) _taken++;
        }
    }

    private int Share() => _lease switch
    {
        { Share: 0 } => int.MaxValue,
        { } lease when _time.GetElapsedTime(_askedAt) < lease.For => lease.Share,
        _ => 1,
    };
}
