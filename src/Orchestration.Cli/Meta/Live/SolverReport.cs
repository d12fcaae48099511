using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Reports;
using Orchestration.Learning.Intervals;

namespace Orchestration.Cli.Meta.Live;

/// <summary>Judges beside their models as solvers, as a table, sentences and JSON.</summary>
internal static class SolverReport
{
    public static ReportTable Table(IReadOnlyList<SolverLine> lines) => new(
        ["judge", ReportColumn.Number("questions"), ReportColumn.Number("prompts"), ReportColumn.Number("not checkable"), ReportColumn.Number("no final answer"), ReportColumn.Number("as judge [95%]"), ReportColumn.Number("as solver [95%]"), ReportColumn.Number("judge less solver [95%]")],
        [.. lines.Select(static l => (string[])[l.Judge, Whole(l.Rows), Whole(l.Prompts), Whole(l.NotCheckable), Whole(l.WithoutAnswer), Of(l.AsJudge), Of(l.AsSolver), Of(l.Difference)])])
    { Caption = "The judges' own models as solvers of the same questions" };

    public static IEnumerable<string> Meaning(IReadOnlyList<SolverLine> lines)
    {
        yield return "As solver: the share of questions whose final answer, as code reads it, is the right one; as judge: both orders together on the same questions, a tie not being right. Questions of which code cannot say what is right take no part.";
        foreach (var line in lines.Where(static l => l.Rows != 0))
        {
            yield return line.Difference.Lower > 0 ? $"{line.Judge} tells right from wrong answers better than its model finds them."
                : line.Difference.Upper < 0 ? $"{line.Judge} judges worse than its model solves: it does not use what it could know, such as by answering first (think-first)."
                : $"{line.Judge}: whether it judges better or worse than its model solves is open on these questions.";
        }
    }

    public static JsonObject Json(IReadOnlyList<SolverLine> lines)
    {
        var json = new JsonObject();
        foreach (var line in lines)
        {
            json[line.Judge] = new JsonObject
            {
                ["solver"] = line.Solver,
                ["questions"] = line.Rows,
                ["prompts"] = line.Prompts,
                ["not_checkable"] = line.NotCheckable,
                ["no_final_answer"] = line.WithoutAnswer,
                ["as_judge"] = MetaText.Json(line.AsJudge),
                ["as_solver"] = MetaText.Json(line.AsSolver),
                ["difference"] = MetaText.Json(line.Difference),
            };
        }

        return json;
    }

    private static string Whole(int value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Of(in Estimate e) => double.IsNaN(e.Value) ? "—" : double.IsNaN(e.Lower) ? ReportTable.Number(e.Value) : $"{ReportTable.Number(e.Value)} [{ReportTable.Number(e.Lower)}, {ReportTable.Number(e.Upper)}]";
}
