using System.Text;
using System.Text.Json;

namespace Orchestration.Backends.Exchanges;

/// <summary>
/// What the body of a refusal says. Understood: <c>{"error":{"message","type","param","code"}}</c>, <c>{"error":"…"}</c>, <c>{"message","type",
/// "code"}</c>, <c>{"detail":"…"}</c>; anything else is taken as plain text.
/// </summary>
internal sealed record ErrorBody(string? Code, string? Type, string? Parameter, string Message)
{
    /// <summary>Longest plain text looked at, in bytes.</summary>
    private const int MaxPlainText = 4096;

    public static ErrorBody Read(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return FromObject(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON: a proxy's page, or nothing at all.
        }

        return new ErrorBody(null, null, null, Encoding.UTF8.GetString(body.Length > MaxPlainText ? body[..MaxPlainText] : body));
    }

    private static ErrorBody FromObject(JsonElement root)
    {
        var error = root.TryGetProperty("error", out var inner) && inner.ValueKind == JsonValueKind.Object ? inner : root;
        var message = Text(error, "message") ?? Text(root, "error") ?? Text(root, "detail") ?? Text(root, "message") ?? root.GetRawText();
        return new ErrorBody(Text(error, "code"), Text(error, "type"), Text(error, "param"), message);
    }

    private static string? Text(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var value)) return null;
        return value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.Array => value.GetRawText(),
            _ => null,
        };
    }

    /// <summary>True where the account is exhausted: waiting does not help.</summary>
    public bool IsExhausted => Is("insufficient_quota") || Is("billing_hard_limit_reached") || Is("insufficient_balance");

    /// <summary>True where a limit of a day, not of a minute, is reached.</summary>
    public bool IsOfADay => Says("per day") || Says("(RPD)") || Says("(TPD)") || Is("daily_limit_exceeded");

    /// <summary>The wait that the message states in words (<c>Please try again in 7m12s</c>); null where it states none.</summary>
    public TimeSpan? StatedWait
    {
        get
        {
            const string Words = "try again in ";
            var at = Message.IndexOf(Words, StringComparison.OrdinalIgnoreCase);
            if (at < 0) return null;
            var rest = Message.AsSpan(at + Words.Length);
            var end = rest.IndexOfAnyExcept(RateLimitHeaders.DurationCharacters);
            return RateLimitHeaders.Duration((end < 0 ? rest : rest[..end]).TrimEnd('.'));
        }
    }

    /// <summary>True where a content filter refused the prompt.</summary>
    public bool IsFiltered => Is("content_filter") || Is("content_policy_violation") || Is("ResponsibleAIPolicyViolation");

    /// <summary>True where the prompt does not fit the model.</summary>
    public bool IsTooLong =>
        Is("context_length_exceeded") || Is("string_above_max_length")
        || Says("maximum context length") || Says("context window") || Says("context length") || Says("prompt is too long") || Says("too many tokens")
        || Says("request too large");

    private bool Is(string code) =>
        string.Equals(Code, code, StringComparison.OrdinalIgnoreCase) || string.Equals(Type, code, StringComparison.OrdinalIgnoreCase);

    private bool Says(string words) => Message.Contains(words, StringComparison.OrdinalIgnoreCase);
}
