using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Core.Pairs.Blocks;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>
/// The rejected rows of one chunk, as the lines of <c>rejects.jsonl</c>: text is made where the row is parsed, in parallel, and never as one object
/// a row, so that a file that is bad from end to end needs no more memory than a good one.
/// </summary>
internal sealed class RejectBuffer
{
    public const int MaxRowChars = 2000;

    private static readonly JsonWriterOptions WriterOptions = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const int KeptBytes = 4 << 20;

    private ArrayBufferWriter<byte> _lines = new(1024);
    private readonly List<Entry> _entries = [];

    public IReadOnlyList<Entry> Entries => _entries;

    /// <summary>The first rejected row, for the message that is given when no row is good.</summary>
    public (long Line, RowFault Fault, string Row)? First { get; private set; }

    public ReadOnlySpan<byte> Lines(int index) =>
        _lines.WrittenSpan[(index == 0 ? 0 : _entries[index - 1].End).._entries[index].End];

    public void Clear()
    {
        if (_lines.Capacity > KeptBytes) _lines = new ArrayBufferWriter<byte>(1024);
        else _lines.ResetWrittenCount();
        _entries.Clear();
        First = null;
    }

    public void Add(string file, long line, RowFault fault, ReadOnlySpan<byte> row)
    {
        var text = Excerpt(row);
        First ??= (line, fault, text);
        Write(_lines, file, line, fault, text);
        _entries.Add(new Entry(line, fault.Reason, _lines.WrittenCount));
    }

    public static void Write(IBufferWriter<byte> output, string file, long line, RowFault fault, string row)
    {
        using var writer = new Utf8JsonWriter(output, WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("file"u8, file);
        writer.WriteNumber("line"u8, line);
        writer.WriteString("reason"u8, fault.Reason);
        writer.WriteString("message"u8, fault.Message);
        writer.WriteString("row"u8, row);
        writer.WriteEndObject();
        writer.Flush();
        output.Write("\n"u8);
    }

    /// <summary>The start of a row as text, at most <see cref="MaxRowChars"/> characters; what is not UTF-8 becomes U+FFFD.</summary>
    public static string Excerpt(ReadOnlySpan<byte> row)
    {
        while (row.Length != 0 && row[^1] is (byte)'\n' or (byte)'\r') row = row[..^1];
        var text = Encoding.UTF8.GetString(row[..Math.Min(row.Length, MaxRowChars * 4)]);
        if (text.Length <= MaxRowChars) return text;
        return text[..(char.IsHighSurrogate(text[MaxRowChars - 1]) ? MaxRowChars - 1 : MaxRowChars)];
    }

    internal readonly record struct Entry(long Line, string Reason, int End);
}
