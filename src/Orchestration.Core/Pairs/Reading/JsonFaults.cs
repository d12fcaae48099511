using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>Says what is wrong with a line that is not good JSON. Slow and only for such lines.</summary>
internal static class JsonFaults
{
    public const int MaxDepth = 64;

    public static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MaxDepth };

    public static RowFault InvalidUtf8 { get; } = new(
        RejectReason.InvalidUnicode, "The row has bytes that are not UTF-8. Convert the file, for example with iconv -f latin1 -t utf-8.");

    public static RowFault LoneSurrogate(string field) => new(
        RejectReason.InvalidUnicode,
        $"The field '{field}' has an escape of half a surrogate pair (\\uD800 to \\uDFFF alone), which is no character. Repair the text where it was cut.");

    public static RowFault NotAnObject(JsonTokenType type) => new(
        RejectReason.NotAnObject,
        $"The row is {(type == JsonTokenType.StartArray ? "an array" : "a bare value")}, not an object. Each line holds one object with named fields.");

    public static RowFault Duplicate(string field) => new(
        RejectReason.DuplicateField, $"The field '{field}' stands twice in the row. Keep one of them.");

    public static RowFault WrongType(string field, JsonTokenType type, string wanted) => new(
        RejectReason.WrongType, $"The field '{field}' is {Describe(type)} and should be {wanted}.");

    public static RowFault NotFinite(string field) => new(
        RejectReason.NotFinite, $"The number in '{field}' is too large for a double. Write null where there is no value.");

    public static RowFault Of(ReadOnlySpan<byte> line, JsonException cause)
    {
        if (!Utf8.IsValid(line)) return InvalidUtf8;
        if (IsDeep(line))
        {
            return new RowFault(
                RejectReason.TooDeep, $"The row is nested deeper than {MaxDepth} levels. Leave out the nested field, or store it as text.");
        }

        var place = cause.BytePositionInLine is { } position ? $" at byte {position + 1}" : "";
        var isNumberWord = line.IndexOf("NaN"u8) >= 0 || line.IndexOf("Infinity"u8) >= 0;
        return new RowFault(
            RejectReason.InvalidJson,
            $"The row is not well-formed JSON{place}. " +
            (isNumberWord ? "NaN and Infinity are not JSON: write null." : "Each line holds one whole object; a line break inside a text is written \\n."));
    }

    private static bool IsDeep(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 1_000_000 });
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= MaxDepth) return true;
            }
        }
        catch (JsonException)
        {
            // Broken before it was deep.
        }

        return false;
    }

    private static string Describe(JsonTokenType type) => type switch
    {
        JsonTokenType.String => "a text",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "true or false",
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        _ => "null",
    };
}
