using System.Globalization;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;
using Orchestration.Learning.Gating;

namespace Orchestration.Core.MetaEvaluation.Gates;

/// <summary>Gates as a table and as one JSON object.</summary>
public static class GateReport
{
    /// <summary>A line a threshold.</summary>
    /// <param name="outcome">The gates.</param>
    public static ReportTable Table(GateOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return new ReportTable(
            ["gate", "against", ReportColumn.Number("difference"), ReportColumn.Number("bounds"), ReportColumn.Number("margin"), ReportColumn.Number("items"), ReportColumn.Number("prompts"), ReportColumn.Number("missing"), "verdict", ReportColumn.Number("items needed")],
            [.. outcome.Lines.Select(static l => (string[])
            [
                l.Threshold.Name,
                l.Threshold.Bound is { } bound ? $"{(l.Threshold.LowerIsBetter ? "at most" : "at least")} {ReportTable.Number(bound)}" : "baseline",
                ReportTable.Number(l.Gate.Difference), $"{ReportTable.Number(l.Gate.Low)} to {ReportTable.Number(l.Gate.High)}", ReportTable.Number(l.Threshold.Margin),
                l.Gate.Items.ToString(CultureInfo.InvariantCulture), l.Gate.Groups.ToString(CultureInfo.InvariantCulture), l.Missing.ToString(CultureInfo.InvariantCulture),
                Name(l.Verdict), l.Gate.ItemsNeeded is { } needed ? double.IsInfinity(needed) ? "∞" : needed.ToString("0", CultureInfo.InvariantCulture) : "",
            ])]);
    }

    /// <summary>The gates as a section.</summary>
    /// <param name="outcome">The gates.</param>
    /// <param name="inputs">What is known of the inputs.</param>
    public static CheckSection Section(GateOutcome outcome, IReadOnlyList<CheckFact> inputs)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var together = string.Create(CultureInfo.InvariantCulture, $"{Name(outcome.Verdict)}: bounds of all gates together hold with a chance of {100 * outcome.File.Level:0.###}%");
        return new CheckSection
        {
            Check = "gate",
            Title = "Thresholds",
            Headline = together + ".",
            Measured = [.. inputs, new("least prompts of a gate", outcome.File.MinPrompts.ToString(CultureInfo.InvariantCulture)), new("most items missing", outcome.File.MaxMissing.ToString("0.##%", CultureInfo.InvariantCulture))],
            Parts =
            [
                new CheckPart
                {
                    Chart = new IntervalChart([.. outcome.Lines.Select(static l => new IntervalRow(l.Threshold.Name, l.Gate.Difference, l.Gate.Low, l.Gate.High))])
                    {
                        Title = "How much better than what it is held against",
                        XLabel = "difference on the field's own scale, all bounds together right",
                        YLabel = "gate",
                        Reference = 0,
                    },
                    Table = Table(outcome),
                },
            ],
            Warnings = outcome.Verdict == GateVerdict.Fail ? [$"{string.Join(", ", outcome.Lines.Where(static l => l.Verdict == GateVerdict.Fail).Select(static l => l.Threshold.Name))}: fails."] : [],
            Meaning = [.. outcome.Meaning, together],
            DoesNotMean = "A gate that passes says that what is tested is not worse than the margin allows on prompts like these; undecided is not a pass.",
        };
    }

    /// <summary>The verdict's name in files.</summary>
    /// <param name="verdict">The verdict.</param>
    public static string Name(GateVerdict verdict) => verdict switch { GateVerdict.Pass => "pass", GateVerdict.Fail => "fail", _ => "undecided" };

    /// <summary>One object on a line.</summary>
    /// <param name="outcome">The gates.</param>
    public static string Json(GateOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return CheckJson.Line(writer =>
        {
            writer.WriteString("check", "gate");
            writer.WriteString("verdict", Name(outcome.Verdict));
            writer.WriteNumber("level", outcome.File.Level);
            writer.WriteStartArray("gates");
            foreach (var line in outcome.Lines)
            {
                writer.WriteStartObject();
                writer.WriteString("gate", line.Threshold.Name);
                writer.WriteString("field", line.Threshold.Field);
                if (line.Threshold.Bound is { } bound) writer.WriteNumber("bound", bound);
                else writer.WriteNull("bound");
                CheckJson.Number(writer, "difference", line.Gate.Difference);
                CheckJson.Number(writer, "se", line.Gate.StandardError);
                CheckJson.Number(writer, "lower", line.Gate.Low);
                CheckJson.Number(writer, "upper", line.Gate.High);
                writer.WriteNumber("margin", line.Threshold.Margin);
                writer.WriteNumber("items", line.Gate.Items);
                writer.WriteNumber("prompts", line.Gate.Groups);
                writer.WriteNumber("missing", line.Missing);
                writer.WriteString("verdict", Name(line.Verdict));
                writer.WriteBoolean("too_much_missing", line.TooMuchMissing);
                CheckJson.Number(writer, "items_needed", line.Gate.ItemsNeeded ?? double.NaN);
                CheckJson.Number(writer, "items_needed_if_equal", line.Gate.ItemsNeededIfEqual ?? double.NaN);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            CheckJson.Texts(writer, "meaning", outcome.Meaning);
        });
    }
}
