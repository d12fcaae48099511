using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Explaining;

/// <summary>Which model answers for each row: one for all, or for every row one that was fitted without its group. Immutable.</summary>
public sealed class RowNumbers
{
    private readonly IScoreModel[] _models;
    private readonly int[] _modelOf;

    private RowNumbers(ExplainedRows rows, IScoreModel[] models, int[] modelOf, bool heldOut) => (Rows, _models, _modelOf, AreHeldOut) = (rows, models, modelOf, heldOut);

    /// <summary>The rows.</summary>
    public ExplainedRows Rows { get; }

    /// <summary>True where the models were fitted without the rows that they answer for, on the caller's word or by refitting.</summary>
    public bool AreHeldOut { get; }

    /// <summary>One model for all rows.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="heldOut">True where it was not fitted to any row of their groups.</param>
    public static RowNumbers Of(IScoreModel model, ExplainedRows rows, bool heldOut) => new(rows, [model], new int[rows.Rows], heldOut);

    /// <summary>The recipe fitted once a fold, whole groups held out.</summary>
    /// <param name="recipe">What is fitted.</param>
    /// <param name="rows">The rows, two groups at least.</param>
    /// <param name="folds">Folds; fewer where there are fewer groups.</param>
    /// <param name="options">Seed, threads, cancellation. The folds are those that <see cref="Trainer"/> draws first by this seed.</param>
    public static RowNumbers Refitted(IModelRecipe recipe, ExplainedRows rows, int folds, FitOptions options)
    {
        var draw = Folds.ByGroup(rows.GroupOf, Math.Min(folds, rows.Groups), options.Seed);
        var models = new IScoreModel[draw.Count];
        OutOfFold.Predict(rows.Learning, [recipe], [draw], options, (_, _, fold, model) => models[fold] = model);
        return new RowNumbers(rows, models, draw.FoldOf, heldOut: true);
    }

    /// <summary>The rows' numbers as they are.</summary>
    public double[] Numbers() => Numbers(Rows.Learning);

    /// <summary>The numbers of rows that stand for these, one for one, with other scores.</summary>
    internal double[] Numbers(LearningRows changed)
    {
        if (_models.Length == 1) return changed.Predict(_models[0]);
        var numbers = new double[changed.Rows];
        for (var m = 0; m < _models.Length; m++)
        {
            var mine = Enumerable.Range(0, numbers.Length).Where(i => _modelOf[i] == m).ToArray();
            var predicted = changed.Select(mine).Predict(_models[m]);
            for (var i = 0; i < mine.Length; i++) numbers[mine[i]] = predicted[i];
        }

        return numbers;
    }
}
