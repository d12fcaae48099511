using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>
/// Goes through the rows of a chunk for readers that want whole objects or records rather than pairs: blank ones are passed over, and a bad one is noted with its
/// line while the others are read.
/// </summary>
internal static class RowScan
{
    /// <summary>The objects of JSON lines.</summary>
    /// <param name="chunk">Whole lines.</param>
    /// <param name="rejects">Takes bad rows.</param>
    /// <param name="read">Takes an object over, which is gone when it returns; says what is wrong with it, or null.</param>
    public static void Objects(RawChunk chunk, RejectBuffer rejects, Func<JsonElement, RowFault?> read) => Lines(chunk, rejects, text =>
    {
        if (Parse(text, read, out var document) is { } fault) return fault;
        document!.Dispose();
        return null;
    });

    /// <summary>The texts of JSON lines.</summary>
    /// <inheritdoc cref="Objects" path="/param"/>
    public static void Lines(RawChunk chunk, RejectBuffer rejects, Func<ReadOnlyMemory<byte>, RowFault?> read)
    {
        var line = chunk.FirstLine;
        for (var start = 0; start < chunk.Length; line++)
        {
            var length = chunk.Span[start..].IndexOf((byte)'\n');
            if (length < 0) length = chunk.Length - start;
            var text = chunk.Span.Slice(start, length);
            if (text.IndexOfAnyExcept(" \t\r"u8) >= 0 && read(chunk.Bytes.AsMemory(start, length)) is { } fault) rejects.Add(chunk.Format.Path, line, fault, text);
            start += length + 1;
        }
    }

    /// <summary>One object; what is wrong with its text is a fault with its cure.</summary>
    /// <param name="text">One line.</param>
    /// <param name="read">Says what is wrong with the object, or null.</param>
    /// <param name="document">The caller's to dispose of; null where there is a fault.</param>
    public static RowFault? Parse(ReadOnlyMemory<byte> text, Func<JsonElement, RowFault?> read, out JsonDocument? document)
    {
        document = null;
        JsonDocument? parsed = null;
        try
        {
            parsed = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = JsonFaults.MaxDepth, AllowDuplicateProperties = false });
            var root = parsed.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return JsonFaults.NotAnObject(root.ValueKind == JsonValueKind.Array ? JsonTokenType.StartArray : JsonTokenType.String);
            if (read(root) is { } fault) return fault;
            (document, parsed) = (parsed, null);
            return null;
        }
        catch (JsonException e)
        {
            return e.Message.Contains("duplicate", StringComparison.OrdinalIgnoreCase)
                ? new RowFault(RejectReason.DuplicateField, "A field stands twice in the row. Keep one of them.")
                : JsonFaults.Of(text.Span, e);
        }
        catch (InvalidOperationException)
        {
            return JsonFaults.LoneSurrogate("a name");
        }
        finally
        {
            parsed?.Dispose();
        }
    }

    /// <summary>The records of CSV, as texts in the header's order.</summary>
    /// <param name="chunk">Whole records.</param>
    /// <param name="header">The names of the columns.</param>
    /// <param name="rejects">Takes bad rows.</param>
    /// <param name="read">Takes the fields, an array that is used again; says what is wrong with them, or null.</param>
    public static void Records(RawChunk chunk, CsvHeader header, RejectBuffer rejects, Func<string[], RowFault?> read)
    {
        var line = chunk.FirstLine;
        var fields = new string[header.Names.Count];
        for (var start = 0; start < chunk.Length;)
        {
            var length = CsvScanner.RecordEnd(chunk.Span[start..], header.Delimiter, out _);
            if (length < 0) length = chunk.Length - start;
            var record = chunk.Span.Slice(start, length);
            var text = record.TrimEnd("\r\n"u8);
            if (!text.IsEmpty && (Split(text, header, fields) ?? read(fields)) is { } fault) rejects.Add(chunk.Format.Path, line, fault, text);
            line += record.Count((byte)'\n');
            start += length;
        }
    }

    private static RowFault? Split(ReadOnlySpan<byte> record, CsvHeader header, string[] fields)
    {
        if (!Utf8.IsValid(record)) return JsonFaults.InvalidUtf8;
        var count = 0;
        for (var more = true; more; count++)
        {
            var field = CsvScanner.NextField(ref record, header.Delimiter, out more);
            if (field.Fault is { } fault) return fault;
            if (count >= fields.Length) continue;
            var text = Encoding.UTF8.GetString(field.Text);
            fields[count] = field.HasDoubledQuotes ? text.Replace("\"\"", "\"", StringComparison.Ordinal) : text;
        }

        return count == fields.Length ? null : CsvScanner.WrongCount(count, fields.Length);
    }
}
