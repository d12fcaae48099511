namespace Orchestration.Simulation;

/// <summary>
/// What an endpoint lets through. Above it stands 429, code <c>rate_limit_exceeded</c>, at once. Both quotas are enforced in two ways at a time: by a token
/// bucket that fills with a sixtieth of the quota a second, and by the exact count of the last 60 s.
/// </summary>
public sealed record ScriptedLimits
{
    /// <summary>Requests a minute; null for any number.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>Tokens a minute, charged as <see cref="Charge"/> says; null for any number.</summary>
    public long? TokensPerMinute { get; init; }

    /// <summary>
    /// What the bucket holds, in seconds of the quota (0 to 60): 0.5 lets half a second's share pass at once after a pause. It holds at least one request;
    /// a call of more tokens than it holds passes when it is full and leaves it in debt. Default 0.5.
    /// </summary>
    public double CapacitySeconds { get; init; } = 0.5;

    /// <summary>What a call counts for in the quota of tokens. Default: prompt and maximum output, at arrival.</summary>
    public ScriptedTokenCharge Charge { get; init; }

    /// <summary>What is taken for the maximum output of a call that states none, in tokens. Default 1,000.</summary>
    public int AssumedOutputTokens { get; init; } = 1000;

    /// <summary>The header by which a 429 says how long to wait: the true time until this call would pass, rounded up to the header's unit. Default none.</summary>
    public ScriptedRetryHint RetryHint { get; init; }

    /// <summary>The <c>x-ratelimit-*</c> headers of every reply. Default none.</summary>
    public ScriptedRateHeaders RateHeaders { get; init; }

    /// <summary>
    /// Requests in a day that begins with its first request; null for any number. A refusal reads as OpenAI's for requests per day (RPD) and names the time until
    /// the next day in its text and in <c>x-ratelimit-reset-requests</c>, whatever <see cref="RateHeaders"/> says.
    /// </summary>
    public int? RequestsPerDay { get; init; }

    /// <summary>Length of that day. Default 24 h.</summary>
    public TimeSpan Day { get; init; } = TimeSpan.FromHours(24);

    internal static void Check(ScriptedLimits limits)
    {
        if (limits.RequestsPerMinute is <= 0) throw Wrong(limits.RequestsPerMinute, "Requests a minute are more than 0.");
        if (limits.TokensPerMinute is <= 0) throw Wrong(limits.TokensPerMinute, "Tokens a minute are more than 0.");
        if (!(limits.CapacitySeconds is >= 0 and <= 60)) throw Wrong(limits.CapacitySeconds, "The bucket holds from 0 to 60 seconds of the quota.");
        if (limits.RequestsPerDay is <= 0) throw Wrong(limits.RequestsPerDay, "Requests a day are more than 0.");
        if (limits.Day <= TimeSpan.Zero) throw Wrong(limits.Day, "A day is longer than nothing.");

        ArgumentOutOfRangeException Wrong(object? value, string message) => new(nameof(limits), value, message);
    }
}

/// <summary>What a call counts for in a quota of tokens.</summary>
public enum ScriptedTokenCharge
{
    /// <summary>Its prompt, as the endpoint counts it, and its maximum output.</summary>
    AsReserved,

    /// <summary>What it turns out to use: prompt and output.</summary>
    AsUsed,
}

/// <summary>The header by which a refusal says how long to wait.</summary>
public enum ScriptedRetryHint
{
    /// <summary>None.</summary>
    None,

    /// <summary><c>Retry-After</c> in whole seconds.</summary>
    Seconds,

    /// <summary><c>Retry-After</c> as an HTTP date, with the endpoint's own <c>Date</c>.</summary>
    Date,

    /// <summary><c>retry-after-ms</c>.</summary>
    Milliseconds,

    /// <summary><c>x-ms-retry-after-ms</c>.</summary>
    AzureMilliseconds,
}

/// <summary>What the <c>x-ratelimit-limit-*</c>, <c>-remaining-*</c> and <c>-reset-*</c> headers of replies say.</summary>
public enum ScriptedRateHeaders
{
    /// <summary>There are none.</summary>
    Off,

    /// <summary>Quota, what the last 60 s left of it, and the time until all of it is free again; nothing of a quota that is not set.</summary>
    Truthful,

    /// <summary>All zero, as endpoints send that keep no limit.</summary>
    Zero,

    /// <summary>All -1, as other endpoints send that keep no limit.</summary>
    Negative,
}
