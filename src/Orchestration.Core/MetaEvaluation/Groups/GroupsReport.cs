using System.Globalization;
using Orchestration.Core.Reports;

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
