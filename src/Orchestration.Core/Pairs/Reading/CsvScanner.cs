using Orchestration.Core.Pairs.Blocks;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>
/// Where the records and fields of RFC 4180 text end. A quote opens only at the start of a field; within quotes a doubled one stands for itself and
/// line breaks are text. The same rules cut files into chunks and chunks into records, so that the two always agree.
/// </summary>
internal static class CsvScanner
{
    /// <summary>Length of the first record with its line break; −1 where it does not end within the bytes.</summary>
    /// <param name="bytes">Bytes from the start of a record.</param>
    /// <param name="delimiter">What stands between fields.</param>
    /// <param name="isClosed">False where the bytes end within quotes.</param>
    public static int RecordEnd(ReadOnlySpan<byte> bytes, byte delimiter, out bool isClosed)
    {
        isClosed = true;
        var position = 0;
        while (true)
        {
            var next = bytes[position..].IndexOfAny((byte)'\n', (byte)'"');
            if (next < 0) return -1;
            position += next;
            if (bytes[position] == (byte)'\n') return position + 1;
            var opens = position == 0 || bytes[position - 1] == delimiter;
            position++;
            if (!opens) continue;
            while (true)
            {
                var quote = bytes[position..].IndexOf((byte)'"');
                if (quote < 0)
                {
                    isClosed = false;
                    return -1;
                }

                position += quote + 1;
                if (position == bytes.Length || bytes[position] != (byte)'"') break;
                position++;
            }
        }
    }

    /// <summary>Where the last whole record ends; 0 for none.</summary>
    public static int LastRecordEnd(ReadOnlySpan<byte> bytes, byte delimiter)
    {
        var end = 0;
        while (RecordEnd(bytes[end..], delimiter, out _) is var length and > 0) end += length;
        return end;
    }

    /// <summary>Takes the first field off a record without its line break.</summary>
    /// <param name="record">What is left of the record.</param>
    /// <param name="delimiter">What stands between fields.</param>
    /// <param name="more">True where another field follows, perhaps an empty one.</param>
    public static CsvField NextField(ref ReadOnlySpan<byte> record, byte delimiter, out bool more)
    {
        if (record.IsEmpty || record[0] != (byte)'"')
        {
            var end = record.IndexOf(delimiter);
            more = end >= 0;
            var plain = more ? record[..end] : record;
            record = more ? record[(end + 1)..] : default;
            return new CsvField(plain, false, null);
        }

        var position = 1;
        var doubled = false;
        while (true)
        {
            var quote = record[position..].IndexOf((byte)'"');
            if (quote < 0)
            {
                more = false;
                return new CsvField(default, false, new RowFault(RejectReason.CsvQuotes, "A quote that opens in this row is never closed. Close it, or write quotes within a field twice."));
            }

            position += quote + 1;
            if (position == record.Length || record[position] != (byte)'"') break;
            doubled = true;
            position++;
        }

        var text = record[1..(position - 1)];
        more = position < record.Length;
        if (more && record[position] != delimiter)
            return new CsvField(default, false, new RowFault(RejectReason.CsvQuotes, "Text follows a closing quote. Put the whole field in quotes, and write quotes within it twice."));
        record = more ? record[(position + 1)..] : default;
        return new CsvField(text, doubled, null);
    }

    /// <summary>Appends the text of a field in which quotes stand twice.</summary>
    public static void AppendUnquoted(ByteBuilder output, ReadOnlySpan<byte> text)
    {
        while (text.IndexOf((byte)'"') is var quote and >= 0)
        {
            output.Append(text[..(quote + 1)]);
            text = text[(quote + 2)..];
        }

        output.Append(text);
    }

    public static RowFault WrongCount(int fields, int header) => new(
        RejectReason.CsvFields,
        $"The row has {fields} fields and the header {header}. Put fields that hold the delimiter, quotes or line breaks in quotes.");
}

/// <summary>A field of a CSV record.</summary>
internal readonly ref struct CsvField(ReadOnlySpan<byte> text, bool hasDoubledQuotes, RowFault? fault)
{
    /// <summary>The text within the quotes, or the whole of an unquoted field.</summary>
    public ReadOnlySpan<byte> Text { get; } = text;

    /// <summary>True where quotes in <see cref="Text"/> stand twice and count once.</summary>
    public bool HasDoubledQuotes { get; } = hasDoubledQuotes;

    /// <summary>What is wrong with it; null where it is good.</summary>
    public RowFault? Fault { get; } = fault;
}
