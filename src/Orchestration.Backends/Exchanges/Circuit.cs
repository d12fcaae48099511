namespace Orchestration.Backends.Exchanges;

/// <summary>
/// Whether an endpoint is asked at all. Several failures in a row over a quarter of a second, of whichever calls, open it: nobody is let through but one call at a time to try,
/// after waits that double; the first answer closes it. A pause is the same with a stated end: an account that is used up. An endpoint that asks all to
/// wait holds everybody back for that time.
/// </summary>
internal sealed class Circuit(TimeProvider time, SeededJitter jitter)
{
    /// <summary>Fewer than the attempts of a call, so that an outage does not use up any call's attempts.</summary>
    public const int FailuresToOpen = 5;

    /// <summary>Failures at the same moment are no outage yet: among hundreds of calls a few fail together by chance.</summary>
    private static readonly TimeSpan ShortestOutage = TimeSpan.FromSeconds(0.25);

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(15);

    /// <summary>Those who waited for the same moment come back spread over this.</summary>
    private static readonly TimeSpan Spread = TimeSpan.FromSeconds(0.25);

    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _failures;
    private long _failingSince;
    private int _openings;
    private int _pauses;
    private long _until = long.MinValue;
    private long _heldUntil = long.MinValue;
    private bool _isOpen;
    private bool _isTrying;

    /// <summary>True where any call gets through: it is closed, and nobody is held back.</summary>
    public bool LetsPass
    {
        get { lock (_lock) return !_isOpen && time.GetTimestamp() >= _heldUntil; }
    }

    /// <summary>How long until a call can be let through; zero where it can be now.</summary>
    public TimeSpan Wait
    {
        get
        {
            lock (_lock)
            {
                var now = time.GetTimestamp();
                var until = Math.Max(_isOpen ? _until : long.MinValue, _heldUntil);
                return until > now ? time.GetElapsedTime(now, until) : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Lets a call through, or waits until that may be.</summary>
    /// <returns>True where the call is the one that tries: its end is reported, whatever it is.</returns>
    public async ValueTask<bool> EnterAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan wait;
            Task? changed = null;
            lock (_lock)
            {
                var now = time.GetTimestamp();
                if (_isOpen)
                {
                    if (now >= _until && !_isTrying)
                    {
                        _isTrying = true;
                        return true;
                    }

                    wait = now >= _until ? Timeout.InfiniteTimeSpan : time.GetElapsedTime(now, _until);
                    changed = _changed.Task;
                }
                else
                {
                    if (now >= _heldUntil) return false;
                    wait = time.GetElapsedTime(now, _heldUntil) + (Spread * jitter.Next());
                }
            }

            if (changed is null)
            {
                await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
                continue;
            }

            try
            {
                // Timers count whole milliseconds.
                await changed.WaitAsync(wait == Timeout.InfiniteTimeSpan ? wait : wait + TimeSpan.FromMilliseconds(1), time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // Time to try.
            }
        }
    }

    /// <summary>Everybody waits for a while.</summary>
    public void HoldBack(TimeSpan wait)
    {
        lock (_lock) _heldUntil = Math.Max(_heldUntil, time.GetTimestamp() + Ticks(wait));
    }

    /// <summary>The endpoint answered.</summary>
    /// <returns>True where the circuit was open: everybody goes on.</returns>
    public bool Succeed()
    {
        if (Volatile.Read(ref _failures) == 0 && !Volatile.Read(ref _isOpen)) return false;
        lock (_lock)
        {
            _failures = 0;
            _openings = 0;
            _pauses = 0;
            _isTrying = false;
            if (!_isOpen) return false;
            _isOpen = false;
            Change();
            return true;
        }
    }

    /// <summary>The endpoint did not answer, or only that it cannot work.</summary>
    /// <returns>How long it is left alone where that opened the circuit or kept it open; null where it stays closed.</returns>
    public TimeSpan? Fail(bool isTrying)
    {
        lock (_lock)
        {
            if (_failures++ == 0) _failingSince = time.GetTimestamp();
            if (_isOpen && !isTrying) return null; // Sent before it opened.
            if (!_isOpen && (_failures < FailuresToOpen || time.GetElapsedTime(_failingSince) < ShortestOutage)) return null;
            var wait = FirstWait * Math.Pow(2, Math.Min(_openings++, 10));
            if (wait > LongestWait) wait = LongestWait;
            Open(wait * (0.75 + (0.5 * jitter.Next())));
            return wait;
        }
    }

    /// <summary>The account is used up until a time; where none is known, it is asked after a minute, then two, four …, at most a quarter of an hour.</summary>
    public TimeSpan Pause(TimeSpan? stated, bool isTrying)
    {
        lock (_lock)
        {
            // Calls that were in flight together say the same thing together.
            if (_isOpen && !isTrying && _until > time.GetTimestamp()) return time.GetElapsedTime(time.GetTimestamp(), _until);
            var wait = stated ?? FirstPause * Math.Pow(2, Math.Min(_pauses, 10));
            if (stated is null && wait > LongestPause) wait = LongestPause;
            _pauses++;
            Open(wait);
            return wait;
        }
    }

    /// <summary>The trying call ended without anything being learnt of the endpoint.</summary>
    public void GiveUpTry()
    {
        lock (_lock)
        {
            _isTrying = false;
            Change();
        }
    }

    private void Open(TimeSpan wait)
    {
        _isOpen = true;
        _isTrying = false;
        _until = time.GetTimestamp() + Ticks(wait);
        Change();
    }

    private void Change()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
