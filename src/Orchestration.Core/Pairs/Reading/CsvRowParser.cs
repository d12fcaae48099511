using System.Text.Encodings.Web;
using System.Text.Unicode;
using Orchestration.Core.Pairs.Blocks;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>Parses chunks of CSV records into rows. Empty fields are absent, except that an answer may be empty.</summary>
internal sealed class CsvRowParser(FieldTable fields, RowRules rules)
{
    public void Parse(ParsedRows rows)
    {
        var chunk = rows.Chunk;
        var header = chunk.Format.Csv!;
        var columns = Columns(header);
        var isValid = Utf8.IsValid(chunk.Span);
        var line = chunk.FirstLine;
        var start = 0;
        while (start < chunk.Length)
        {
            var length = CsvScanner.RecordEnd(chunk.Span[start..], header.Delimiter, out _);
            if (length < 0) length = chunk.Length - start;
            var record = chunk.Span.Slice(start, length);
            var text = record.TrimEnd("\r\n"u8);
            if (!text.IsEmpty)
            {
                var fault = isValid || Utf8.IsValid(text) ? ParseRow(rows, text, line, header, columns) : JsonFaults.InvalidUtf8;
                if (fault is null) rows.Commit();
                else rows.Rejects.Add(chunk.Format.Path, line, fault, text);
            }

            line += record.Count((byte)'\n');
            start += length;
        }
    }

    /// <summary>For each column of the file its entry in the table of fields; −1 where it is not read.</summary>
    private int[] Columns(CsvHeader header)
    {
        var columns = new int[header.Names.Count];
        var hint = 0;
        for (var i = 0; i < columns.Length; i++) columns[i] = fields.Find(System.Text.Encoding.UTF8.GetBytes(header.Names[i]), ref hint);
        return columns;
    }

    private RowFault? ParseRow(ParsedRows rows, ReadOnlySpan<byte> record, long line, CsvHeader header, int[] columns)
    {
        var text = record;
        ref var row = ref rows.Next();
        row.Line = line;
        var native = new NativeRow();
        Span<FieldRef> kept = stackalloc FieldRef[fields.KeptNames.Count];
        kept.Fill(FieldRef.Absent);
        var count = 0;
        for (var more = true; more; count++)
        {
            var field = CsvScanner.NextField(ref record, header.Delimiter, out more);
            if (field.Fault is not null) return field.Fault;
            if (count >= columns.Length || columns[count] < 0) continue;

            ref readonly var entry = ref fields[columns[count]];
            var value = Place(rows, field);
            if (entry.Keep >= 0) kept[entry.Keep] = value;
            if (Take(rows, ref row, ref native, in entry, value) is { } fault) return fault;
        }

        if (count != columns.Length) return CsvScanner.WrongCount(count, columns.Length);
        native.Adopt(ref row);
        if (kept.Length != 0) row.Kept = AppendKept(rows, kept);
        return rules.Complete(rows, ref row, native.HasAnswers, text);
    }

    private static RowFault? Take(ParsedRows rows, ref ParsedRow row, ref NativeRow native, in FieldTable.Entry entry, FieldRef value)
    {
        var text = rows.Text(value);
        switch (entry.Slot)
        {
            case FieldSlot.Target:
                if (text.IsEmpty) return null;
                if (FastNumber.TryParse(text.Trim(" "u8), out row.Target)) return null;
                return new RowFault(RejectReason.WrongType, $"The field '{entry.Text}' is no finite number. Write it as 3.5, with a point, and leave it empty where there is none.");

            case FieldSlot.Label:
                if (text.IsEmpty) return null;
                row.Label = RowRules.ParseLabel(text);
                return row.Label is null ? RowRules.UnknownLabel(entry.Text) : null;

            case FieldSlot.None:
                return null;

            case FieldSlot.Reference or FieldSlot.Context when text.IsEmpty:
                return null;

            default:
                JsonRowParser.Slot(ref row, ref native, entry.Slot) = value;
                return null;
        }
    }

    private static FieldRef Place(ParsedRows rows, CsvField field)
    {
        if (field.Text.IsEmpty) return new FieldRef(0, 0);
        if (!field.HasDoubledQuotes && rows.Chunk.Span.Overlaps(field.Text, out var offset)) return new FieldRef(offset, field.Text.Length);

        var start = rows.Side.Length;
        CsvScanner.AppendUnquoted(rows.Side, field.Text);
        return new FieldRef(~start, rows.Side.Length - start);
    }

    private FieldRef AppendKept(ParsedRows rows, ReadOnlySpan<FieldRef> kept)
    {
        var side = rows.Side;
        var start = side.Length;
        for (var i = 0; i < kept.Length; i++)
        {
            if (!kept[i].IsPresent) continue;
            if (side.Length != start) side.AppendByte((byte)',');
            side.Append(fields.KeptNames[i]);
            side.AppendByte((byte)'"');
            AppendEscaped(side, rows, kept[i]);
            side.AppendByte((byte)'"');
        }

        return side.Length == start ? FieldRef.Absent : new FieldRef(~start, side.Length - start);
    }

    private static void AppendEscaped(ByteBuilder side, ParsedRows rows, FieldRef value)
    {
        // Worst case six bytes for one. Asked for first, because the text itself may lie in the buffer that grows.
        var room = side.Room(value.Length * 6);
        JavaScriptEncoder.UnsafeRelaxedJsonEscaping.EncodeUtf8(rows.Text(value), room, out _, out var written);
        side.Advance(written);
    }
}
