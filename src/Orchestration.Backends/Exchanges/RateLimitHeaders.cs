using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;

namespace Orchestration.Backends.Exchanges;

/// <summary>What <c>x-ratelimit-*</c> headers say, where they say anything: a limit that is zero, negative or absent is unknown, never exhausted.</summary>
/// <param name="RequestsPerMinute">Requests a minute; null where unknown, or where the limit is not one of minutes.</param>
/// <param name="TokensPerMinute">Tokens a minute; null where unknown, or not of minutes.</param>
/// <param name="RequestsReset">How long until the requests' limit is whole again; null where unknown.</param>
internal readonly record struct RateLimitHeaders(long? RequestsPerMinute, long? TokensPerMinute, TimeSpan? RequestsReset)
{
    /// <summary>A limit whose window is longer than this is one of hours or days: pacing by the minute has no use for it.</summary>
    private static readonly TimeSpan LongestMinute = TimeSpan.FromMinutes(3);

    /// <summary>What durations are written with.</summary>
    public static readonly SearchValues<char> DurationCharacters = SearchValues.Create("0123456789.dhms");

    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");
    private static readonly SearchValues<char> UnitEnds = SearchValues.Create("0123456789. ");

    public static RateLimitHeaders Read(HttpResponseHeaders headers) => new(
        PerMinute(headers, "requests"),
        PerMinute(headers, "tokens"),
        Duration(Text(headers, "x-ratelimit-reset-requests")));

    /// <summary>A duration as these headers write it: <c>6ms</c>, <c>1.5s</c>, <c>7m12s</c>, <c>1h2m3s</c>, <c>1d</c>, or plain seconds.</summary>
    public static TimeSpan? Duration(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (text.IsEmpty) return null;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var plain)) return Seconds(plain);
        var total = 0.0;
        while (!text.IsEmpty)
        {
            var digits = text.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0 || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return null;
            text = text[digits..];
            var letters = text.IndexOfAny(UnitEnds);
            var unit = letters < 0 ? text : text[..letters];
            text = letters < 0 ? [] : text[letters..].TrimStart();
            var factor = unit switch { "ms" => 0.001, "s" => 1, "m" => 60, "h" => 3600, "d" => 86_400, _ => 0 };
            if (factor == 0) return null;
            total += number * factor;
        }

        return Seconds(total);
    }

    private static TimeSpan? Seconds(double seconds) => seconds is >= 0 and <= 31_536_000 ? TimeSpan.FromSeconds(seconds) : null;

    private static long? PerMinute(HttpResponseHeaders headers, string of)
    {
        if (Number(headers, "x-ratelimit-limit-" + of) is not (> 0 and var limit)) return null;

        // Whose window it is shows in how long what was taken needs to come back.
        if (Number(headers, "x-ratelimit-remaining-" + of) is { } remaining && remaining >= 0 && remaining < limit
            && Duration(Text(headers, "x-ratelimit-reset-" + of)) is { } reset && reset * ((double)limit / (limit - remaining)) > LongestMinute)
            return null;
        return limit;
    }

    private static long? Number(HttpResponseHeaders headers, string name) =>
        long.TryParse(Text(headers, name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string? Text(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;
}
