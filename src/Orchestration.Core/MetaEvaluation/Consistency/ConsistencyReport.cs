using System.Globalization;
using Orchestration.Core.MetaEvaluation.Probing;
using Orchestration.Core.Reports;
using Orchestration.Learning.Intervals;

namespace Orchestration.Core.MetaEvaluation.Consistency;

/// <summary>A study of consistency as tables and as one JSON object.</summary>
public static class ConsistencyReport
{
    /// <summary>A line a judge and probe; behind those with several variants one a variant.</summary>
    public static ReportTable Table(ConsistencyOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return new ReportTable(
            ["judge", "probe", ReportColumn.Number("judgments"), ReportColumn.Number("prompts"), ReportColumn.Number("missing"), ReportColumn.Number("same"), ReportColumn.Number("95% interval"), ReportColumn.Number("scores apart"), ReportColumn.Number("less than repeats")],
            [.. outcome.Lines.Select(static l => (string[])
            [
                l.Judge, l.Variant.Length == 0 ? Name(l.Probe) : $"  {l.Variant}", Whole(l.Rows), Whole(l.Prompts), Whole(l.Unscored), ReportTable.Number(l.Same.Value), Bounds(l.Same), ReportTable.Number(l.Apart.Value),
                double.IsNaN(l.BeyondRepeats.Value) ? "—" : $"{ReportTable.Number(l.BeyondRepeats.Value)} ({Bounds(l.BeyondRepeats)})",
            ])])
        { Caption = "How far judges say the same when nothing changes that should matter" };
    }

    /// <summary>Cycles, a line a judge.</summary>
    public static ReportTable Cycles(ConsistencyOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return new ReportTable(
            ["judge", ReportColumn.Number("prompts"), ReportColumn.Number("triples"), ReportColumn.Number("undecided"), ReportColumn.Number("in circles"), ReportColumn.Number("95% interval"), ReportColumn.Number("prompts with one"), ReportColumn.Number("95% interval of it")],
            [.. outcome.Cycles.Select(static c => (string[])
            [
                c.Judge, Whole(c.Prompts), Whole(c.Triples), Whole(c.Undecided), ReportTable.Number(c.Cyclic.Value), Bounds(c.Cyclic), ReportTable.Number(c.PromptsWithCycle.Value), Bounds(c.PromptsWithCycle),
            ])])
        { Caption = "Preferences that go in circles among the answers to one prompt" };
    }

    /// <summary>What the study comes to in one sentence; empty where nothing was compared.</summary>
    public static string Headline(ConsistencyOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return ConsistencyMeaning.Headline(outcome);
    }

    /// <summary>One object on a line.</summary>
    public static string Json(ConsistencyOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return CheckJson.Line(writer =>
        {
            writer.WriteString("check", "consistency");
            writer.WriteStartArray("lines");
            foreach (var line in outcome.Lines)
            {
                writer.WriteStartObject();
                writer.WriteString("judge", line.Judge);
                writer.WriteString("probe", Name(line.Probe));
                writer.WriteString("variant", line.Variant.Length == 0 ? null : line.Variant);
                writer.WriteNumber("judgments", line.Rows);
                writer.WriteNumber("prompts", line.Prompts);
                writer.WriteNumber("unscored", line.Unscored);
                ProbeJson.Write(writer, "same", line.Same);
                ProbeJson.Write(writer, "apart", line.Apart);
                ProbeJson.Write(writer, "less_than_repeats", line.BeyondRepeats);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("cycles");
            foreach (var cycle in outcome.Cycles)
            {
                writer.WriteStartObject();
                writer.WriteString("judge", cycle.Judge);
                writer.WriteNumber("prompts", cycle.Prompts);
                writer.WriteNumber("triples", cycle.Triples);
                writer.WriteNumber("undecided", cycle.Undecided);
                ProbeJson.Write(writer, "cyclic", cycle.Cyclic);
                ProbeJson.Write(writer, "prompts_with_cycle", cycle.PromptsWithCycle);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            ProbeJson.LeftOut(writer, outcome.LeftOut);
            CheckJson.Texts(writer, "meaning", outcome.Meaning);
        });
    }

    /// <summary>How a probe is written.</summary>
    public static string Name(ConsistencyProbe probe) => probe switch
    {
        ConsistencyProbe.Order => "order",
        ConsistencyProbe.Repeat => "repeat",
        ConsistencyProbe.Rubric => "rubric",
        ConsistencyProbe.Question => "question",
        _ => "surface",
    };

    private static string Bounds(in Estimate estimate) => double.IsNaN(estimate.Lower) ? "—" : $"{ReportTable.Number(estimate.Lower)} to {ReportTable.Number(estimate.Upper)}";

    private static string Whole(int value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
