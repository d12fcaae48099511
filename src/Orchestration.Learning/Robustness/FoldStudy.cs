using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Stacked;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Robustness;

/// <summary>What is fitted in a study, and on which folds.</summary>
public sealed record StudyPlan
{
    /// <summary>Everything that is fitted, baselines among them; names differ.</summary>
    public required IReadOnlyList<IModelRecipe> Recipes { get; init; }

    /// <summary>Folds a draw, at least 2; with fewer groups one fold each. Default 5.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>Draws of folds that figures are averaged over, at least 1. Default 2.</summary>
    public int Repeats { get; init; } = 2;

    /// <summary>Draw r uses <c>Seed + r</c>, fits have seeds that follow from it: the very folds and seeds of <see cref="Trainer"/>.</summary>
    public ulong Seed { get; init; }

    /// <summary>Threads at most; no number depends on it.</summary>
    public int MaxThreads { get; init; } = 1;
}

/// <summary>
/// Models fitted on folds of whole groups, to be asked what they make of rows that were changed, and fitted again on training rows that were changed. Folds
/// and seeds are <see cref="Trainer"/>'s, so what a study says of unchanged rows is what training says of them, to the last bit. Safe for concurrent use.
/// </summary>
public sealed class FoldStudy
{
    private readonly ulong _seed;
    private readonly IModelRecipe[] _recipes;
    private readonly IScoreModel[][][] _models;

    private FoldStudy(ScoreData data, StudyPlan plan, Folds[] draws)
    {
        (Data, Draws, _seed) = (data, draws, plan.Seed);
        Recipes = plan.Recipes;
        _recipes = [.. StackedRecipe.Sharing(plan.Recipes)];
        _models = [.. draws.Select(d => new IScoreModel[d.Count][])];
    }

    /// <summary>Training rows of a fold as a condition has them: called with draw, fold and the numbers of the fold's training rows.</summary>
    public delegate ScoreData TrainingRowsOf(int draw, int fold, int[] rows);

    /// <summary>Mapped scores of rows that are held out, as a condition has them: called with draw, fold and the numbers of the rows.</summary>
    public delegate double[] HeldOutScoresOf(int draw, int fold, int[] rows);

    /// <summary>The unchanged rows.</summary>
    public ScoreData Data { get; }

    /// <summary>The draws of folds, all of whole groups.</summary>
    public IReadOnlyList<Folds> Draws { get; }

    /// <summary>What is fitted.</summary>
    public IReadOnlyList<IModelRecipe> Recipes { get; }

    /// <summary>Fits every recipe on the unchanged training rows of every fold.</summary>
    /// <param name="data">All rows, two groups at least.</param>
    /// <param name="plan">What to fit, and on which folds.</param>
    /// <param name="cancellationToken">Gives up between fits.</param>
    /// <exception cref="ArgumentException">The plan does not fit the rows.</exception>
    public static FoldStudy Fit(ScoreData data, StudyPlan plan, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(plan);
        if (data.Groups < 2) throw new ArgumentException("A study needs rows of two groups at least: one of them is held out.", nameof(data));
        if (plan.Recipes.Select(r => r.Name).Distinct(StringComparer.Ordinal).Count() != plan.Recipes.Count) throw new ArgumentException("Two recipes have one name.", nameof(plan));
        ArgumentOutOfRangeException.ThrowIfLessThan(plan.Repeats, 1, nameof(plan));
        ArgumentOutOfRangeException.ThrowIfLessThan(plan.Folds, 2, nameof(plan));
        var draws = new Folds[plan.Repeats];
        for (var r = 0; r < draws.Length; r++) draws[r] = Folds.ByGroup(data.GroupOf, Math.Min(plan.Folds, data.Groups), plan.Seed + (ulong)r);
        var study = new FoldStudy(data, plan, draws);
        var parts = draws.SelectMany((d, r) => Enumerable.Range(0, d.Count).Select(k => (Draw: r, Fold: k))).ToArray();
        InOrder.Run(parts.Length, plan.MaxThreads, part =>
        {
            var (d, k) = parts[part];
            study._models[d][k] = study.FitFold(d, k, data.Select(draws[d].Training(k)), cancellationToken);
        }, cancellationToken);
        return study;
    }

    /// <summary>The model of a recipe that was fitted without a fold's groups.</summary>
    public IScoreModel Model(int draw, int fold, int recipe) => _models[draw][fold][recipe];

    /// <summary>What the models fitted on unchanged rows say of rows that they have not seen.</summary>
    /// <param name="scores">Mapped scores of all rows, changed or not: rows × judges.</param>
    /// <param name="cancellationToken">Gives up between folds.</param>
    /// <returns>[recipe][draw][row].</returns>
    public double[][][] Predict(double[] scores, CancellationToken cancellationToken = default) =>
        Predict(All(scores), (draw, fold) => _models[draw][fold], cancellationToken);

    /// <summary>The same, with scores stated fold by fold.</summary>
    /// <param name="heldOut">The scores of each fold's held-out rows, by all judges.</param>
    /// <param name="cancellationToken">Gives up between folds.</param>
    /// <returns>[recipe][draw][row].</returns>
    public double[][][] Predict(HeldOutScoresOf heldOut, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(heldOut);
        return Predict(heldOut, (draw, fold) => _models[draw][fold], cancellationToken);
    }

    /// <summary>What models fitted on changed training rows say of rows that they have not seen.</summary>
    /// <param name="training">The training rows of each fold.</param>
    /// <param name="scores">Mapped scores of all rows, as many judges as the training rows have.</param>
    /// <param name="cancellationToken">Gives up between fits.</param>
    /// <returns>[recipe][draw][row].</returns>
    public double[][][] Refit(TrainingRowsOf training, double[] scores, CancellationToken cancellationToken = default) => Refit(training, All(scores), cancellationToken);

    /// <summary>The same, with other judges in every fold.</summary>
    /// <inheritdoc cref="Refit(TrainingRowsOf, double[], CancellationToken)"/>
    /// <param name="training">The training rows of each fold.</param>
    /// <param name="heldOut">The scores of each fold's held-out rows, by the judges that its training rows have.</param>
    /// <param name="cancellationToken">Gives up between fits.</param>
    public double[][][] Refit(TrainingRowsOf training, HeldOutScoresOf heldOut, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        return Predict(heldOut, (draw, fold) => FitFold(draw, fold, training(draw, fold, Draws[draw].Training(fold)), cancellationToken), cancellationToken);
    }

    /// <summary>Figures of predictions against the unchanged targets, one for each recipe.</summary>
    /// <param name="predictions">[recipe][draw][row].</param>
    public ModelFigures[] Measure(double[][][] predictions) => Measure(predictions, Data.Targets, Data.Weights);

    /// <summary>Figures of predictions against stated targets and weights.</summary>
    /// <param name="predictions">[recipe][draw][row].</param>
    /// <param name="targets">One a row.</param>
    /// <param name="weights">One a row, 0 for rows that are not tested on; null where all count alike.</param>
    public ModelFigures[] Measure(double[][][] predictions, double[] targets, double[]? weights) =>
        [.. predictions.Select(draws => ModelFigures.Of(draws, targets, Data.GroupOf, weights))];

    private IScoreModel[] FitFold(int draw, int fold, ScoreData training, CancellationToken cancellationToken)
    {
        var seed = SeededDraws.Part(SeededDraws.Part(_seed, (ulong)draw), (ulong)fold);
        var models = new IScoreModel[_recipes.Length];
        for (var m = 0; m < models.Length; m++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            models[m] = _recipes[m].Fit(training, new FitOptions(seed, 1, cancellationToken));
        }

        return models;
    }

    private HeldOutScoresOf All(double[] scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        var judges = scores.Length / Data.Rows;
        if (judges < 1 || scores.Length != judges * Data.Rows) throw new ArgumentException($"{scores.Length} scores for {Data.Rows} rows.", nameof(scores));
        return (_, _, rows) => RowRules.Take(scores, judges, rows);
    }

    private double[][][] Predict(HeldOutScoresOf heldOut, Func<int, int, IScoreModel[]> modelsOf, CancellationToken cancellationToken)
    {
        var numbers = new double[_recipes.Length][][];
        for (var m = 0; m < numbers.Length; m++) numbers[m] = [.. Draws.Select(_ => new double[Data.Rows])];
        for (var d = 0; d < Draws.Count; d++)
        {
            for (var k = 0; k < Draws[d].Count; k++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var held = Draws[d].HeldOut(k);
                var scores = heldOut(d, k, held);
                var predicted = new double[held.Length];
                var models = modelsOf(d, k);
                for (var m = 0; m < models.Length; m++)
                {
                    models[m].Predict(scores, predicted);
                    for (var i = 0; i < held.Length; i++) numbers[m][d][held[i]] = predicted[i];
                }
            }
        }

        return numbers;
    }
}
