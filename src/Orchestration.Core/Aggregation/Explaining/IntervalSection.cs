using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Metrics;
using static Orchestration.Core.Aggregation.Explaining.ExplanationPage;

namespace Orchestration.Core.Aggregation.Explaining;

/// <summary>The part of the page on intervals: what is guaranteed, what came out, and where it holds less.</summary>
internal static class IntervalSection
{
    public static void Write(HtmlWriter writer, AggregatorExplanation explanation)
    {
        writer.Paragraph(
            "The version's 90% intervals, tried out: its recipe and its intervals are learned anew without a fold of whole prompts, and meet the human scores held out; complete, and with judges taken away from each prompt. " +
            "CV+ guarantees 1 − 2α, which is 80% for intervals of 90%, and only on average over rows of new prompts: the rows of the lowest and of the highest human scores stand beside all.");
        foreach (var version in explanation.Versions)
        {
            if (version.Intervals is not { } report) continue;
            if (explanation.Versions.Count > 1) writer.Heading(version.Label);
            writer.Paragraph(report.Sentence);
            writer.Chart(new IntervalChart([.. report.Tables.SelectMany(static table => new[] { Row(table, "all rows", table.All), Row(table, "lowest fifth", table.LowestFifth), Row(table, "highest fifth", table.HighestFifth) })])
            {
                Title = "Coverage with judges removed",
                Summary = report.Sentence,
                XLabel = "share of human scores inside their interval, with its 95% interval by prompt",
                YLabel = "judges removed",
                Reference = report.Level,
                Width = 760,
            });
            writer.Table(new ReportTable(
                ["judges removed", "covered", "width", "lowest fifth", "highest fifth", "of a wider pattern", "without end"],
                [.. report.Tables.Select(table => (IReadOnlyList<string>)
                [
                    Removed(table, version), Share(table.All.Coverage), ReportTable.Number(table.All.Width.Value), Share(table.LowestFifth.Coverage), Share(table.HighestFifth.Coverage), Text($"{table.Widened:P0}"), Text($"{table.Unbounded:P0}"),
                ])]));
            Categories(writer, explanation, version, report);
        }

        writer.Note("Width in units of the human score. Of a wider pattern: rows whose very judges are together in too few prompts, and whose interval is that of fewer judges. ± one standard error by prompt.");
    }

    private static void Categories(HtmlWriter writer, AggregatorExplanation explanation, VersionExplanation version, IntervalReport report)
    {
        if (explanation.CategoryField is not { } field || version.IntervalCategories.Count == 0) return;
        writer.Table(new ReportTable(
            [field, "rows", .. report.Tables.Select(t => (ReportColumn)$"covered, {Removed(t, version)} removed"), "width, complete"],
            [.. version.IntervalCategories.Select((name, c) => (IReadOnlyList<string>)
            [
                name, Text($"{report.Tables[0].Categories[c].Rows:N0}"), .. report.Tables.Select(t => Share(t.Categories[c].Coverage)), ReportTable.Number(report.Tables[0].Categories[c].Width.Value),
            ])]));
    }

    private static IntervalRow Row(IntervalTable table, string which, IntervalFigures figures)
    {
        var (value, error) = (figures.Coverage.Value, double.IsFinite(figures.Coverage.StandardError) ? figures.Coverage.StandardError : 0);
        return new IntervalRow(Text($"{table.Removed} removed"), value, Math.Max(0, value - (1.96 * error)), Math.Min(1, value + (1.96 * error)), which);
    }

    private static string Removed(IntervalTable table, VersionExplanation version) => Text($"{table.Removed} of {version.Set.Judges.Count}");

    private static string Share(Figure share) => double.IsFinite(share.StandardError) ? Text($"{share.Value:0.000} ± {share.StandardError:0.000}") : Text($"{share.Value:0.000}");
}
