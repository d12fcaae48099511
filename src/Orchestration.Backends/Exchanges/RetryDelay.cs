using System.Globalization;
using System.Net.Http.Headers;

namespace Orchestration.Backends.Exchanges;

/// <summary>How long to wait before the next attempt: what the endpoint asks for, or a back-off of our own.</summary>
internal static class RetryDelay
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(0.5);

    /// <summary>A rate limit is mostly one by the minute: attempts spent within a few seconds would all be in vain.</summary>
    private static readonly TimeSpan FirstBackOffOfRateLimit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(30);

    /// <summary>Added to a stated wait, so that calls which were told the same do not all come back at once.</summary>
    private static readonly TimeSpan Spread = TimeSpan.FromSeconds(0.24);

    /// <summary>
    /// Timers are cut to milliseconds and the clock is not: a caller who held all others back would otherwise find himself held back by a
    /// fraction of one when his own wait is over.
    /// </summary>
    public static TimeSpan Margin { get; } = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// The wait that the reply's headers ask for, never negative; null where they ask for none. In order: <c>retry-after-ms</c>,
    /// <c>x-ms-retry-after-ms</c> (milliseconds), <c>Retry-After</c> (seconds or an HTTP date).
    /// </summary>
    /// <param name="headers">The reply's headers.</param>
    /// <param name="now">Counts towards a date where the reply carries no <c>Date</c> of its own: the endpoint's clock and ours may differ.</param>
    public static TimeSpan? Asked(HttpResponseHeaders headers, DateTimeOffset now)
    {
        if (Number(headers, "retry-after-ms") is { } milliseconds) return Positive(milliseconds);
        if (Number(headers, "x-ms-retry-after-ms") is { } azureMilliseconds) return Positive(azureMilliseconds);
        if (Number(headers, "Retry-After") is { } seconds) return Positive(seconds * 1000);
        if (!headers.NonValidated.TryGetValues("Retry-After", out var values)) return null;
        if (!DateTimeOffset.TryParse(values.ToString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)) return null;
        return Positive((date - (headers.Date ?? now)).TotalMilliseconds);
    }

    /// <summary>A wait the endpoint asked for, capped, with 10 to 250 milliseconds added.</summary>
    public static TimeSpan After(TimeSpan asked, TimeSpan longest, SeededJitter jitter) =>
        (asked < longest ? asked : longest) + Margin + (Spread * jitter.Next());

    /// <summary>Exponential with full jitter: anything from 0 to half a second (a rate limit: two seconds) × 2^(failures − 1), at most to 30 s.</summary>
    public static TimeSpan BackOff(int failures, bool isRateLimit, SeededJitter jitter)
    {
        var ceiling = (isRateLimit ? FirstBackOffOfRateLimit : FirstBackOff) * Math.Pow(2, Math.Min(failures - 1, 16));
        return (ceiling < LongestBackOff ? ceiling : LongestBackOff) * jitter.Next();
    }

    private static double? Number(HttpResponseHeaders headers, string name)
    {
        if (!headers.NonValidated.TryGetValues(name, out var values)) return null;
        return double.TryParse(values.ToString(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
            CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
    }

    // A day stands for "longer than anybody waits": larger numbers would overflow before they are capped.
    private static TimeSpan Positive(double milliseconds) => TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, 86_400_000));
}
