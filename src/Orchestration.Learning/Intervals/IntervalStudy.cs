using Orchestration.Learning.Metrics;
using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Intervals;

/// <summary>How intervals are tried out.</summary>
public sealed record IntervalPlan
{
    /// <summary>1 − α. Default 0.9.</summary>
    public double Level { get; init; } = 0.9;

    /// <summary>Which residual. Default absolute.</summary>
    public ResidualKind Residual { get; init; }

    /// <summary>Folds, outside and inside. Default 5.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>Draws of outer folds that everything is averaged over. Default 1.</summary>
    public int Repeats { get; init; } = 1;

    /// <summary>Seed of folds, fits and of which judges are removed.</summary>
    public ulong Seed { get; init; }

    /// <summary>How many judges are removed, one table each. Null: 0, 1, a third and half of them (rounded down, those that differ).</summary>
    public IReadOnlyList<int>? Removed { get; init; }

    /// <summary>The category of each row, 0 … C − 1; null where there are none.</summary>
    public int[]? CategoryOf { get; init; }

    /// <summary>Threads at most. Default 1. No number depends on it.</summary>
    public int MaxThreads { get; init; } = 1;
}

/// <summary>Coverage and width of intervals on rows that nothing was learned from.</summary>
/// <param name="Level">What was asked for.</param>
/// <param name="Guaranteed">What CV+ promises at that level for rows of a new group: 1 − 2α, on average over rows.</param>
/// <param name="Tables">One for each number of removed judges.</param>
/// <param name="Sentence">What is promised, what came out, and how the worst fifth fares.</param>
public sealed record IntervalReport(double Level, double Guaranteed, IReadOnlyList<IntervalTable> Tables, string Sentence);

/// <summary>Coverage and width with some judges removed, each group weighing the same.</summary>
/// <param name="Removed">Judges removed from each held-out group, drawn by seed.</param>
/// <param name="All">All rows.</param>
/// <param name="LowestFifth">The fifth of the rows with the lowest human scores.</param>
/// <param name="HighestFifth">The fifth with the highest.</param>
/// <param name="Categories">By category; empty where there are none.</param>
/// <param name="Widened">Share of rows whose interval is that of a wider pattern of missing judges.</param>
/// <param name="Unbounded">Share of rows whose interval has no end on a side; left out of the widths.</param>
public sealed record IntervalTable(
    int Removed, IntervalFigures All, IntervalFigures LowestFifth, IntervalFigures HighestFifth, IReadOnlyList<IntervalFigures> Categories, double Widened, double Unbounded);

/// <summary>Coverage and width over some rows.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Coverage">Share of rows whose human score lies in its interval.</param>
/// <param name="Width">Mean width, in units of the target.</param>
public readonly record struct IntervalFigures(int Rows, Figure Coverage, Figure Width);

/// <summary>
/// Tries out intervals: whole groups are held out, everything (folds, models, residuals) is learned from the others, and the intervals meet the held-out scores, complete and with judges
/// removed.
/// </summary>
public static class IntervalStudy
{
    /// <summary>The study.</summary>
    /// <param name="data">All rows; <see cref="IntervalPlan.Folds"/> groups at least.</param>
    /// <param name="recipe">How the model is fitted.</param>
    /// <param name="plan">Level, folds, residual, removed judges.</param>
    /// <param name="cancellationToken">Gives up between fits.</param>
    public static IntervalReport Run(ScoreData data, IModelRecipe recipe, IntervalPlan plan, CancellationToken cancellationToken = default)
    {
        if (plan.CategoryOf is { } categories && categories.Length != data.Rows) throw new ArgumentException("There is a category for each row.", nameof(plan));
        ArgumentOutOfRangeException.ThrowIfLessThan(plan.Repeats, 1, nameof(plan));
        var removed = plan.Removed ?? [.. new[] { 0, 1, data.Judges / 3, data.Judges / 2 }.Distinct().Where(r => r < data.Judges)];
        var intervals = new PredictionInterval[removed.Count][][];
        for (var s = 0; s < removed.Count; s++) intervals[s] = [.. Enumerable.Range(0, plan.Repeats).Select(_ => new PredictionInterval[data.Rows])];
        var parts = Enumerable.Range(0, plan.Repeats)
            .SelectMany(r => Folds.ByGroup(data.GroupOf, plan.Folds, plan.Seed + (ulong)r) is var outer ? Enumerable.Range(0, plan.Folds).Select(k => (Repeat: r, Outer: outer, Fold: k)) : []).ToArray();
        Parallel.For(0, parts.Length, new ParallelOptions { MaxDegreeOfParallelism = plan.MaxThreads, CancellationToken = cancellationToken }, part =>
        {
            var (repeat, outer, fold) = parts[part];
            var seed = SeededDraws.Part(SeededDraws.Part(plan.Seed, (ulong)repeat), (ulong)fold);
            var conformal = Learn(data.Select(outer.Training(fold)), recipe, plan, seed, cancellationToken);
            var held = outer.HeldOut(fold);
            for (var s = 0; s < removed.Count; s++) Predict(data, conformal, held, removed[s], plan, intervals[s][repeat]);
        });
        var tables = new IntervalTable[removed.Count];
        for (var s = 0; s < tables.Length; s++) tables[s] = Table(data, removed[s], intervals[s], plan);
        return new IntervalReport(plan.Level, 1 - 2 * (1 - plan.Level), tables, Sentence(plan.Level, tables));
    }

    private static CrossConformal Learn(ScoreData training, IModelRecipe recipe, IntervalPlan plan, ulong seed, CancellationToken cancellationToken)
    {
        var inner = Folds.ByGroup(training.GroupOf, Math.Min(plan.Folds, training.Groups), seed);
        var models = new IScoreModel[inner.Count];
        OutOfFold.Predict(new ScoreRows(training), [recipe], [inner], new FitOptions(seed, 1, cancellationToken), (_, _, k, model) => models[k] = model);
        return CrossConformal.Of(training, inner, models, plan.Residual, seed);
    }

    /// <summary>The same judges are removed from all rows of a group: as when a judge fails for a prompt.</summary>
    private static void Predict(ScoreData data, CrossConformal conformal, int[] held, int removed, IntervalPlan plan, PredictionInterval[] intervals)
    {
        var row = new double[data.Judges];
        var order = new int[data.Judges];
        foreach (var i in held)
        {
            data.Row(i).CopyTo(row);
            for (var j = 0; j < order.Length; j++) order[j] = j;
            new SeededDraws(SeededDraws.Part(plan.Seed, (ulong)data.GroupOf[i])).Shuffle(order);
            for (var j = 0; j < removed; j++) row[order[j]] = double.NaN;
            intervals[i] = conformal.Predict(row, plan.Level);
        }
    }

    private static IntervalTable Table(ScoreData data, int removed, PredictionInterval[][] repeats, IntervalPlan plan)
    {
        var sorted = (double[])data.Targets.Clone();
        Array.Sort(sorted);
        var low = sorted[Math.Max(0, (int)Math.Ceiling(sorted.Length / 5.0) - 1)];
        var high = sorted[sorted.Length - Math.Max(1, (int)Math.Ceiling(sorted.Length / 5.0))];
        var categories = plan.CategoryOf is { } categoryOf ? categoryOf.Max() + 1 : 0;
        return new IntervalTable(
            removed,
            Over(data, repeats, _ => true),
            Over(data, repeats, i => data.Targets[i] <= low),
            Over(data, repeats, i => data.Targets[i] >= high),
            [.. Enumerable.Range(0, categories).Select(c => Over(data, repeats, i => plan.CategoryOf![i] == c))],
            repeats.Average(r => r.Average(p => p.Dropped.Count > 0 ? 1.0 : 0)),
            repeats.Average(r => r.Average(p => double.IsFinite(p.Width) ? 0.0 : 1)));
    }

    private static IntervalFigures Over(ScoreData data, PredictionInterval[][] repeats, Func<int, bool> wanted)
    {
        int[] rows = [.. Enumerable.Range(0, data.Rows).Where(wanted)];
        if (rows.Length == 0) return new IntervalFigures(0, new Figure(double.NaN, double.NaN), new Figure(double.NaN, double.NaN));
        var covered = new double[rows.Length];
        for (var i = 0; i < rows.Length; i++) covered[i] = repeats.Average(r => r[rows[i]].Covers(data.Targets[rows[i]]) ? 1.0 : 0);
        int[] bounded = [.. rows.Where(i => repeats.All(r => double.IsFinite(r[i].Width)))];
        var width = bounded.Length == 0 ? new Figure(double.PositiveInfinity, double.NaN) : Mean(data, bounded, [.. bounded.Select(i => repeats.Average(r => r[i].Width))]);
        return new IntervalFigures(rows.Length, Mean(data, rows, covered), width);
    }

    private static Figure Mean(ScoreData data, int[] rows, double[] values)
    {
        var groups = RowRules.Renumber(data.GroupOf, rows);
        var sizes = new double[groups.Max() + 1];
        foreach (var group in groups) sizes[group]++;
        return GroupInfluence.Figure([GroupInfluence.Mean(values, new RowGroups(groups, sizes.Length, [.. groups.Select(g => 1 / sizes[g])]))]);
    }

    private static string Sentence(double level, IntervalTable[] tables)
    {
        var table = tables[0];
        var (name, worst) = table.LowestFifth.Coverage.Value <= table.HighestFifth.Coverage.Value ? ("lowest", table.LowestFifth) : ("highest", table.HighestFifth);
        return FormattableString.Invariant(
            $"CV+ guarantees {1 - 2 * (1 - level):0.##} for intervals of level {level:0.##}, on average over rows of new groups; {table.All.Coverage.Value:0.000} of all rows were covered, and {worst.Coverage.Value:0.000} of the fifth with the {name} human scores.");
    }
}
