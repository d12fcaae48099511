using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Core;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;
using Orchestration.Learning.Ensembles;

namespace Orchestration.Cli.Meta;

/// <summary><c>orchestrate meta ensemble</c>: whether many judges together are better than the best of them.</summary>
internal static class EnsembleCommand
{
    public static Command Create(CliContext context)
    {
        var shared = new MetaOptions("--verdicts", "Files of verdicts.jsonl with labels: JSON lines or CSV, gzip too.", null);
        var folds = new Option<int>("--folds") { Description = "Folds a draw; whole prompts are held out.", DefaultValueFactory = _ => 5 };
        var draws = new Option<int>("--draws") { Description = "Draws of folds, each with a seed of its own.", DefaultValueFactory = _ => 20 };
        var command = new Command("ensemble", "Majority, mean of z-scores and learned votes out of recorded verdicts and scores, against the best single judge under the same rule for ties.") { folds, draws };
        shared.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var recorded = RecordedVerdicts.Read(shared.Input(parsed, context), cancellationToken);
            await MetaText.RejectsAsync(context, recorded.Report);
            var plan = new EnsemblePlan
            {
                Folds = MetaOptions.Within("--folds", parsed.GetValue(folds), 2, 100),
                Draws = MetaOptions.Within("--draws", parsed.GetValue(draws), 1, 1000),
                Seed = shared.Seed(parsed),
                MaxThreads = Environment.ProcessorCount,
                Cancellation = cancellationToken,
            };
            await context.TellAsync(Check(recorded, shared.Facts(parsed), plan), shared.Html(parsed), shared.Json(parsed), cancellationToken);
            return ExitStatus.Completed;
        });
        return command;
    }

    /// <summary>Runs it.</summary>
    /// <exception cref="OrchestrationException">One judge alone, no labels, or fewer prompts than folds.</exception>
    public static CheckResult Check(RecordedVerdicts recorded, IReadOnlyList<CheckFact> facts, EnsemblePlan plan)
    {
        var (rows, categories, leftOut) = recorded.ToCombine();
        if (rows.Judges < 2) throw new OrchestrationException(ErrorCodes.Input, $"There is one judge, '{recorded.Judges[0]}', and an ensemble is made of two or more.");
        if (rows.Groups < plan.Folds) throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"There are {rows.Groups} prompts and --folds {plan.Folds}: that many folds at most."));
        var view = new View(recorded, rows, categories, EnsembleStudy.Run(rows, plan), plan);
        List<string> sentences = [.. view.Sentences()];
        if (leftOut != 0) sentences.Add(string.Create(CultureInfo.InvariantCulture, $"{leftOut:N0} comparisons without a preference in their label take no part."));
        var section = new CheckSection
        {
            Check = "ensemble",
            Title = "Judges together against the best of them",
            Headline = view.Headline(),
            Measured =
            [
                .. facts, new("comparisons", MetaText.Number(rows.Rows, 0)), new("prompts", MetaText.Number(rows.Groups, 0)), new("judges", MetaText.Number(rows.Judges, 0)),
                new("folds", string.Create(CultureInfo.InvariantCulture, $"{plan.Draws} draws of {plan.Folds}, whole prompts held out")),
            ],
            Parts = rows.Categories >= 2
                ? [new CheckPart { Chart = view.Chart(), Table = view.Table() }, new CheckPart { Table = view.LeftOut(), Sentences = sentences }]
                : [new CheckPart { Chart = view.Chart(), Table = view.Table(), Sentences = sentences }],
            DoesNotMean = "An interval that holds 0 says that a difference is not shown, not that there is none. That an ensemble is better here does not make it safe where judges were tuned on rows like these.",
        };
        return new CheckResult(section, view.Json()).Marked(recorded.Report.Simulated, recorded.Report.Rows);
    }

    private sealed class View(RecordedVerdicts recorded, VerdictRows rows, IReadOnlyList<string> categories, EnsembleStudy study, EnsemblePlan plan)
    {
        /// <summary>Differences of sums of halves differ from 0 by less than this through rounding alone.</summary>
        private const double Rounding = 1e-9;

        private EnsembleFigures Best => study.Judges[study.BestHalfTie];

        public string Headline()
        {
            var best = study.Ensembles.MaxBy(static e => e.HalfTie.Value)!;
            return $"The best judge, {recorded.Judges[study.BestHalfTie]}, has {MetaText.Percent(Best.HalfTie.Value)} with ties as half, the best ensemble, {best.Name}, {MetaText.Percent(best.HalfTie.Value)}: a difference of {Points(best.OverBestHalfTie)} points.";
        }

        public IntervalChart Chart() => new([.. study.Ensembles.Select(static e => new IntervalRow(e.Name, e.OverBestHalfTie.Mean, e.OverBestHalfTie.Lower, e.OverBestHalfTie.Upper))])
        {
            Title = $"Accuracy with ties as half, less that of {recorded.Judges[study.BestHalfTie]}",
            XLabel = "difference of shares, 95% interval by prompt",
            YLabel = "ensemble",
            Reference = 0,
        };

        public ReportTable Table()
        {
            var table = new MetaTable("", "accuracy", "ties half", "spread", "less best judge [95%]", "ties half, less best [95%]", "where best decided", "where best tied");
            Row(table, $"best judge: {recorded.Judges[study.BestHalfTie]}", Best);
            if (study.BestStrict != study.BestHalfTie) Row(table, $"best judge, ties wrong: {recorded.Judges[study.BestStrict]}", study.Judges[study.BestStrict]);
            foreach (var ensemble in study.Ensembles) Row(table, ensemble.Name, ensemble);
            return table.Done();
        }

        public ReportTable LeftOut()
        {
            var table = new MetaTable("ties half, category left out", [.. categories, "all"]);
            table.Row([$"best judge: {recorded.Judges[study.BestHalfTie]}", .. Best.LeftOut.Select(MetaText.Percent), MetaText.Percent(Best.LeftOutAll)]);
            foreach (var ensemble in study.Ensembles) table.Row([ensemble.Name, .. ensemble.LeftOut.Select(MetaText.Percent), MetaText.Percent(ensemble.LeftOutAll)]);
            return table.Done();
        }

        public IEnumerable<string> Sentences()
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{rows.Rows:N0} comparisons of {rows.Groups:N0} prompts, {rows.Judges} judges; learned votes out of fold, {plan.Draws} draws of {plan.Folds} folds of whole prompts, spread over the draws. The best judge was found on these very rows, which favours it; '{EnsembleStudy.ChosenJudge}' was not.");
            var name = recorded.Judges[study.BestHalfTie];
            foreach (var ensemble in study.Ensembles)
            {
                var over = ensemble.OverBestHalfTie;
                if (ensemble.Name == EnsembleStudy.ChosenJudge)
                {
                    yield return Math.Abs(over.Mean) < Rounding ? $"{ensemble.Name} is {name} in every fold: little depends on having found it here."
                        : $"{ensemble.Name} has {Points(over)}: what it costs not to know beforehand that {name} is the best.";
                    continue;
                }

                yield return over.Lower > Rounding ? $"{ensemble.Name} is better than {name}: {Points(over)} with ties as half."
                    : over.Upper < -Rounding ? $"{ensemble.Name} is WORSE than {name}: {Points(over)} with ties as half. Use {name} alone."
                    : $"{ensemble.Name} is not shown to be better than {name}: {Points(over)} with ties as half.";
                if (ensemble.LeftOut.Count != 0 && ensemble.Name is EnsembleStudy.Learned or EnsembleStudy.LearnedNonNegative) yield return Elsewhere(ensemble, name);
            }

            var best = study.Ensembles.MaxBy(static e => e.HalfTie.Value)!;
            if (best.HalfTie.Value <= Best.HalfTie.Value) yield return $"No ensemble reaches the best single judge with ties as half: {name} has {MetaText.Percent(Best.HalfTie.Value)}, {best.Name} {MetaText.Percent(best.HalfTie.Value)}.";
            if (study.Inverted.Count != 0)
            {
                yield return $"UNSAFE: the free learned vote turns {study.Inverted.Count} of {rows.Judges} judges against themselves ({string.Join(", ", study.Inverted.Take(5).Select(j => recorded.Judges[j]))}{(study.Inverted.Count > 5 ? ", …" : "")}); what it learned there may not hold on other prompts. '{EnsembleStudy.LearnedNonNegative}' does not.";
            }
        }

        /// <summary>What a learned vote is worth on a category that it has not seen, where it is furthest behind the best judge.</summary>
        private string Elsewhere(EnsembleFigures ensemble, string name)
        {
            var worst = Enumerable.Range(0, ensemble.LeftOut.Count).MinBy(c => ensemble.LeftOut[c] - Best.LeftOut[c]);
            var all = $"  on categories it has not learned from it has {MetaText.Percent(ensemble.LeftOutAll)}, {name} {MetaText.Percent(Best.LeftOutAll)}";
            return ensemble.LeftOut[worst] >= Best.LeftOut[worst] ? all + "."
                : $"{all}; furthest behind on {categories[worst]}, {MetaText.Percent(ensemble.LeftOut[worst])} against {MetaText.Percent(Best.LeftOut[worst])}.";
        }

        public JsonObject Json()
        {
            var judges = new JsonObject();
            for (var j = 0; j < rows.Judges; j++) judges[recorded.Judges[j]] = Json(study.Judges[j]);
            var ensembles = new JsonObject();
            foreach (var ensemble in study.Ensembles) ensembles[ensemble.Name] = Json(ensemble);
            return new JsonObject
            {
                ["comparisons"] = rows.Rows,
                ["prompts"] = rows.Groups,
                ["best_judge"] = recorded.Judges[study.BestHalfTie],
                ["best_judge_strict"] = recorded.Judges[study.BestStrict],
                ["best_judge_tied_rows"] = study.TiedRows,
                ["judges"] = judges,
                ["ensembles"] = ensembles,
                ["inverted"] = new JsonArray([.. study.Inverted.Select(j => (JsonNode)recorded.Judges[j])]),
                ["rejected"] = recorded.Report.Rejected,
            };
        }

        private JsonObject Json(EnsembleFigures figures)
        {
            var json = new JsonObject
            {
                ["accuracy"] = MetaText.Json(figures.Strict.Value),
                ["accuracy_se"] = MetaText.Json(figures.Strict.StandardError),
                ["half_tie_accuracy"] = MetaText.Json(figures.HalfTie.Value),
                ["half_tie_accuracy_se"] = MetaText.Json(figures.HalfTie.StandardError),
                ["spread"] = MetaText.Json(figures.Spread),
                ["over_best"] = Json(figures.OverBestStrict),
                ["over_best_half_tie"] = Json(figures.OverBestHalfTie),
                ["where_best_decided"] = MetaText.Json(figures.WhereBestDecided),
                ["where_best_tied"] = MetaText.Json(figures.WhereBestTied),
            };
            var left = new JsonObject();
            for (var c = 0; c < figures.LeftOut.Count; c++) left[categories[c]] = MetaText.Json(figures.LeftOut[c]);
            json["category_left_out"] = left;
            json["all_left_out"] = MetaText.Json(figures.LeftOutAll);
            return json;
        }

        private static JsonObject Json(in PairedDifference difference) =>
            new() { ["value"] = MetaText.Json(difference.Mean), ["lower"] = MetaText.Json(difference.Lower), ["upper"] = MetaText.Json(difference.Upper) };

        private static void Row(MetaTable table, string name, EnsembleFigures figures) => table.Row(
            name, MetaText.Percent(figures.Strict.Value), MetaText.Percent(figures.HalfTie.Value), figures.Spread == 0 ? "" : MetaText.Percent(figures.Spread),
            Points(figures.OverBestStrict), Points(figures.OverBestHalfTie), MetaText.Percent(figures.WhereBestDecided), MetaText.Percent(figures.WhereBestTied));

        private static string Points(in PairedDifference difference) => string.Create(
            CultureInfo.InvariantCulture, $"{100 * difference.Mean:+0.00;-0.00;0.00} [{100 * difference.Lower:+0.00;-0.00;0.00}, {100 * difference.Upper:+0.00;-0.00;0.00}]");
    }
}
