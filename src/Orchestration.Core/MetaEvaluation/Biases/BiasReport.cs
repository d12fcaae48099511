using System.Globalization;
using System.Text.Json;
using Orchestration.Core.MetaEvaluation.Probing;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Reports;
using Orchestration.Learning.Intervals;

namespace Orchestration.Core.MetaEvaluation.Biases;

/// <summary>A study of biases as tables and as one JSON object.</summary>
public static class BiasReport
{
    private const int MostUnsure = 5;

    /// <summary>A line a judge and bias, the surest first.</summary>
    public static ReportTable Table(BiasOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var comparisons = outcome.Kind == DataKind.Comparisons;
        ReportColumn[] columns =
        [
            "judge", "bias", ReportColumn.Number("rows"), ReportColumn.Number("prompts"), ReportColumn.Number("no judgment"), ReportColumn.Number("shift"), ReportColumn.Number("95% interval"),
            .. comparisons ? (ReportColumn[])[ReportColumn.Number("verdicts changed"), ReportColumn.Number("towards it")] : [],
            ReportColumn.Number("corrected p"), "sure",
        ];
        return new ReportTable(columns, [.. Ordered(outcome).Select(l => (string[])
        [
            l.Judge, l.Bias == BiasCatalog.SelfPreference ? $"{l.Bias}, against {l.Against.Split(" on ")[0]}" : l.Bias, Whole(l.Rows), Whole(l.Prompts), Whole(l.Unscored), ReportTable.Number(l.Shift.Value), Bounds(l.Shift),
            .. comparisons ? (string[])[Percent(l.Flips.Value), Percent(l.Toward.Value)] : [],
            ReportTable.Number(l.Corrected), l.IsSure ? "yes" : "",
        ])])
        { Caption = "How far judges are moved by what should not move them" };
    }

    /// <summary>What mitigations leave of each shift that is sure; of the largest few where none is.</summary>
    public static ReportTable Mitigations(BiasOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var shown = Ordered(outcome).Where(static l => l.IsSure && l.Mitigations.Count != 0).ToArray();
        if (shown.Length == 0) shown = [.. outcome.Lines.Where(static l => l.Mitigations.Count != 0).OrderByDescending(static l => Math.Abs(l.Shift.Value)).Take(MostUnsure)];
        return new ReportTable(
            ["judge", "bias", "mitigation", ReportColumn.Number("shift"), ReportColumn.Number("left"), ReportColumn.Number("95% interval"), ReportColumn.Number("removed"), ReportColumn.Number("95% interval of it"), "helps"],
            [.. shown.SelectMany(static l => l.Mitigations.Select(m => (string[])
            [
                l.Judge, l.Bias, m.Name, ReportTable.Number(l.Shift.Value), ReportTable.Number(m.Remaining.Value), Bounds(m.Remaining), ReportTable.Number(m.Removed.Value), Bounds(m.Removed),
                m.HelpsAgainst(l.Shift) ? "yes" : m.WorsensFrom(l.Shift) ? "makes it worse" : "",
            ]))])
        { Caption = "What mitigations leave of it" };
    }

    /// <summary>One object on a line.</summary>
    public static string Json(BiasOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return CheckJson.Line(writer =>
        {
            writer.WriteString("check", "bias");
            writer.WriteString("kind", outcome.Kind == DataKind.Pairs ? "pairs" : "comparisons");
            writer.WriteNumber("items", outcome.Items);
            writer.WriteNumber("prompts", outcome.Prompts);
            writer.WriteStartArray("lines");
            foreach (var line in outcome.Lines) Write(writer, line);
            writer.WriteEndArray();
            writer.WriteStartObject("unsuited");
            foreach (var (bias, count) in outcome.Unsuited) writer.WriteNumber(bias, count);
            writer.WriteEndObject();
            ProbeJson.LeftOut(writer, outcome.LeftOut);
            CheckJson.Texts(writer, "meaning", outcome.Meaning);
        });
    }

    private static void Write(Utf8JsonWriter writer, BiasLine line)
    {
        writer.WriteStartObject();
        writer.WriteString("judge", line.Judge);
        writer.WriteString("bias", line.Bias);
        writer.WriteString("against", line.Against);
        writer.WriteNumber("rows", line.Rows);
        writer.WriteNumber("prompts", line.Prompts);
        writer.WriteNumber("unscored", line.Unscored);
        ProbeJson.Write(writer, "shift", line.Shift);
        ProbeJson.Write(writer, "flips", line.Flips);
        ProbeJson.Write(writer, "toward", line.Toward);
        CheckJson.Number(writer, "p", line.PValue);
        CheckJson.Number(writer, "p_corrected", line.Corrected);
        writer.WriteBoolean("sure", line.IsSure);
        writer.WriteString("unit", line.IsInDeviations ? "deviations" : "scale");
        writer.WriteStartArray("mitigations");
        foreach (var mitigation in line.Mitigations)
        {
            writer.WriteStartObject();
            writer.WriteString("name", mitigation.Name);
            ProbeJson.Write(writer, "remaining", mitigation.Remaining);
            ProbeJson.Write(writer, "removed", mitigation.Removed);
            writer.WriteNumber("unscored", mitigation.Unscored);
            writer.WriteBoolean("helps", mitigation.HelpsAgainst(line.Shift));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static IEnumerable<BiasLine> Ordered(BiasOutcome outcome) =>
        outcome.Lines.OrderBy(static l => l.Judge, StringComparer.Ordinal).ThenBy(static l => double.IsNaN(l.Corrected) ? 2 : l.Corrected).ThenByDescending(static l => Math.Abs(l.Shift.Value));

    private static string Bounds(in Estimate estimate) => double.IsNaN(estimate.Lower) ? "—" : $"{ReportTable.Number(estimate.Lower)} to {ReportTable.Number(estimate.Upper)}";

    private static string Percent(double value) => double.IsNaN(value) ? "—" : (value * 100).ToString("0.0", CultureInfo.InvariantCulture) + "%";

    private static string Whole(int value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
