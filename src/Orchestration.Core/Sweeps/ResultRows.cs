using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Sweeps;

/// <summary>
/// Renders the rows of <c>results.jsonl</c> and <c>verdicts.jsonl</c> from blocks. A pure function of the blocks and the definition, so that a
/// resumed sweep gives the bytes of an undisturbed one.
/// </summary>
internal sealed class ResultRows
{
    // Non-ASCII text stays readable; results are files, not web pages.
    private static readonly JsonWriterOptions WriterOptions = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly SweepDefinition _definition;
    private readonly MeanScore _mean;
    private readonly JsonEncodedText[] _names;
    private readonly JsonEncodedText _aggregator;
    private readonly VerdictColumns[] _verdicts;
    private readonly int[] _learned;

    public ResultRows(SweepDefinition definition)
    {
        _definition = definition;
        _mean = new MeanScore(definition.Columns, definition.MinCoverage);
        _names = [.. definition.Columns.Select(c => JsonEncodedText.Encode(c.Name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping))];
        _aggregator = JsonEncodedText.Encode(definition.Aggregator);
        _verdicts = VerdictColumns.Of(definition.Columns);
        var names = (definition.Kind == DataKind.Pairs ? definition.Columns.Select(static c => c.Name) : _verdicts.Select(static v => v.Name)).ToList();
        _learned = [.. (definition.Learned?.Judges ?? []).Select(name => names.IndexOf(name))];
    }

    /// <summary>Renders one shard.</summary>
    public RowBuffer Render(DataBlock data, ResultBlock result)
    {
        if (data.Rows != result.Table.Rows)
            throw new OrchestrationException(ErrorCodes.Store, $"A result block has {result.Table.Rows} rows and its data {data.Rows}: the store is damaged.");
        var buffer = new RowBuffer(data.Rows * 256);
        using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        for (var row = 0; row < data.Rows; row++)
        {
            writer.Reset(buffer);
            writer.WriteStartObject();
            writer.WriteString("id"u8, data.Id(row));
            if (_definition.Kind == DataKind.Pairs) WriteEvaluation(writer, data, result, row);
            else WriteVerdicts(writer, data, result, row);
            writer.WriteEndObject();
            writer.Flush();

            var kept = data.Kept(row);
            if (kept.Length != 0)
            {
                buffer.TakeBack(1);
                buffer.Write(","u8);
                buffer.Write(kept);
                buffer.Write("}"u8);
            }

            buffer.Write("\n"u8);
        }

        return buffer;
    }

    private void WriteEvaluation(Utf8JsonWriter writer, DataBlock data, ResultBlock result, int row)
    {
        writer.WriteString("group"u8, data.Group(row));
        if (data.TryGetCategory(row, out var category)) writer.WriteString("category"u8, category);
        if (data.TryGetSource(row, out var source)) writer.WriteString("source"u8, source);
        if (data.Target(row) is { } target) writer.WriteNumber("target"u8, target);

        var table = result.Table;
        var unscored = false;
        writer.WriteStartObject("scores"u8);
        for (var c = 0; c < _names.Length; c++)
        {
            if (table.IsScored(row, c))
            {
                writer.WriteNumber(_names[c], table.Value(row, c));
            }
            else
            {
                writer.WriteNull(_names[c]);
                unscored = true;
            }
        }

        writer.WriteEndObject();
        writer.WriteStartObject("unscored"u8);
        for (var c = 0; unscored && c < _names.Length; c++)
        {
            if (table.Reason(row, c) is { } reason) writer.WriteString(_names[c], reason);
        }

        writer.WriteEndObject();
        var score = result.Scores[row];
        if (double.IsNaN(score)) writer.WriteNull("score"u8);
        else writer.WriteNumber("score"u8, score);
        var aggregates = result.Aggregates;
        if (aggregates.Lower.Length != 0 && !double.IsNaN(aggregates.Lower[row]))
        {
            writer.WriteStartArray("interval"u8);
            writer.WriteNumberValue(aggregates.Lower[row]);
            writer.WriteNumberValue(aggregates.Upper[row]);
            writer.WriteEndArray();
        }

        writer.WriteNumber("coverage"u8, Coverage(table, row));
        WriteAggregator(writer, aggregates, row);
    }

    /// <summary>Of the version's judges, or of those that the mean is over.</summary>
    private double Coverage(JudgmentTable table, int row)
    {
        if (_learned.Length == 0) return _definition.Kind == DataKind.Pairs ? _mean.Coverage(table, row) : _verdicts.Average(v => double.IsNaN(v.Mean(table, row)) ? 0.0 : 1.0);
        var present = 0;
        foreach (var column in _learned)
        {
            if (column >= 0 && (_definition.Kind == DataKind.Pairs ? table.IsScored(row, column) : !double.IsNaN(_verdicts[column].Mean(table, row)))) present++;
        }

        return (double)present / _learned.Length;
    }

    private void WriteVerdicts(Utf8JsonWriter writer, DataBlock data, ResultBlock result, int row)
    {
        var table = result.Table;
        if (data.TryGetCategory(row, out var category)) writer.WriteString("category"u8, category);
        if (data.Label(row) is { } label) writer.WriteString("label"u8, label.ToText());
        writer.WriteStartObject("verdicts"u8);
        foreach (var judge in _verdicts)
        {
            writer.WriteStartArray(judge.Name);
            WriteVerdict(writer, judge.AsShown(table, row));
            WriteVerdict(writer, judge.Swapped(table, row));
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        if (_verdicts.Any(v => v.HasScores))
        {
            writer.WriteStartObject("scores"u8);
            foreach (var judge in _verdicts.Where(v => v.HasScores))
            {
                writer.WriteStartArray(judge.Name);
                WriteScore(writer, table, row, judge.ScoreA);
                WriteScore(writer, table, row, judge.ScoreB);
                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        WriteUnscored(writer, table, row);
        if (result.Scores.Count == 0) return;
        var score = result.Scores[row];
        if (double.IsNaN(score)) writer.WriteNull("score"u8);
        else writer.WriteNumber("score"u8, score);
        WriteVerdict(writer, "preferred"u8, VerdictColumns.Preferred(score));
        writer.WriteNumber("coverage"u8, Coverage(table, row));
        WriteAggregator(writer, result.Aggregates, row);
    }

    private void WriteAggregator(Utf8JsonWriter writer, SweepScores aggregates, int row)
    {
        if (aggregates.Versions.Count == 0) writer.WriteString("aggregator"u8, _aggregator);
        else writer.WriteString("aggregator"u8, aggregates.Versions[aggregates.VersionOf.Length == 0 ? 0 : aggregates.VersionOf[row]]);
    }

    private void WriteUnscored(Utf8JsonWriter writer, JudgmentTable table, int row)
    {
        if (!_verdicts.Any(v => v.Reasons(table, row) is not (null, null))) return;
        writer.WriteStartObject("unscored"u8);
        foreach (var judge in _verdicts)
        {
            var (first, second) = judge.Reasons(table, row);
            if (first is null && second is null) continue;
            writer.WriteStartArray(judge.Name);
            writer.WriteStringValue(first);
            writer.WriteStringValue(second);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteVerdict(Utf8JsonWriter writer, Preference? verdict)
    {
        if (verdict is { } preference) writer.WriteStringValue(preference.ToText());
        else writer.WriteNullValue();
    }

    private static void WriteVerdict(Utf8JsonWriter writer, ReadOnlySpan<byte> name, Preference? verdict)
    {
        writer.WritePropertyName(name);
        WriteVerdict(writer, verdict);
    }

    private static void WriteScore(Utf8JsonWriter writer, JudgmentTable table, int row, int column)
    {
        if (table.IsScored(row, column)) writer.WriteNumberValue(table.Value(row, column));
        else writer.WriteNullValue();
    }
}
