using System.Text.Json;
using System.Text.Unicode;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Pairs.Recorded;

/// <summary>
/// Parses chunks of recorded files in JSON lines: rows of results, rows of one judge's judgment, verdicts on comparisons, and the output files of
/// JudgeBench. Without state of its own, so that chunks are parsed in parallel.
/// </summary>
internal sealed class RecordedRowParser(DataKind kind)
{
    public void Parse(RecordedRows rows)
    {
        var chunk = rows.Chunk;
        var isValid = Utf8.IsValid(chunk.Span);
        var line = chunk.FirstLine;
        var start = 0;
        var hint = 0;
        while (start < chunk.Length)
        {
            var length = chunk.Span[start..].IndexOf((byte)'\n');
            if (length < 0) length = chunk.Length - start;
            var text = chunk.Span.Slice(start, length);
            if (text.IndexOfAnyExcept(" \t\r"u8) >= 0)
            {
                var fault = isValid || Utf8.IsValid(text) ? ParseRow(rows, start, length, ref hint) : JsonFaults.InvalidUtf8;
                if (fault is not null)
                {
                    rows.Abandon();
                    rows.Rejects.Add(chunk.Format.Path, line, fault, text);
                }
            }

            line++;
            start += length + 1;
        }
    }

    private RowFault? ParseRow(RecordedRows rows, int start, int length, ref int hint)
    {
        var text = rows.Chunk.Span.Slice(start, length);
        var row = new RecordedRow();
        try
        {
            var reader = new Utf8JsonReader(text, JsonFaults.ReaderOptions);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                var type = reader.TokenType;
                reader.Skip();
                reader.Read();
                return JsonFaults.NotAnObject(type);
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var field = reader.ValueIsEscaped ? RecordedField.Other : RecordedFields.Find(reader.ValueSpan);
                reader.Read();
                if (field == RecordedField.Other || reader.TokenType == JsonTokenType.Null)
                {
                    reader.Skip();
                    continue;
                }

                if (!row.See(field)) return JsonFaults.Duplicate(RecordedFields.NameOf(field));
                if (ReadField(ref reader, rows, ref row, field, start, ref hint) is { } fault) return fault;
            }

            reader.Read();
            return Complete(rows, ref row, text);
        }
        catch (JsonException e)
        {
            return JsonFaults.Of(text, e);
        }
        catch (InvalidOperationException)
        {
            // The reader's word for an escape of half a surrogate pair.
            return JsonFaults.LoneSurrogate("a name");
        }
    }

    private RowFault? ReadField(ref Utf8JsonReader reader, RecordedRows rows, ref RecordedRow row, RecordedField field, int start, ref int hint)
    {
        switch (field)
        {
            case RecordedField.Id:
            case RecordedField.NativeId:
                if (reader.TokenType == JsonTokenType.Number)
                    row.Take(field, new FieldRef(start + (int)reader.TokenStartIndex, reader.ValueSpan.Length));
                else if (reader.TokenType == JsonTokenType.String)
                    row.Take(field, Text(ref reader, rows, start));
                else if (field == RecordedField.Id)
                    return JsonFaults.WrongType("id", reader.TokenType, "a text or a number");
                else
                    reader.Skip();
                return null;

            case RecordedField.Scores:
                return kind == DataKind.Pairs ? ReadScores(ref reader, rows, ref row, ref hint) : ReadScorePairs(ref reader, rows, ref row, ref hint);

            case RecordedField.Verdicts:
                if (kind == DataKind.Comparisons) return ReadVerdicts(ref reader, rows, ref row, ref hint);
                reader.Skip();
                return null;

            case RecordedField.Judge:
            case RecordedField.Reason:
            case RecordedField.NativeJudge:
                // Rows of results may hold kept fields of these names; they matter only to rows of one judge.
                if (reader.TokenType == JsonTokenType.String) row.Take(field, Text(ref reader, rows, start));
                else reader.Skip();
                return null;

            case RecordedField.Score:
                // The aggregated score of a row of results stands under the same name, and is not looked at there.
                row.HasNumber = reader.TokenType == JsonTokenType.Number;
                row.IsNumberGood = row.HasNumber && FastNumber.TryParse(reader.ValueSpan, out row.Number);
                reader.Skip();
                return null;

            default:
                // Unscored reasons and games depend on other fields of the row, which may come later: read when all are known.
                row.Later(field, reader);
                reader.Skip();
                return null;
        }
    }

    private RowFault? Complete(RecordedRows rows, ref RecordedRow row, ReadOnlySpan<byte> text)
    {
        var id = row.Id.IsPresent ? row.Id : row.NativeId;
        if (id.Length <= 0)
        {
            return new RowFault(
                RejectReason.MissingField, $"There is no field 'id', or it is empty; the row has {FieldHints.List(FieldHints.NamesOf(text))}. Recorded judgments are matched with the data by id.");
        }

        if (row.Has(RecordedField.Unscored) && ReadUnscored(row.Unscored, rows) is { } fault) return fault;
        var hasVerdicts = row.Has(RecordedField.Verdicts);
        if (!row.Has(RecordedField.Scores) && !row.Has(RecordedField.Unscored) && !(hasVerdicts && kind == DataKind.Comparisons))
        {
            fault = hasVerdicts ? Form("The row holds verdicts on comparisons, and this run scores pairs. Use the file with 'orchestrate compare run'.")
                : row.Judge.IsPresent ? CompleteLong(rows, ref row)
                : row.Has(RecordedField.Games) ? ReadGames(rows, ref row)
                : Form(kind == DataKind.Pairs
                    ? "The row holds no judgment. It should have 'scores' (judge: number or null), or 'judge' with 'score' or 'reason'."
                    : "The row holds no verdict. It should have 'verdicts' (judge: [as shown, swapped]), 'scores' (judge: [A, B]), or 'judge_name' with 'judgments'.");
            if (fault is not null) return fault;
        }

        rows.Commit(id);
        return null;
    }

    private static RowFault? ReadScores(ref Utf8JsonReader reader, RecordedRows rows, ref RecordedRow row, ref int hint)
    {
        if (reader.TokenType != JsonTokenType.StartObject) return JsonFaults.WrongType("scores", reader.TokenType, "an object: judge to number or null");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var judge = Judge(ref reader, rows, ref hint);
            var cells = rows.Cells(judge, ColumnKind.Score);
            if (cells.IsTouched(rows.Count)) return JsonFaults.Duplicate(judge.Name);
            reader.Read();
            if (ReadScore(ref reader, rows, cells, judge.Name) is { } fault) return fault;
        }

        return null;
    }

    private static RowFault? ReadScorePairs(ref Utf8JsonReader reader, RecordedRows rows, ref RecordedRow row, ref int hint)
    {
        const string Wanted = "two numbers [A, B]: this run reads comparisons";
        if (reader.TokenType != JsonTokenType.StartObject) return JsonFaults.WrongType("scores", reader.TokenType, "an object: judge to [A, B]");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var judge = Judge(ref reader, rows, ref hint);
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null) continue;
            if (reader.TokenType != JsonTokenType.StartArray) return JsonFaults.WrongType(judge.Name, reader.TokenType, Wanted);
            for (var kind = ColumnKind.ScoreA; kind <= ColumnKind.ScoreB; kind++)
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.EndArray) return JsonFaults.WrongType(judge.Name, JsonTokenType.StartArray, Wanted);
                var cells = rows.Cells(judge, kind);
                if (cells.IsTouched(rows.Count)) return JsonFaults.Duplicate(judge.Name);
                if (ReadScore(ref reader, rows, cells, judge.Name) is { } fault) return fault;
            }

            reader.Read();
            if (reader.TokenType != JsonTokenType.EndArray) return JsonFaults.WrongType(judge.Name, JsonTokenType.StartArray, Wanted);
        }

        return null;
    }

    private static RowFault? ReadScore(ref Utf8JsonReader reader, RecordedRows rows, RecordedCells cells, string judge)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            // Without a reason of its own this is a cell that the file says nothing about.
            cells.Set(rows.Count, RecordedBlock.Missing);
            return null;
        }

        if (reader.TokenType != JsonTokenType.Number) return JsonFaults.WrongType(judge, reader.TokenType, "a number or null");
        if (!FastNumber.TryParse(reader.ValueSpan, out var value)) return JsonFaults.NotFinite(judge);
        cells.Set(rows.Count, RecordedBlock.Scored, value);
        return null;
    }

    private static RowFault? ReadVerdicts(ref Utf8JsonReader reader, RecordedRows rows, ref RecordedRow row, ref int hint)
    {
        if (reader.TokenType != JsonTokenType.StartObject) return JsonFaults.WrongType("verdicts", reader.TokenType, "an object: judge to [as shown, swapped]");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var judge = Judge(ref reader, rows, ref hint);
            var first = rows.Cells(judge, ColumnKind.VerdictAsShown);
            if (first.IsTouched(rows.Count)) return JsonFaults.Duplicate(judge.Name);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                // One verdict alone is that of the order shown.
                SetVerdict(ref reader, rows, first);
                continue;
            }

            var count = 0;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (count == 2) return JsonFaults.WrongType(judge.Name, JsonTokenType.StartArray, "two verdicts [as shown, swapped]");
                SetVerdict(ref reader, rows, count++ == 0 ? first : rows.Cells(judge, ColumnKind.VerdictSwapped));
            }
        }

        return null;
    }

    private static void SetVerdict(ref Utf8JsonReader reader, RecordedRows rows, RecordedCells cells)
    {
        var verdict = reader.TokenType == JsonTokenType.String ? RowRules.ParseLabel(reader.ValueSpan) : null;
        reader.Skip();
        if (verdict is { } preference) cells.Set(rows.Count, RecordedBlock.Scored, (int)preference);
        else cells.Set(rows.Count, rows.Code("unreadable"u8));
    }

    /// <summary>Gives reasons to the cells that have no score: one for all of a judge's, or one for each order.</summary>
    private RowFault? ReadUnscored(Utf8JsonReader reader, RecordedRows rows)
    {
        const string Wanted = "an object: judge to reason";
        if (reader.TokenType != JsonTokenType.StartObject) return JsonFaults.WrongType("unscored", reader.TokenType, Wanted);
        var hint = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var judge = Judge(ref reader, rows, ref hint);
            reader.Read();
            ushort first = 0;
            ushort second = 0;
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                reader.Read();
                if (ReadReason(ref reader, rows, judge.Name, out first) is { } fault) return fault;
                reader.Read();
                if (ReadReason(ref reader, rows, judge.Name, out second) is { } other) return other;
                reader.Read();
                if (reader.TokenType != JsonTokenType.EndArray) return JsonFaults.WrongType(judge.Name, JsonTokenType.StartArray, "two reasons [as shown, swapped]");
            }
            else
            {
                if (ReadReason(ref reader, rows, judge.Name, out first) is { } fault) return fault;
                second = first;
            }

            if (first == 0 && second == 0) continue;
            if (kind == DataKind.Pairs)
            {
                Explain(rows, judge, ColumnKind.Score, first);
                continue;
            }

            Explain(rows, judge, ColumnKind.VerdictAsShown, first);
            Explain(rows, judge, ColumnKind.VerdictSwapped, second);
            ExplainNull(rows, judge, ColumnKind.ScoreA, first != 0 ? first : second);
            ExplainNull(rows, judge, ColumnKind.ScoreB, first != 0 ? first : second);
        }

        return null;
    }

    private static void Explain(RecordedRows rows, RecordedJudge judge, ColumnKind kind, ushort reason)
    {
        var cells = rows.Cells(judge, kind);
        if (reason != 0 && cells.Code(rows.Count) != RecordedBlock.Scored) cells.Set(rows.Count, reason);
    }

    /// <summary>As <see cref="Explain"/>, for cells that the row names; a judge without scores does not get any by having a reason.</summary>
    private static void ExplainNull(RecordedRows rows, RecordedJudge judge, ColumnKind kind, ushort reason)
    {
        if (judge.Cells[(int)kind]?.IsTouched(rows.Count) == true) Explain(rows, judge, kind, reason);
    }

    /// <summary>0 where there is none.</summary>
    private static RowFault? ReadReason(ref Utf8JsonReader reader, RecordedRows rows, string judge, out ushort code)
    {
        code = 0;
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (reader.TokenType != JsonTokenType.String) return JsonFaults.WrongType(judge, reader.TokenType, "a reason, which is a text");
        if (reader.ValueSpan.Length is 0 or > RecordedFields.MaxReasonBytes) return RecordedFields.BadReason;
        Span<byte> text = stackalloc byte[RecordedFields.MaxReasonBytes];
        code = rows.Code(text[..reader.CopyString(text)]);
        return null;
    }

    private RowFault? CompleteLong(RecordedRows rows, ref RecordedRow row)
    {
        if (kind != DataKind.Pairs) return Form("Rows of one judge each ('judge' with 'score') are scores of pairs, and this run reads comparisons. Write 'verdicts': judge to [as shown, swapped].");
        var hint = 0;
        var judge = rows.Judge(rows.Text(row.Judge), ref hint);
        if (row.Judge.Length == 0) return Form("The field 'judge' is empty. Name the judge.");
        var cells = rows.Cells(judge, ColumnKind.Score);
        if (row.HasNumber)
        {
            if (!row.IsNumberGood) return JsonFaults.NotFinite("score");
            cells.Set(rows.Count, RecordedBlock.Scored, row.Number);
        }
        else if (row.Reason.IsPresent)
        {
            if (row.Reason.Length is 0 or > RecordedFields.MaxReasonBytes) return RecordedFields.BadReason;
            cells.Set(rows.Count, rows.Code(rows.Text(row.Reason)));
        }
        else
        {
            return Form("The row names a judge and has neither a number in 'score' nor a 'reason'.");
        }

        rows.HasLongRows = true;
        return null;
    }

    /// <summary>JudgeBench's output files: <c>judge_name</c> and one game for each order, each with the model that judged and its decision.</summary>
    private RowFault? ReadGames(RecordedRows rows, ref RecordedRow row)
    {
        if (kind == DataKind.Pairs) return Form("The row holds games of comparisons, and this run scores pairs. Use the file with 'orchestrate compare run'.");
        if (!row.NativeJudge.IsPresent) return Form("The row has 'judgments' and no 'judge_name'.");
        var reader = row.Games;
        if (reader.TokenType != JsonTokenType.StartArray) return JsonFaults.WrongType("judgments", reader.TokenType, "an array of games");
        Span<Preference?> verdicts = [null, null];
        string? model = null;
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count == 2) return JsonFaults.WrongType("judgments", JsonTokenType.StartArray, "an array of at most two games, as shown and swapped");
            if (reader.TokenType == JsonTokenType.StartObject) verdicts[count] = ReadGame(ref reader, ref model);
            else reader.Skip();
            count++;
        }

        // The protocol and the model it ran on, as the benchmark names its output files.
        var name = model is null
            ? rows.Text(row.NativeJudge).ToArray()
            : [.. rows.Text(row.NativeJudge), (byte)'/', .. System.Text.Encoding.UTF8.GetBytes(model.Replace('/', '_'))];
        var hint = 0;
        var judge = rows.Judge(name, ref hint);
        for (var game = 0; game < count; game++)
        {
            var cells = rows.Cells(judge, game == 0 ? ColumnKind.VerdictAsShown : ColumnKind.VerdictSwapped);
            if (verdicts[game] is { } preference) cells.Set(rows.Count, RecordedBlock.Scored, (int)preference);
            else cells.Set(rows.Count, rows.Code("unreadable"u8));
        }

        return null;
    }

    private static Preference? ReadGame(ref Utf8JsonReader reader, ref string? model)
    {
        Preference? verdict = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("decision"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.String) verdict = RowRules.ParseLabel(reader.ValueSpan);
                reader.Skip();
            }
            else if (reader.ValueTextEquals("judgment"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.StartObject) ReadModel(ref reader, ref model);
                else reader.Skip();
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return verdict;
    }

    private static void ReadModel(ref Utf8JsonReader reader, ref string? model)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isModel = reader.ValueTextEquals("judge_model"u8);
            reader.Read();
            if (isModel && reader.TokenType == JsonTokenType.String) model ??= reader.GetString();
            reader.Skip();
        }
    }

    /// <summary>The judge that a property names.</summary>
    private static RecordedJudge Judge(ref Utf8JsonReader reader, RecordedRows rows, ref int hint)
    {
        if (!reader.ValueIsEscaped) return rows.Judge(reader.ValueSpan, ref hint);
        return rows.Judge(System.Text.Encoding.UTF8.GetBytes(reader.GetString()!), ref hint);
    }

    private static FieldRef Text(ref Utf8JsonReader reader, RecordedRows rows, int start)
    {
        if (!reader.ValueIsEscaped) return new FieldRef(start + (int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        var room = rows.Side.Room(reader.ValueSpan.Length);
        var length = reader.CopyString(room);
        var value = new FieldRef(~rows.Side.Length, length);
        rows.Side.Advance(length);
        return value;
    }

    private static RowFault Form(string message) => new(RejectReason.RecordedForm, message);
}
