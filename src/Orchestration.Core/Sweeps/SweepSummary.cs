using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Spending;
using Orchestration.Learning.Statistics;

namespace Orchestration.Core.Sweeps;

/// <summary>What a sweep came to: the figures of <c>summary.json</c>, of the command's last line and of the tables.</summary>
public sealed record SweepSummary
{
    /// <summary>The sweep, in its final state.</summary>
    public required SweepRecord Sweep { get; init; }

    /// <summary>What it was.</summary>
    public required SweepDefinition Definition { get; init; }

    /// <summary>How far it came.</summary>
    public required SweepProgress Progress { get; init; }

    /// <summary>What its judges said.</summary>
    public required JudgeTable Judges { get; init; }

    /// <summary>Its money.</summary>
    public required SpendStatus Spend { get; init; }

    /// <summary>Its money by judge and deployment.</summary>
    public IReadOnlyList<SpendEntry> SpendByJudge { get; init; } = [];

    /// <summary>Calls of the last run by deployment, model and fingerprint, as the endpoints name them; empty where nothing was called.</summary>
    public IReadOnlyDictionary<(string Deployment, string Model, string Fingerprint), long> Served { get; init; } =
        new Dictionary<(string, string, string), long>();

    /// <summary>Points of checklists that were voided, by judge; empty where no judge has a checklist, or nobody counted.</summary>
    public IReadOnlyDictionary<string, long> Voided { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>Judgments with a score.</summary>
    public long Scored => Progress.Judgments - Progress.Unscored;

    /// <summary>The state's name in files and on the command line.</summary>
    public static string StateText(SweepState state) => state switch
    {
        SweepState.Registering => "registering",
        SweepState.Running => "running",
        SweepState.Interrupted => "interrupted",
        SweepState.Capped => "capped",
        SweepState.Completed => "completed",
        _ => "cancelled",
    };

    /// <summary>Judges that take no part in the aggregate because they state no scale.</summary>
    public IReadOnlyList<string> LeftOut => Definition.Kind == DataKind.Pairs ? [.. Definition.Columns.Where(c => c.Scale is null).Select(c => c.Name)] : [];

    /// <summary>The one-line object of <c>--json</c>.</summary>
    public string ToLine()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            WriteFigures(writer);
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    /// <summary>Writes <c>summary.json</c>.</summary>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "summary.json");
        var partial = $"{path}.partial-{Environment.ProcessId}";
        using (var file = File.Create(partial))
        using (var writer = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            WriteFigures(writer);
            WriteMoney(writer);
            writer.WriteString("aggregator", Definition.Aggregator);
            writer.WriteNumber("min_coverage", Definition.MinCoverage);
            if (Definition.Kind == DataKind.Pairs)
            {
                writer.WriteNumber("without_score", Judges.WithoutScore);
                WriteMoments(writer, "score", Judges.Scores);
            }

            writer.WriteStartArray("left_out");
            foreach (var name in LeftOut) writer.WriteStringValue(name);
            writer.WriteEndArray();
            WriteColumns(writer);
            WriteVerdicts(writer);
            WriteJudges(writer);
            WriteInputs(writer, "inputs", Definition.Inputs);
            WriteInputs(writer, "recorded", Definition.Recorded);
            writer.WriteString("build", Definition.Build);
            writer.WriteString("created_at", Sweep.CreatedAt);
            writer.WriteEndObject();
        }

        File.Move(partial, path, overwrite: true);
    }

    private void WriteFigures(Utf8JsonWriter writer)
    {
        writer.WriteString("sweep", Sweep.Id);
        writer.WriteString("state", StateText(Sweep.State));
        writer.WriteNumber("pairs", Progress.RowsDone);
        writer.WriteNumber("judgments", Progress.Judgments);
        writer.WriteNumber("scored", Scored);
        writer.WriteNumber("unscored", Progress.Unscored);
        writer.WriteNumber("cached", Progress.FromStore);
        writer.WriteNumber("rejected", Sweep.Rejected);
        writer.WriteNumber("seconds", Math.Round(Sweep.Totals.Seconds, 3));
        writer.WriteNumber("cost_usd", Spend.SettledUsd);
    }

    private void WriteMoney(Utf8JsonWriter writer)
    {
        var totals = Sweep.Totals;
        writer.WriteNumber("rows", Sweep.Rows);
        writer.WriteNumber("unknown_cost_usd", Spend.UnknownUsd);
        if (Spend.CapUsd is { } cap) writer.WriteNumber("max_cost_usd", cap);
        writer.WriteNumber("calls", totals.Calls);
        writer.WriteNumber("failed_attempts", totals.Failures);
        writer.WriteNumber("repaid", totals.Repaid);
        writer.WriteStartArray("cost");
        foreach (var entry in SpendByJudge)
        {
            writer.WriteStartObject();
            writer.WriteString("judge", entry.Purpose.Judge);
            writer.WriteString("deployment", entry.Purpose.Deployment);
            writer.WriteNumber("calls", entry.Calls);
            writer.WriteNumber("settled_usd", entry.SettledUsd);
            writer.WriteNumber("unknown_usd", entry.UnknownUsd);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("served");
        foreach (var ((deployment, model, fingerprint), calls) in Served.OrderBy(s => s.Key.Deployment, StringComparer.Ordinal).ThenByDescending(s => s.Value))
        {
            writer.WriteStartObject();
            writer.WriteString("deployment", deployment);
            writer.WriteString("model", model);
            if (fingerprint.Length > 0) writer.WriteString("fingerprint", fingerprint);
            writer.WriteNumber("calls", calls);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartObject("tokens");
        writer.WriteNumber("input", totals.InputTokens);
        writer.WriteNumber("cached_input", totals.CachedInputTokens);
        writer.WriteNumber("output", totals.OutputTokens);
        writer.WriteNumber("reasoning", totals.ReasoningTokens);
        writer.WriteEndObject();
    }

    private void WriteColumns(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("columns");
        var known = SweepColumns.Of(Definition).Columns.ToDictionary(static c => c.Name, StringComparer.Ordinal);
        for (var c = 0; c < Judges.Columns.Count; c++)
        {
            var column = Judges.Columns[c];
            writer.WriteStartObject();
            writer.WriteString("name", column.Column.Name);
            writer.WriteString("judge", column.Column.JudgeId);
            if (known[column.Column.Name].Rubric is { } rubric) writer.WriteString("rubric", rubric);
            if (known[column.Column.Name].Version is { } version) writer.WriteString("version", version);
            writer.WriteString("kind", JsonNamingPolicy.SnakeCaseLower.ConvertName(column.Column.Kind.ToString()));
            if (column.Column.Scale is { } scale)
            {
                writer.WriteStartObject("scale");
                writer.WriteNumber("min", scale.Min);
                writer.WriteNumber("max", scale.Max);
                writer.WriteNumber("step", scale.Step);
                writer.WriteString("direction", scale.Direction == Judging.Direction.HigherIsBetter ? "higher-is-better" : "lower-is-better");
                writer.WriteEndObject();
            }

            WriteMoments(writer, "scored", column.Scores);
            writer.WriteStartObject("unscored");
            foreach (var (reason, count) in column.Unscored) writer.WriteNumber(reason, count);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void WriteVerdicts(Utf8JsonWriter writer)
    {
        if (Definition.Kind != DataKind.Comparisons) return;
        writer.WriteStartObject("verdicts");
        foreach (var (name, tally) in Judges.Verdicts) WriteByCategory(writer, name, tally);
        writer.WriteEndObject();
        if (Judges.Aggregated is not { } aggregated) return;
        writer.WriteNumber("without_score", Judges.WithoutScore);
        WriteByCategory(writer, "aggregated", aggregated);
    }

    private static void WriteByCategory(Utf8JsonWriter writer, string name, VerdictTally tally)
    {
        writer.WriteStartObject(name);
        WriteTally(writer, tally);
        writer.WriteStartObject("by_category");
        foreach (var (category, part) in tally.ByCategory)
        {
            writer.WriteStartObject(category);
            WriteTally(writer, part);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteTally(Utf8JsonWriter writer, VerdictTally tally)
    {
        WriteNumberOrNull(writer, "accuracy", tally.Accuracy);
        WriteNumberOrNull(writer, "half_tie_accuracy", tally.HalfTieAccuracy);
        writer.WriteNumber("labelled", tally.Labelled);
        writer.WriteNumber("correct", tally.Correct);
        writer.WriteNumber("incorrect", tally.Incorrect);
        writer.WriteNumber("ties", tally.Ties);
        writer.WriteNumber("unreadable", tally.Unreadable);
        writer.WriteNumber("inconsistent", tally.Inconsistent);
        writer.WriteNumber("opposite", tally.Opposite);
        writer.WriteNumber("tie_labels", tally.TieLabels);
    }

    private void WriteJudges(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("judges");
        foreach (var judge in Definition.Judges)
        {
            writer.WriteStartObject();
            writer.WriteString("spec", judge.Spec);
            writer.WriteString("id", judge.Id);
            writer.WriteString("kind", JsonNamingPolicy.SnakeCaseLower.ConvertName(judge.Kind.ToString()));
            writer.WriteString("version", judge.Version);
            if (judge.Deployment is not null) writer.WriteString("deployment", judge.Deployment);
            if (judge.Model is not null) writer.WriteString("model", judge.Model);
            if (Voided.TryGetValue(judge.Id, out var voided)) writer.WriteNumber("voided", voided);
            if (judge.Exemplars is { } exemplars)
            {
                writer.WriteStartObject("exemplars");
                writer.WriteString("name", exemplars.Name);
                writer.WriteNumber("rows", exemplars.Rows.Count);
                writer.WriteNumber("shown", exemplars.Count);
                writer.WriteEndObject();
            }

            if (judge.Panel is not null)
            {
                writer.WriteStartArray("deployments");
                foreach (var deployment in judge.Deployments) writer.WriteStringValue(deployment);
                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteInputs(Utf8JsonWriter writer, string name, IReadOnlyList<InputFile> files)
    {
        writer.WriteStartArray(name);
        foreach (var file in files)
        {
            writer.WriteStartObject();
            writer.WriteString("path", file.Path);
            writer.WriteNumber("bytes", file.Bytes);
            writer.WriteString("sha256", file.Sha256);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteMoments(Utf8JsonWriter writer, string name, RunningMoments moments)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("count", moments.Count);
        if (moments.Count != 0)
        {
            writer.WriteNumber("mean", moments.Mean);
            if (moments.Count > 1) writer.WriteNumber("sd", moments.StandardDeviation);
            writer.WriteNumber("min", moments.Minimum);
            writer.WriteNumber("max", moments.Maximum);
        }

        writer.WriteEndObject();
    }

    private static void WriteNumberOrNull(Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsNaN(value)) writer.WriteNull(name);
        else writer.WriteNumber(name, value);
    }
}
