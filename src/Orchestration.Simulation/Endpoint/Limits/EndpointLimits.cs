namespace Orchestration.Simulation.Endpoint.Limits;

/// <summary>Which limit a call ran into.</summary>
internal enum LimitKind
{
    /// <summary>None: it passes.</summary>
    None,

    /// <summary>Requests a minute.</summary>
    Requests,

    /// <summary>Tokens a minute.</summary>
    Tokens,

    /// <summary>More tokens in one call than the quota of a minute.</summary>
    TooLarge,

    /// <summary>Requests a day.</summary>
    Day,
}

/// <summary>What the limits say of one call, and where they stood then.</summary>
internal readonly record struct LimitDecision(LimitKind Kind, TimeSpan Wait, double Tokens, QuotaState? Requests, QuotaState? TokenState, QuotaState? DayState)
{
    public bool IsAccepted => Kind == LimitKind.None;
}

/// <summary>Where one quota stands.</summary>
internal readonly record struct QuotaState(double Limit, double Remaining, TimeSpan Reset);

/// <summary>The limits of one model, or of all models together. Safe for concurrent use.</summary>
internal sealed class EndpointLimits
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly ArrivalLog _log;
    private readonly int _group;
    private readonly QuotaMeter? _requests;
    private readonly QuotaMeter? _tokens;
    private long _dayBegan;
    private int _today;

    public EndpointLimits(ScriptedLimits limits, TimeProvider time, ArrivalLog log, int group)
    {
        ScriptedLimits.Check(limits);
        Limits = limits;
        _time = time;
        _log = log;
        _group = group;
        var (second, now) = (time.TimestampFrequency, time.GetTimestamp());
        if (limits.RequestsPerMinute is { } requests) _requests = new QuotaMeter(requests, Math.Max(1, requests / 60.0 * limits.CapacitySeconds), second, now);
        if (limits.TokensPerMinute is { } tokens) _tokens = new QuotaMeter(tokens, Math.Max(1, tokens / 60.0 * limits.CapacitySeconds), second, now);
    }

    public ScriptedLimits Limits { get; }

    /// <summary>Lets a call of so many tokens pass, or says what it ran into and for how long.</summary>
    public LimitDecision Decide(double tokens)
    {
        lock (_lock)
        {
            // Read under the lock, so that the log's times never go back.
            var now = _time.GetTimestamp();
            var (kind, wait) = Find(tokens, now);
            if (kind == LimitKind.None)
            {
                _requests?.Take(1, now);
                _tokens?.Take(tokens, now);
                if (_today++ == 0) _dayBegan = now;
            }

            _log.Add(now, tokens, kind == LimitKind.None, _group);
            return new LimitDecision(kind, wait == long.MaxValue ? Timeout.InfiniteTimeSpan : Span(wait), tokens, State(_requests, now), State(_tokens, now), DayState(now));
        }
    }

    private (LimitKind Kind, long Wait) Find(double tokens, long now)
    {
        if (_today > 0 && _time.GetElapsedTime(_dayBegan, now) >= Limits.Day) _today = 0;
        if (Limits.RequestsPerDay is { } perDay && _today >= perDay) return (LimitKind.Day, Ticks(Limits.Day - _time.GetElapsedTime(_dayBegan, now)));
        var requests = _requests?.Wait(1, now) ?? 0;
        var worth = _tokens?.Wait(tokens, now) ?? 0;
        if (worth == long.MaxValue) return (LimitKind.TooLarge, worth);
        if (requests == 0 && worth == 0) return (LimitKind.None, 0);
        return requests >= worth ? (LimitKind.Requests, requests) : (LimitKind.Tokens, worth);
    }

    private QuotaState? State(QuotaMeter? meter, long now) => meter is null ? null : new QuotaState(meter.Quota, meter.Remaining, Span(meter.UntilFree(now)));

    private QuotaState? DayState(long now) => Limits.RequestsPerDay is { } perDay
        ? new QuotaState(perDay, perDay - _today, _today == 0 ? TimeSpan.Zero : Limits.Day - _time.GetElapsedTime(_dayBegan, now))
        : null;

    private TimeSpan Span(long ticks) => TimeSpan.FromTicks((long)Math.Ceiling(ticks * ((double)TimeSpan.TicksPerSecond / _time.TimestampFrequency)));

    private long Ticks(TimeSpan span) => (long)Math.Ceiling(span.Ticks * ((double)_time.TimestampFrequency / TimeSpan.TicksPerSecond));
}
