using System.Text.Json;
using Orchestration.Core.Judging;

namespace Orchestration.Backends.Exchanges;

/// <summary>What a reply says of itself, whoever it is for: who answered, how it ended, what it took. Any of it may be missing.</summary>
internal sealed record ReplyFacts
{
    public string? Id { get; init; }

    public string? Model { get; init; }

    public string? Fingerprint { get; init; }

    /// <summary>As the endpoint calls it.</summary>
    public string? Finish { get; init; }

    public TokenUsage? Usage { get; init; }

    /// <summary>The text, where it was asked to be kept.</summary>
    public string? Text { get; init; }

    /// <summary>Reads a body: a completion, a response, embeddings, or an event of a stream of these; null where it is none.</summary>
    public static ReplyFacts? Read(ReadOnlyMemory<byte> body, bool keepText)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return null;

            // Events of the responses API carry the response within.
            if (root.TryGetProperty("response", out var inner) && inner.ValueKind == JsonValueKind.Object) root = inner;
            JsonElement? choice = root.TryGetProperty("choices", out var choices) && choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() > 0 ? choices[0] : null;
            return new ReplyFacts
            {
                Id = String(root, "id"),
                Model = String(root, "model"),
                Fingerprint = String(root, "system_fingerprint"),
                Finish = choice is { ValueKind: JsonValueKind.Object } first ? String(first, "finish_reason") : null,
                Usage = root.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object ? UsageOf(usage) : null,
                Text = keepText && choice is { ValueKind: JsonValueKind.Object } said ? TextOf(said) : null,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or a text that is no valid Unicode.
            return null;
        }
    }

    /// <summary>With what a later event of the same stream adds.</summary>
    public ReplyFacts With(ReplyFacts later) => new()
    {
        Id = later.Id ?? Id,
        Model = later.Model ?? Model,
        Fingerprint = later.Fingerprint ?? Fingerprint,
        Finish = later.Finish ?? Finish,
        Usage = later.Usage ?? Usage,
        Text = later.Text is null ? Text : Text + later.Text,
    };

    private static TokenUsage? UsageOf(JsonElement usage)
    {
        var isResponse = usage.TryGetProperty("input_tokens", out _);
        if (Count(usage, isResponse ? "input_tokens" : "prompt_tokens") is not { } input) return null;
        var output = Count(usage, isResponse ? "output_tokens" : "completion_tokens") ?? 0;
        var cached = Detail(usage, isResponse ? "input_tokens_details" : "prompt_tokens_details", "cached_tokens");
        var reasoning = Detail(usage, isResponse ? "output_tokens_details" : "completion_tokens_details", "reasoning_tokens");
        return TokenUsageOf(input, cached, output, reasoning, Count(usage, "total_tokens"));
    }

    /// <summary>Usage from what an endpoint counts. Some count reasoning beside the completion instead of within it; their total tells.</summary>
    public static TokenUsage TokenUsageOf(long input, long cached, long output, long reasoning, long? total)
    {
        if (reasoning > 0 && total == input + output + reasoning) output += reasoning;
        return new TokenUsage(input, Math.Min(cached, input), output, Math.Min(reasoning, output));
    }

    private static long Detail(JsonElement usage, string block, string name) =>
        usage.TryGetProperty(block, out var details) && details.ValueKind == JsonValueKind.Object ? Count(details, name) ?? 0 : 0;

    private static long? Count(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number is >= 0 and < 1e15 ? (long)number : null;

    private static string? String(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string? TextOf(JsonElement choice)
    {
        foreach (var name in (ReadOnlySpan<string>)["message", "delta"])
        {
            if (choice.TryGetProperty(name, out var message) && message.ValueKind == JsonValueKind.Object) return String(message, "content");
        }

        return null;
    }
}
