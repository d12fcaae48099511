using System.Text;
using System.Text.Json;

namespace Orchestration.Core.Judging.Llm;

/// <summary>
/// Finds the object that a JSON reply is: it begins its line (a code fence may stand before it), is complete JSON, and is the last thing in the reply
/// apart from white space and the end of a fence. Of several objects the last counts; a broken one anywhere makes the reply unreadable, since what
/// stands in it may be a quotation.
/// </summary>
internal static class JsonObjects
{
    private static readonly JsonDocumentOptions NothingTwice = new() { AllowDuplicateProperties = false };

    /// <summary>The last object of a reply; null where there is none, or where it has a member twice.</summary>
    public static JsonDocument? Last(ReadOnlySpan<char> text)
    {
        text = text.TrimEnd();
        if (text.EndsWith("```", StringComparison.Ordinal)) text = text[..^3].TrimEnd();
        if (!text.EndsWith('}')) return null;

        var bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        try
        {
            var last = -1;
            var end = 0;
            for (var at = Next(bytes, 0); at >= 0; at = Next(bytes, end))
            {
                var reader = new Utf8JsonReader(bytes.AsSpan(at));
                reader.Read();
                reader.Skip();
                last = at;
                end = at + (int)reader.BytesConsumed;
            }

            return last >= 0 && end == bytes.Length ? JsonDocument.Parse(bytes.AsMemory(last), NothingTwice) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Index of the next brace that begins its line, or −1.</summary>
    public static int Next(ReadOnlySpan<byte> text, int from)
    {
        while (from < text.Length)
        {
            var brace = text[from..].IndexOf((byte)'{');
            if (brace < 0) return -1;
            brace += from;
            var line = text[(text[..brace].LastIndexOf((byte)'\n') + 1)..brace].Trim(" \t\r"u8);
            if (line.IsEmpty || line.SequenceEqual("```"u8) || line.SequenceEqual("```json"u8) || line.SequenceEqual("```JSON"u8)) return brace;
            from = brace + 1;
        }

        return -1;
    }

    /// <summary>A member's text; null where it has none, or holds half of a character.</summary>
    public static string? Text(JsonElement parent, string name)
    {
        if (parent.ValueKind != JsonValueKind.Object || !parent.TryGetProperty(name, out var value)) return null;
        return Text(value);
    }

    /// <summary>A text; null for anything else, and where it holds half of a character.</summary>
    public static string? Text(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
