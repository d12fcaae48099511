using System.Globalization;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;

namespace Orchestration.Core.MetaEvaluation.Groups;

/// <summary>Gaps between groups as a table and as one JSON object.</summary>
public static class GroupsReport
{
    /// <summary>A line a gap, the surest first.</summary>
    /// <param name="outcome">The gaps.</param>
    public static ReportTable Table(GroupsOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return new ReportTable(
            ["what", "rows", ReportColumn.Number("prompts"), ReportColumn.Number("mean"), ReportColumn.Number("others"), ReportColumn.Number("gap"), ReportColumn.Number("95% interval"), ReportColumn.Number("corrected p"), "sure"],
            [.. outcome.Lines.OrderBy(static l => l.Corrected).Select(static l => (string[])
            [
                l.What, l.Part.Length == 0 ? "all" : l.Part, l.Gap.Groups.ToString(CultureInfo.InvariantCulture), ReportTable.Number(l.Gap.Mean), ReportTable.Number(l.Gap.Others), ReportTable.Number(l.Gap.Difference.Value),
                $"{ReportTable.Number(l.Gap.Difference.Lower)} to {ReportTable.Number(l.Gap.Difference.Upper)}", ReportTable.Number(l.Corrected), l.IsSure ? "yes" : "",
            ])]);
    }

    /// <summary>Gaps in one chart, the surest first, at most this many.</summary>
    private const int MostDrawn = 20;

    /// <summary>The gaps as a section.</summary>
    /// <param name="outcome">The gaps.</param>
    /// <param name="inputs">What is known of the inputs.</param>
    public static CheckSection Section(GroupsOutcome outcome, IReadOnlyList<CheckFact> inputs)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        GroupsLine[] drawn = [.. outcome.Lines.OrderBy(static l => l.Corrected).Take(MostDrawn)];
        return new CheckSection
        {
            Check = "groups",
            Title = "Gaps between groups",
            Headline = outcome.Meaning[0],
            Measured = [.. inputs, new("gaps looked at", outcome.Lines.Count.ToString("N0", CultureInfo.InvariantCulture)), new("least prompts on each side", outcome.MinPrompts.ToString(CultureInfo.InvariantCulture))],
            Parts =
            [
                .. outcome.Lines.Count == 0 ? (CheckPart[])[] : [new CheckPart
                {
                    Chart = new IntervalChart([.. drawn.Select(static l => new IntervalRow(l.Part.Length == 0 ? l.What : $"{l.What}: {l.Part}", l.Gap.Difference.Value, l.Gap.Difference.Lower, l.Gap.Difference.Upper))])
                    {
                        Title = drawn.Length < outcome.Lines.Count ? string.Create(CultureInfo.InvariantCulture, $"The {drawn.Length} surest of {outcome.Lines.Count} gaps") : "The gaps",
                        XLabel = "share of the scale, 95% interval of each alone",
                        YLabel = "gap",
                        Reference = 0,
                    },
                    Table = Table(outcome),
                }],
            ],
            Meaning = outcome.Meaning,
            DoesNotMean = "A gap is not its cause: what sets one group of prompts apart may be what is asked there. Human scores can be unfair too, and a judge that follows them follows that.",
        };
    }

    /// <summary>One object on a line.</summary>
    /// <param name="outcome">The gaps.</param>
    public static string Json(GroupsOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return CheckJson.Line(writer =>
        {
            writer.WriteString("check", "groups");
            writer.WriteStartArray("gaps");
            foreach (var line in outcome.Lines)
            {
                writer.WriteStartObject();
                writer.WriteString("what", line.What);
                writer.WriteString("part", line.Part.Length == 0 ? null : line.Part);
                writer.WriteNumber("rows", line.Gap.Rows);
                writer.WriteNumber("prompts", line.Gap.Groups);
                CheckJson.Number(writer, "mean", line.Gap.Mean);
                CheckJson.Number(writer, "others", line.Gap.Others);
                CheckJson.Number(writer, "gap", line.Gap.Difference.Value);
                CheckJson.Number(writer, "se", line.Gap.Difference.StandardError);
                CheckJson.Number(writer, "lower", line.Gap.Difference.Lower);
                CheckJson.Number(writer, "upper", line.Gap.Difference.Upper);
                CheckJson.Number(writer, "p", line.Gap.PValue);
                CheckJson.Number(writer, "p_corrected", line.Corrected);
                writer.WriteBoolean("sure", line.IsSure);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            CheckJson.Texts(writer, "left_out", outcome.LeftOut);
            CheckJson.Texts(writer, "meaning", outcome.Meaning);
        });
    }
}
