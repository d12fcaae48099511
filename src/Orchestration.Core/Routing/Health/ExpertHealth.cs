namespace Orchestration.Core.Routing.Health;

/// <summary>Whether an expert can be asked now.</summary>
internal enum Standing
{
    /// <summary>It can.</summary>
    Healthy,

    /// <summary>Its wait is over, and one request may try it.</summary>
    MayBeTried,

    /// <summary>It is left alone.</summary>
    Cooling,
}

/// <summary>
/// One expert's health, as its calls tell it. Several failures in a row over a quarter of a second, or half of the last twenty, have it left alone for a wait that doubles each time; then one
/// request at a time tries it, and the first answer ends it. How long an endpoint asks to be left alone is followed at once, up to a bound. All by a monotonic clock.
/// </summary>
internal sealed class ExpertHealth(TimeProvider time, Func<double> jitter)
{
    /// <summary>Failures in a row that begin a wait.</summary>
    public const int FailuresInRow = 5;

    /// <summary>The longest that a Retry-After is followed: an endpoint that asks for days is tried again all the same.</summary>
    public static readonly TimeSpan LongestStated = TimeSpan.FromMinutes(5);

    private const int Remembered = 20;
    private const int MostOfRemembered = 10;
    private const int Doublings = 8;

    // Failures at the same moment are no outage yet: among hundreds of calls a few fail together by chance.
    private static readonly TimeSpan ShortestOutage = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    // A request that was to try it and never said what came of it does not keep others from trying for ever.
    private static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private bool _isWell = true;
    private bool _isOpen;
    private int _inRow;
    private int _whenOpened;
    private long _failingSince;
    private int _openings;
    private uint _recent;
    private int _recentCount;
    private long _until = long.MinValue;
    private long _statedUntil = long.MinValue;
    private long _tryingUntil = long.MinValue;
    private long _calls;
    private long _failed;
    private long _busy;
    private double _meanSeconds;

    /// <summary>Whether it can be asked.</summary>
    public Standing Stand(long now)
    {
        if (Volatile.Read(ref _isWell)) return Standing.Healthy;
        lock (_lock)
        {
            if (now < _statedUntil) return Standing.Cooling;
            if (!_isOpen) return Standing.Healthy;
            if (now < _until || now < _tryingUntil) return Standing.Cooling;
            return Standing.MayBeTried;
        }
    }

    /// <summary>Takes the turn to try it; false where another request has it, or it is left alone.</summary>
    public bool TryTake(long now)
    {
        lock (_lock)
        {
            if (now < _statedUntil) return false;
            if (!_isOpen) return true;
            if (now < _until || now < _tryingUntil) return false;
            _tryingUntil = now + Ticks(LongestTry);
            return true;
        }
    }

    /// <summary>How long it is still left alone at least; zero where it is not.</summary>
    public TimeSpan Wait(long now)
    {
        lock (_lock)
        {
            var until = Math.Max(_statedUntil, _isOpen ? Math.Max(_until, _tryingUntil) : long.MinValue);
            return until > now ? time.GetElapsedTime(now, until) : TimeSpan.Zero;
        }
    }

    /// <summary>Why it is not on offer, in a phrase.</summary>
    public string Reason(long now)
    {
        var wait = Wait(now);
        lock (_lock)
        {
            if (_isOpen && now >= _until && now >= _statedUntil) return "cooling down: one request is trying it";
            var seconds = FormattableString.Invariant($"cooling down for {Math.Max(1, Math.Ceiling(wait.TotalSeconds)):0} s");
            return _isOpen ? FormattableString.Invariant($"{seconds} after {_whenOpened} failures") : seconds + ": its endpoint asked to be left alone";
        }
    }

    /// <summary>A call ended.</summary>
    public void Observe(in ExpertCall call)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (call.Kind == ExpertCallKind.Cancelled)
            {
                // Nothing was learnt: another request may try.
                _tryingUntil = long.MinValue;
                return;
            }

            _calls++;
            if (call.Kind is ExpertCallKind.Answered or ExpertCallKind.Refused)
            {
                _meanSeconds += (call.Latency.TotalSeconds - _meanSeconds) * (_calls - _failed < 50 ? 1.0 / Math.Max(1, _calls - _failed) : 0.02);
                Remember(failed: false);
                Succeed(now);
                return;
            }

            _failed++;
            if (call.Kind == ExpertCallKind.Busy) _busy++;
            Remember(failed: true);
            if (call.RetryAfter is { } stated && stated > TimeSpan.Zero)
                _statedUntil = Math.Max(_statedUntil, now + Ticks(stated < LongestStated ? stated : LongestStated));
            Fail(now);
            Volatile.Write(ref _isWell, !_isOpen && now >= _statedUntil);
        }
    }

    /// <summary>How it stands, for people.</summary>
    public ExpertState State(string expert, string? quarantine)
    {
        var now = time.GetTimestamp();
        var standing = Stand(now);
        var reason = quarantine ?? (standing == Standing.Cooling ? Reason(now) : null);
        lock (_lock)
            return new ExpertState(expert, standing != Standing.Cooling && quarantine is null, reason, _calls, _failed, _busy, TimeSpan.FromSeconds(_meanSeconds));
    }

    private void Succeed(long now)
    {
        _inRow = 0;
        _openings = 0;
        if (_isOpen) (_isOpen, _recent, _recentCount) = (false, 0, 0);
        _tryingUntil = long.MinValue;

        // What an endpoint asked for holds, even where a call that was sent before came back well.
        Volatile.Write(ref _isWell, now >= _statedUntil);
    }

    private void Fail(long now)
    {
        var wasTrying = now < _tryingUntil;
        if (_isOpen && !wasTrying) return; // Sent before it was left alone.
        if (_inRow++ == 0) _failingSince = now;
        var inRow = _inRow >= FailuresInRow && time.GetElapsedTime(_failingSince, now) >= ShortestOutage;
        var share = _recentCount >= Remembered && uint.PopCount(_recent) >= MostOfRemembered;
        if (!_isOpen && !inRow && !share) return;
        var wait = FirstWait * Math.Pow(2, Math.Min(_openings++, Doublings));
        if (wait > LongestWait) wait = LongestWait;
        _whenOpened = Math.Max(_inRow, (int)uint.PopCount(_recent));
        _isOpen = true;
        _tryingUntil = long.MinValue;
        _until = now + Ticks(wait * (0.75 + (0.5 * jitter())));
    }

    private void Remember(bool failed)
    {
        _recent = ((_recent << 1) | (failed ? 1u : 0)) & ((1u << Remembered) - 1);
        if (_recentCount < Remembered) _recentCount++;
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
