using Orchestration.Core.Aggregation.Training;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Models;
using Orchestration.Learning.Robustness;

namespace Orchestration.Core.Experiments;

/// <summary>
/// Judges are taken away one by one and in groups, kept alone, and added one by one: once with every model fitted again without them, once with models that were
/// fitted on all judges and miss them when they predict.
/// </summary>
public static class AblationExperiment
{
    private const string Refitted = "fitted again";
    private const string Missing = "missing at prediction";

    /// <summary>Runs it.</summary>
    /// <inheritdoc cref="ContaminationExperiment.Run" path="/exception"/>
    /// <param name="set">Rows with human scores and two judges at least.</param>
    /// <param name="settings">Models, folds, seed.</param>
    /// <param name="groups">Groups of judges, see <see cref="JudgeGroups"/>.</param>
    /// <param name="progress">Told after each part; null for nobody.</param>
    /// <param name="cancellationToken">Gives up between fits.</param>
    public static ExperimentOutcome Run(
        TrainingSet set, ExperimentSettings settings, IReadOnlyList<JudgeGroup> groups, IProgress<ExperimentProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(groups);
        var bench = ExperimentBench.Create(set, settings, progress, cancellationToken);
        var names = bench.Judges;
        var judges = names.Count;
        if (judges < 2) throw new OrchestrationException(ErrorCodes.Input, $"There is one judge only, {names[0]}: without it nothing is left to compare. Give rows with scores of two judges or more.");
        int[] all = [.. Enumerable.Range(0, judges)];
        var sets = new List<(string Condition, int[] Kept)>();
        foreach (var judge in all) sets.Add(($"without {names[judge]}", [.. all.Where(j => j != judge)]));
        foreach (var group in groups) sets.Add(($"without {group}", [.. all.Where(j => !group.Judges.Contains(j))]));
        foreach (var judge in all) sets.Add(($"only {names[judge]}", [judge]));
        foreach (var group in groups) sets.Add(($"only {group}", [.. group.Judges.Order()]));
        int[] counts = [.. Counts(judges)];

        // The order of taking judges up is found in each fold's training rows: the first k differ from fold to fold, and no row that is tested on chose them.
        var orders = bench.Work(bench.Study.Draws.Sum(static d => d.Count), "orders of judges", part =>
        {
            var (draw, fold) = PlaceOf(bench.Study, part);
            return ForwardOrder.Of(bench.Data.Select(bench.Study.Draws[draw].Training(fold)));
        });
        var measured = bench.Work(sets.Count + counts.Length, "sets of judges", part => part < sets.Count
            ? Measure(bench, (_, _) => sets[part].Kept, cancellationToken)
            : Measure(bench, (draw, fold) => [.. orders[PlaceOf(bench.Study, draw, fold)].Take(counts[part - sets.Count]).Order()], cancellationToken));

        var rows = new List<ExperimentRow>();
        rows.AddRange(bench.Rows("all judges", Refitted, null, bench.Clean));
        for (var part = 0; part < measured.Length; part++)
        {
            var condition = part < sets.Count ? sets[part].Condition : $"first {Sentences.Count(counts[part - sets.Count], "judge")}";
            double kept = part < sets.Count ? sets[part].Kept.Length : counts[part - sets.Count];
            var chapter = condition.StartsWith("without ", StringComparison.Ordinal) ? "judges removed" : condition.StartsWith("only ", StringComparison.Ordinal) ? "judges kept alone" : "judges added one by one";
            rows.AddRange(bench.Rows(condition, Refitted, kept, measured[part].Refitted, _ => [KeyValuePair.Create("judges", kept)]).Select(r => r with { Chapter = chapter }));
            rows.AddRange(bench.Rows(condition, Missing, kept, measured[part].Missing, _ => [KeyValuePair.Create("judges", kept)]).Select(r => r with { Chapter = chapter }));
        }

        return new ExperimentOutcome
        {
            Kind = "ablation",
            Title = "Judges removed",
            Method =
            [
                "Fitted again: every model is fitted on the training folds with the judges that are left. Missing at prediction: models fitted on all judges get no score of the others, as when a judge fails in service.",
                "First k judges: those that a linear model takes up first, found in each fold's training rows only, so they may differ between folds.",
                groups.Count == 0 ? "No groups of judges were stated or found in their names or correlations." : $"Groups: {string.Join("; ", groups.Select(g => $"{g} = {string.Join(", ", g.Judges.Select(j => names[j]))}"))}.",
            ],
            Layout = ExperimentLayout.List,
            ColumnsAre = "way",
            FigureIs = "R² out of fold",
            Rows = rows,
            Meaning = [.. Meaning(bench, rows, groups, [.. measured.Take(judges).Select(static m => m.Refitted)])],
            Settings = bench.Facts(),
        };
    }

    private static (ModelFigures[] Refitted, ModelFigures[] Missing) Measure(ExperimentBench bench, Func<int, int, int[]> keptIn, CancellationToken cancellationToken)
    {
        var data = bench.Data;
        var refitted = bench.Study.Refit(
            (draw, fold, rows) =>
            {
                var some = data.Select(rows);
                var kept = keptIn(draw, fold);
                return new ScoreData(kept.Length, Columns(some.Scores, data.Judges, kept), some.Targets, some.GroupOf, some.Weights);
            },
            (draw, fold, rows) => Columns(data.Select(rows).Scores, data.Judges, keptIn(draw, fold)),
            cancellationToken);
        var missing = bench.Study.Predict(
            (draw, fold, rows) =>
            {
                var scores = data.Select(rows).Scores;
                var kept = keptIn(draw, fold);
                for (var at = 0; at < scores.Length; at++)
                {
                    if (!kept.Contains(at % data.Judges)) scores[at] = double.NaN;
                }

                return scores;
            },
            cancellationToken);
        return (bench.Study.Measure(refitted), bench.Study.Measure(missing));
    }

    private static double[] Columns(double[] scores, int judges, int[] kept)
    {
        var columns = new double[scores.Length / judges * kept.Length];
        for (var i = 0; i < columns.Length; i++) columns[i] = scores[i / kept.Length * judges + kept[i % kept.Length]];
        return columns;
    }

    /// <summary>1, 2, 3, 5, 8 …: every number where judges are few, and not many fits where they are many.</summary>
    private static IEnumerable<int> Counts(int judges)
    {
        if (judges <= 10) return Enumerable.Range(1, judges - 1);
        var counts = new List<int>();
        for (var (k, next) = (1, 2); k < judges; (k, next) = (next, k + next)) counts.Add(k);
        return counts;
    }

    private static (int Draw, int Fold) PlaceOf(FoldStudy study, int part)
    {
        var draw = 0;
        for (; part >= study.Draws[draw].Count; draw++) part -= study.Draws[draw].Count;
        return (draw, part);
    }

    private static int PlaceOf(FoldStudy study, int draw, int fold)
    {
        for (var d = 0; d < draw; d++) fold += study.Draws[d].Count;
        return fold;
    }

    private static IEnumerable<string> Meaning(ExperimentBench bench, List<ExperimentRow> rows, IReadOnlyList<JudgeGroup> groups, ModelFigures[][] without)
    {
        var best = Enumerable.Range(0, bench.Clean.Length).MaxBy(m => bench.Clean[m].R2.Value);
        var learned = bench.Study.Recipes[best].Name;

        // Of so many judges one would stand out by chance alone: the interval is wide enough for all of them together.
        var level = 1 - 0.05 / without.Length;
        var changes = without.Select((figures, judge) => (Judge: bench.Judges[judge], Change: figures[best].R2.Minus(bench.Clean[best].R2).At(level))).ToArray();
        var worse = changes.Where(static c => c.Change.Upper < 0).OrderBy(static c => c.Change.Value).ToArray();
        var better = changes.Where(static c => c.Change.Lower > 0).OrderByDescending(static c => c.Change.Value).ToArray();
        yield return $"{learned} does best with all judges ({Sentences.R2(bench.Clean[best].R2.Estimate)}). Intervals here hold for all {without.Length} judges together. "
            + (worse.Length == 0 ? "Fitted again, it does surely worse without no single judge: the others say what any one of them says." : $"Fitted again, it is surely worse without {List(worse)}.")
            + (better.Length == 0 ? "" : $" It is surely better without {List(better)}.");
        var worst = rows.Where(r => r.Column == Missing && r.Model == learned && r.Condition.StartsWith("without ", StringComparison.Ordinal)).MinBy(static r => r.OverClean!.Value.Value)!;
        yield return $"Missing at prediction, {learned} suffers most {worst.Condition}: {Sentences.Signed(worst.OverClean!.Value)}.";
        if (groups.Count != 0)
        {
            var costly = rows.Where(r => r.Column == Refitted && r.Model == learned && groups.Any(g => r.Condition == $"without {g}")).MinBy(static r => r.OverClean!.Value.Value)!;
            yield return $"Of the groups, the one that cannot be replaced: {costly.Condition}, {learned} changes by {Sentences.Signed(costly.OverClean!.Value)}.";
        }

        var enough = rows.FirstOrDefault(r => r.Condition.StartsWith("first ", StringComparison.Ordinal) && r.Column == Refitted && r.Model == learned && !(r.OverClean is { Upper: < 0 }));
        if (enough is not null) yield return $"The {enough.Condition} taken up are enough for {learned} not to be surely worse than with all {bench.Judges.Count}: {Sentences.R2(enough.Value)}, {Sentences.Signed(enough.OverClean!.Value)}.";
    }

    private static string List(IEnumerable<(string Judge, Estimate Change)> changes) => string.Join(", ", changes.Select(static c => $"{c.Judge} ({Sentences.Signed(c.Change)})"));
}
