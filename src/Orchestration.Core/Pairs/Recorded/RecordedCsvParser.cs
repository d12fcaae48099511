using System.Text;
using System.Text.Unicode;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Pairs.Recorded;

/// <summary>Parses chunks of recorded files in CSV: one judge's judgment a row, in the columns <c>id, judge, score, reason</c>.</summary>
internal sealed class RecordedCsvParser(DataKind kind)
{
    private static readonly RowFault NoColumns = new(
        RejectReason.RecordedForm,
        "Recorded judgments in CSV have the columns id, judge, score and reason, one judgment a row. Rename the columns, or write JSON lines.");

    private static readonly RowFault NotPairs = new(
        RejectReason.RecordedForm, "Recorded judgments in CSV are scores of pairs, and this run reads comparisons. Write them as JSON lines with 'verdicts'.");

    public void Parse(RecordedRows rows)
    {
        var chunk = rows.Chunk;
        var header = chunk.Format.Csv!;
        var columns = header.Names.Select(n => RecordedFields.Find(Encoding.UTF8.GetBytes(n))).ToArray();
        var line = chunk.FirstLine;
        for (var start = 0; start < chunk.Length;)
        {
            var length = CsvScanner.RecordEnd(chunk.Span[start..], header.Delimiter, out _);
            if (length < 0) length = chunk.Length - start;
            var record = chunk.Span.Slice(start, length);
            var text = record.TrimEnd("\r\n"u8);
            if (!text.IsEmpty && ParseRow(rows, text, header, columns) is { } fault)
            {
                rows.Abandon();
                rows.Rejects.Add(chunk.Format.Path, line, fault, text);
            }

            line += record.Count((byte)'\n');
            start += length;
        }
    }

    private RowFault? ParseRow(RecordedRows rows, ReadOnlySpan<byte> record, CsvHeader header, RecordedField[] columns)
    {
        if (kind != DataKind.Pairs) return NotPairs;
        if (!Utf8.IsValid(record)) return JsonFaults.InvalidUtf8;
        if (!columns.Contains(RecordedField.Id) || !columns.Contains(RecordedField.Judge)) return NoColumns;
        if (!columns.Contains(RecordedField.Score) && !columns.Contains(RecordedField.Reason)) return NoColumns;

        var id = FieldRef.Absent;
        var judge = FieldRef.Absent;
        var score = FieldRef.Absent;
        var reason = FieldRef.Absent;
        var count = 0;
        for (var more = true; more; count++)
        {
            var field = CsvScanner.NextField(ref record, header.Delimiter, out more);
            if (field.Fault is not null) return field.Fault;
            if (count >= columns.Length) continue;
            switch (columns[count])
            {
                case RecordedField.Id: id = Place(rows, field); break;
                case RecordedField.Judge: judge = Place(rows, field); break;
                case RecordedField.Score: score = Place(rows, field); break;
                case RecordedField.Reason: reason = Place(rows, field); break;
                default: break;
            }
        }

        if (count != columns.Length) return CsvScanner.WrongCount(count, columns.Length);
        if (id.Length <= 0) return new RowFault(RejectReason.MissingField, "The field 'id' is empty. Recorded judgments are matched with the data by id.");
        if (judge.Length <= 0) return new RowFault(RejectReason.MissingField, "The field 'judge' is empty. Name the judge.");

        var hint = 0;
        var cells = rows.Cells(rows.Judge(rows.Text(judge), ref hint), ColumnKind.Score);
        if (score.Length > 0)
        {
            if (!FastNumber.TryParse(rows.Text(score).Trim(" "u8), out var value))
                return new RowFault(RejectReason.WrongType, "The field 'score' is no finite number. Write it as 3.5, with a point, and leave it empty where there is a reason.");
            cells.Set(rows.Count, RecordedBlock.Scored, value);
        }
        else
        {
            if (reason.Length is <= 0 or > RecordedFields.MaxReasonBytes) return RecordedFields.BadReason;
            cells.Set(rows.Count, rows.Code(rows.Text(reason)));
        }

        rows.HasLongRows = true;
        rows.Commit(id);
        return null;
    }

    private static FieldRef Place(RecordedRows rows, CsvField field)
    {
        if (field.Text.IsEmpty) return new FieldRef(0, 0);
        if (!field.HasDoubledQuotes && rows.Chunk.Span.Overlaps(field.Text, out var offset)) return new FieldRef(offset, field.Text.Length);
        var start = rows.Side.Length;
        CsvScanner.AppendUnquoted(rows.Side, field.Text);
        return new FieldRef(~start, rows.Side.Length - start);
    }
}
