using System.Globalization;

namespace Orchestration.Simulation.Endpoint.Limits;

/// <summary>Says on the wire what limits decided.</summary>
internal static class LimitHeaders
{
    private static readonly string[] Names =
    [
        "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests",
        "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens",
    ];

    /// <summary>The headers about quotas, on any reply.</summary>
    public static void Write(in EndpointResponse response, ScriptedLimits limits, in LimitDecision decision)
    {
        switch (limits.RateHeaders)
        {
            case ScriptedRateHeaders.Truthful:
                if (decision.Requests is { } requests) Write(response, "requests", requests);
                else if (decision.DayState is { } daily) Write(response, "requests", daily);
                if (decision.TokenState is { } tokens) Write(response, "tokens", tokens);
                break;
            case ScriptedRateHeaders.Zero:
                foreach (var name in Names) response.Header(name, "0");
                break;
            case ScriptedRateHeaders.Negative:
                foreach (var name in Names) response.Header(name, "-1");
                break;
        }

        if (decision is { Kind: LimitKind.Day, DayState: { } day }) Write(response, "requests", day);
    }

    /// <summary>The refusal of a call and the header that says how long to wait.</summary>
    public static Refusal Refuse(in EndpointResponse response, ScriptedLimits limits, string model, in LimitDecision decision, DateTimeOffset now)
    {
        if (decision.Kind != LimitKind.TooLarge) Hint(response, limits.RetryHint, decision.Wait, now);
        return decision.Kind switch
        {
            LimitKind.Day => Daily(model, limits.RequestsPerDay ?? 0, decision.Wait),
            LimitKind.Tokens => new Refusal(429, Text(model, "tokens per min (TPM)", decision.TokenState, decision.Tokens, decision.Wait), "tokens", "rate_limit_exceeded", null),
            LimitKind.TooLarge => new Refusal(
                429,
                string.Create(CultureInfo.InvariantCulture, $"Request too large for {model} on tokens per min (TPM): Limit {decision.TokenState?.Limit ?? 0:0}, Requested {decision.Tokens:0}. The input or output tokens must be reduced in order to run successfully."),
                "tokens",
                "rate_limit_exceeded",
                null),
            _ => new Refusal(429, Text(model, "requests per min (RPM)", decision.Requests, 1, decision.Wait), "requests", "rate_limit_exceeded", null),
        };
    }

    /// <summary>What a limit a day says.</summary>
    public static Refusal Daily(string model, int limit, TimeSpan wait) => new(
        429,
        string.Create(CultureInfo.InvariantCulture, $"Rate limit reached for {model} on requests per day (RPD): Limit {limit}, Used {limit}, Requested 1. Please try again in {Span(wait)}."),
        "requests",
        "rate_limit_exceeded",
        null);

    /// <summary>The headers of a daily limit that is used up.</summary>
    public static void WriteDaily(in EndpointResponse response, int limit, TimeSpan wait) => Write(response, "requests", new QuotaState(limit, 0, wait));

    /// <summary>A time as OpenAI writes it: <c>6m12s</c>, <c>1.5s</c>, <c>20ms</c>.</summary>
    public static string Span(TimeSpan span)
    {
        var culture = CultureInfo.InvariantCulture;
        if (span <= TimeSpan.Zero) return "0s";
        if (span < TimeSpan.FromSeconds(1)) return string.Create(culture, $"{Math.Ceiling(span.TotalMilliseconds):0}ms");
        if (span < TimeSpan.FromMinutes(1)) return string.Create(culture, $"{Math.Ceiling(span.TotalMilliseconds) / 1000:0.###}s");
        var seconds = (long)Math.Ceiling(span.TotalSeconds);
        var (hours, minutes) = (seconds / 3600, seconds % 3600 / 60);
        return string.Create(culture, $"{(hours > 0 ? hours.ToString(culture) + "h" : "")}{minutes}m{seconds % 60}s");
    }

    private static void Hint(in EndpointResponse response, ScriptedRetryHint hint, TimeSpan wait, DateTimeOffset now)
    {
        var culture = CultureInfo.InvariantCulture;
        switch (hint)
        {
            case ScriptedRetryHint.Seconds:
                response.Header("Retry-After", Math.Ceiling(wait.TotalSeconds).ToString(culture));
                break;
            case ScriptedRetryHint.Date:
                // Dates have whole seconds: the next one after the wait.
                var whole = new DateTimeOffset((now + wait).UtcTicks + TimeSpan.TicksPerSecond - 1, TimeSpan.Zero);
                response.Header("Date", now.UtcDateTime.ToString("r", culture));
                response.Header("Retry-After", whole.UtcDateTime.ToString("r", culture));
                break;
            case ScriptedRetryHint.Milliseconds:
                response.Header("retry-after-ms", Math.Ceiling(wait.TotalMilliseconds).ToString(culture));
                break;
            case ScriptedRetryHint.AzureMilliseconds:
                response.Header("x-ms-retry-after-ms", Math.Ceiling(wait.TotalMilliseconds).ToString(culture));
                break;
        }
    }

    private static string Text(string model, string limit, QuotaState? state, double requested, TimeSpan wait) => string.Create(
        CultureInfo.InvariantCulture,
        $"Rate limit reached for {model} on {limit}: Limit {state?.Limit ?? 0:0}, Used {(state?.Limit - state?.Remaining) ?? 0:0}, Requested {requested:0}. Please try again in {Span(wait)}.");

    private static void Write(in EndpointResponse response, string what, in QuotaState state)
    {
        var culture = CultureInfo.InvariantCulture;
        response.Header("x-ratelimit-limit-" + what, state.Limit.ToString("0", culture));
        response.Header("x-ratelimit-remaining-" + what, Math.Floor(Math.Max(0, state.Remaining)).ToString("0", culture));
        response.Header("x-ratelimit-reset-" + what, Span(state.Reset));
    }
}
