using System.Globalization;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;
using Spectre.Console;

namespace Orchestration.Cli.Sweeps;

/// <summary>The tables that a sweep ends with.</summary>
internal static class SweepTables
{
    public static Table Of(SweepSummary summary) => summary.Definition.Kind == DataKind.Pairs ? Pairs(summary) : Comparisons(summary);

    private static Table Pairs(SweepSummary summary)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("judge", "scale");
        foreach (var name in new[] { "scored", "unscored", "mean", "sd", "min", "max" }) table.AddColumn(new TableColumn(name).RightAligned());
        table.AddColumn("why unscored");
        foreach (var column in summary.Judges.Columns)
        {
            var scores = column.Scores;
            table.AddRow(
                Markup.Escape(column.Column.Name),
                column.Column.Scale is { } scale ? ScaleText(scale) : "none: left out",
                Count(scores.Count),
                Count(column.Unscored.Values.Sum()),
                scores.Count == 0 ? "" : Number(scores.Mean),
                scores.Count < 2 ? "" : Number(scores.StandardDeviation),
                scores.Count == 0 ? "" : Number(scores.Minimum),
                scores.Count == 0 ? "" : Number(scores.Maximum),
                Markup.Escape(Reasons(column.Unscored)));
        }

        table.AddEmptyRow();
        var mean = summary.Judges.Scores;
        table.AddRow(
            Markup.Escape(AggregatorText(summary.Definition)),
            summary.Definition.Learned is { } fixedOne ? string.Create(CultureInfo.InvariantCulture, $"{fixedOne.Min:0.###}–{fixedOne.Max:0.###}") : "0–1",
            Count(mean.Count),
            Count(summary.Judges.WithoutScore),
            mean.Count == 0 ? "" : Number(mean.Mean),
            mean.Count < 2 ? "" : Number(mean.StandardDeviation),
            mean.Count == 0 ? "" : Number(mean.Minimum),
            mean.Count == 0 ? "" : Number(mean.Maximum),
            summary.Judges.WithoutScore == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"coverage below {summary.Definition.MinCoverage:0.##}"));
        return table;
    }

    private static Table Comparisons(SweepSummary summary)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("judge");
        foreach (var name in new[] { "accuracy", "ties half", "correct", "incorrect", "ties", "missing", "inconsistent", "opposite" })
            table.AddColumn(new TableColumn(name).RightAligned());
        var judges = summary.Judges.Verdicts.Select(static v => (Name: v.Key, Tally: v.Value));
        if (summary.Judges.Aggregated is { } aggregated) judges = judges.Append((AggregatorText(summary.Definition), aggregated));
        foreach (var (name, tally) in judges)
        {
            table.AddRow(
                Markup.Escape(name), Percent(tally.Accuracy), Percent(tally.HalfTieAccuracy), Count(tally.Correct), Count(tally.Incorrect), Count(tally.Ties),
                Count(tally.Unreadable), Count(tally.Inconsistent), Count(tally.Opposite));
        }

        return table;
    }

    private static string AggregatorText(SweepDefinition definition) =>
        definition.Learned is { } learned ? $"{learned.Name} {Core.Aggregation.Versions.AggregatorVersion.Short(learned.Version ?? "(active)")}" : definition.Aggregator;

    public static string ScaleText(Scale scale) =>
        string.Create(CultureInfo.InvariantCulture, $"{scale.Min:0.###}–{scale.Max:0.###}{(scale.Direction == Direction.LowerIsBetter ? " lower" : "")}");

    private static string Reasons(IReadOnlyDictionary<string, long> reasons) =>
        string.Join(", ", reasons.OrderByDescending(r => r.Value).Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Key} {r.Value:N0}")));

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Percent(double value) => double.IsNaN(value) ? "" : (value * 100).ToString("0.00", CultureInfo.InvariantCulture) + "%";
}
