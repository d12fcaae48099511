using Orchestration.Learning.Metrics;
using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Guards;
using Orchestration.Learning.Models.Stacked;

namespace Orchestration.Learning.Selection;

/// <summary>
/// Trains: fits every recipe of a plan on the same folds, measures each out of fold, fits it on all rows, and applies the test for activation to the candidate.
/// The same rows, plan and build give the same numbers, whatever the number of threads.
/// </summary>
public static class Trainer
{
    /// <summary>Trains on human scores.</summary>
    /// <param name="data">All rows, two groups at least.</param>
    /// <param name="plan">What to fit, and on which folds.</param>
    /// <param name="cancellationToken">Gives up between fits.</param>
    /// <exception cref="ArgumentException">The plan contradicts itself or does not fit the rows.</exception>
    public static TrainingReport Run(ScoreData data, TrainingPlan plan, CancellationToken cancellationToken = default) =>
        Run(new ScoreRows(data), plan, model => Inversions.Find(model, data), cancellationToken);

    /// <summary>Trains on comparisons.</summary>
    /// <inheritdoc cref="Run(ScoreData, TrainingPlan, CancellationToken)"/>
    public static TrainingReport Run(PreferenceData data, TrainingPlan plan, CancellationToken cancellationToken = default) =>
        Run(new PreferenceRows(data), plan, model => Inversions.Find(model, data), cancellationToken);

    private static TrainingReport Run(LearningRows rows, TrainingPlan plan, Func<IScoreModel, InversionReport> inversions, CancellationToken cancellationToken)
    {
        Check(rows, plan);
        var notes = new List<string>();
        var draws = Draw(rows, plan, notes);
        var options = new FitOptions(plan.Seed, plan.MaxThreads, cancellationToken);
        var recipes = plan.Recipes.ToList();
        var candidate = Find(recipes, plan.Candidate);
        var active = plan.Active is { } a ? Unseen(a, rows, notes) : null;
        if (active is { Refit: { } refit }) recipes.Add(refit);

        // From here on blends of the same members learn once what they have in common; places in the list stay.
        recipes = [.. StackedRecipe.Sharing(recipes)];

        var foldModels = new IScoreModel[draws[0].Count];
        double[][]? unguarded = recipes[candidate] is GuardedRecipe ? [.. draws.Select(_ => new double[rows.Rows])] : null;
        var numbers = OutOfFold.Predict(rows, recipes, draws, options, (draw, recipe, fold, model) =>
        {
            if (recipe != candidate) return;
            if (draw == 0) foldModels[fold] = model;
            if (unguarded is null) return;
            var held = draws[draw].HeldOut(fold);
            var inside = rows.Select(held).Predict(((GuardedModel)model).Inner);
            for (var i = 0; i < held.Length; i++) unguarded[draw][held[i]] = inside[i];
        }, plan.Progress);
        var losses = new double[recipes.Count][][];
        for (var m = 0; m < recipes.Count; m++) losses[m] = [.. numbers.Select(draw => rows.Losses(draw[m]))];

        var trained = new TrainedModel[plan.Recipes.Count];
        var baseline = Find(recipes, plan.Baseline);
        for (var m = 0; m < trained.Length; m++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            double[][] outOfFold = [.. numbers.Select(draw => draw[m])];
            trained[m] = new TrainedModel(
                recipes[m],
                rows.Fit(recipes[m], options),
                rows is ScoreRows scores ? ScoreFigures.Of(scores.Data, outOfFold) : null,
                rows is PreferenceRows comparisons ? PreferenceFigures.Of(comparisons.Data, outOfFold) : null,
                outOfFold,
                ActivationTest.Gain(losses[m], losses[baseline], rows.GroupOf, rows.Weights));
        }

        var found = inversions(trained[candidate].Model);
        var monotone = found.Inverted.Count == 0 ? null : Monotone(rows, plan, draws, losses, options);
        if (monotone is not null)
            found = found with { MonotoneRecipe = monotone.Name, MonotoneCost = ActivationTest.Gain(losses[candidate], monotone.Losses, rows.GroupOf, rows.Weights) };
        var (overActive, worse) = active is null ? (null, null) : OverActive(active, rows, plan, losses[candidate], losses[^1]);
        if (monotone is not null && plan.Parts is { } parts)
            worse ??= ActivationTest.Worst(losses[candidate], monotone.Losses, rows.GroupOf, rows.Weights, parts, plan.PartNames, "the same model made monotone");

        var seeds = plan.Parts is null ? draws.Length : ActivationTest.PartsHeldOut;
        var verdict = ActivationTest.Decide(trained[candidate].OverBaseline, seeds, overActive, active?.Refit is not null, found.MonotoneCost, worse);
        return new TrainingReport
        {
            Models = trained,
            Candidate = trained[candidate],
            Activation = verdict,
            GroupedFolds = draws[0].Grouped,
            Draws = draws,
            FoldModels = foldModels,
            Unguarded = unguarded,
            Inversions = found,
            Notes = notes,
        };
    }

    /// <summary>What the candidate's monotone counterpart loses on the same folds.</summary>
    private sealed record MonotoneFit(string Name, double[][] Losses);

    private static MonotoneFit? Monotone(LearningRows rows, TrainingPlan plan, Folds[] draws, double[][][] losses, FitOptions options)
    {
        if (plan.MonotoneOf?.Invoke(plan.Recipes[Find(plan.Recipes, plan.Candidate)]) is not { } monotone) return null;
        var known = plan.Recipes.ToList().FindIndex(r => r.IsMonotone && r.Name == monotone.Name);
        return new MonotoneFit(monotone.Name, known >= 0 ? losses[known] : [.. OutOfFold.Predict(rows, [monotone], draws, options).Select(draw => rows.Losses(draw[0]))]);
    }

    private static Folds[] Draw(LearningRows rows, TrainingPlan plan, List<string> notes)
    {
        if (plan.Parts is { } parts)
        {
            var held = Folds.LeaveOut(parts, rows.GroupOf);
            if (!held.Grouped) notes.Add("Some groups lie in more than one of the parts that were held out: figures are flattered.");
            return [held];
        }

        var draws = new Folds[plan.Repeats];
        if (plan.RandomFolds)
        {
            notes.Add("Folds were drawn row by row: rows of one group stand on both sides and flatter every figure.");
            for (var r = 0; r < draws.Length; r++) draws[r] = Folds.Random(rows.Rows, Math.Min(plan.Folds, rows.Rows), plan.Seed + (ulong)r);
            return draws;
        }

        var folds = Math.Min(plan.Folds, rows.Groups);
        if (folds < plan.Folds) notes.Add($"There are only {folds} groups: one fold each.");
        for (var r = 0; r < draws.Length; r++) draws[r] = Folds.ByGroup(rows.GroupOf, folds, plan.Seed + (ulong)r);
        return draws;
    }

    /// <summary>How the active version is compared with: on rows it has not seen, or by its recipe.</summary>
    private sealed record Comparison(IScoreModel Model, int[] Rows, IModelRecipe? Refit);

    private static Comparison? Unseen(ActiveVersion active, LearningRows rows, List<string> notes)
    {
        // A group with one row in the training data is seen: its other rows are of the same prompt.
        var seen = new bool[rows.Groups];
        for (var i = 0; i < rows.Rows; i++) seen[rows.GroupOf[i]] |= active.Seen[i];
        var unseen = Enumerable.Range(0, rows.Rows).Where(i => !seen[rows.GroupOf[i]]).ToArray();
        if (seen.Count(s => !s) >= ActivationTest.LeastUnseenGroups) return new Comparison(active.Model, unseen, null);
        if (active.Recipe is { } recipe) return new Comparison(active.Model, [], recipe);
        notes.Add($"Fewer than {ActivationTest.LeastUnseenGroups} groups lie outside the active version's training data and its recipe is not known: it was not compared with.");
        return null;
    }

    private static (PairedGain? Gain, WorsePart? Worse) OverActive(Comparison active, LearningRows rows, TrainingPlan plan, double[][] losses, double[][] refitted)
    {
        var (some, mine, other, parts) = (rows, losses, refitted, plan.Parts);
        if (active.Refit is null)
        {
            some = rows.Select(active.Rows);
            mine = [.. losses.Select(l => RowRules.Take(l, 1, active.Rows))];
            other = [some.Losses(some.Predict(active.Model))];
            parts = parts is null ? null : [.. active.Rows.Select(i => parts[i])];
        }

        var worse = parts is null ? null : ActivationTest.Worst(mine, other, some.GroupOf, some.Weights, parts, plan.PartNames, "the active version");
        return (ActivationTest.Gain(mine, other, some.GroupOf, some.Weights), worse);
    }

    private static void Check(LearningRows rows, TrainingPlan plan)
    {
        if (rows.Groups < 2) throw new ArgumentException("Learning needs rows of two groups at least: one of them is held out.", nameof(plan));
        ArgumentOutOfRangeException.ThrowIfLessThan(plan.Folds, 2, nameof(plan));
        ArgumentOutOfRangeException.ThrowIfLessThan(plan.Repeats, 1, nameof(plan));
        ArgumentOutOfRangeException.ThrowIfLessThan(plan.MaxThreads, 1, nameof(plan));
        if (plan.Recipes.Select(r => r.Name).Distinct(StringComparer.Ordinal).Count() != plan.Recipes.Count) throw new ArgumentException("Two recipes have one name.", nameof(plan));
        if (plan.Parts is { } parts && parts.Length != rows.Rows) throw new ArgumentException("There is a part for each row.", nameof(plan));
        if (plan.Active is { } active && active.Seen.Length != rows.Rows) throw new ArgumentException("Each row is seen by the active version or not.", nameof(plan));
        Find(plan.Recipes, plan.Baseline);
        Find(plan.Recipes, plan.Candidate);
    }

    private static int Find(IReadOnlyList<IModelRecipe> recipes, string name)
    {
        for (var m = 0; m < recipes.Count; m++)
        {
            if (recipes[m].Name == name) return m;
        }

        throw new ArgumentException($"There is no recipe '{name}' in the plan.", nameof(name));
    }
}
