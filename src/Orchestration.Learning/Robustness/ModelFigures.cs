using Orchestration.Learning.Metrics;

namespace Orchestration.Learning.Robustness;

/// <summary>How well a model's numbers meet human scores under one condition, averaged over the draws of folds.</summary>
/// <param name="R2">1 − SSE/SST about the mean of the targets that are tested on, pooled over folds.</param>
/// <param name="Rmse">Root of the mean squared error, in units of the target: comparable where conditions change the targets' spread, as R² is not.</param>
/// <param name="Spearman">Correlation of mid-ranks.</param>
/// <param name="Bias">Mean of prediction − target, in units of the target.</param>
public sealed record ModelFigures(GroupedFigure R2, GroupedFigure Rmse, GroupedFigure Spearman, GroupedFigure Bias)
{
    /// <summary>The figures of predictions.</summary>
    /// <param name="draws">For each draw of folds one number a row.</param>
    /// <param name="targets">What is predicted; ignored where the weight is 0.</param>
    /// <param name="groupOf">The group of each row, 0 … G − 1.</param>
    /// <param name="weights">Weights of rows, 0 for one that is not tested on; null where all count alike.</param>
    /// <exception cref="ArgumentException">Lengths differ, or there is no draw.</exception>
    public static ModelFigures Of(IReadOnlyList<double[]> draws, double[] targets, int[] groupOf, double[]? weights = null)
    {
        ArgumentNullException.ThrowIfNull(draws);
        if (draws.Any(d => d.Length != targets.Length) || groupOf.Length != targets.Length) throw new ArgumentException("There is a number and a group for each row.", nameof(draws));
        var rows = new RowGroups(groupOf, groupOf.Max() + 1, weights);
        var figures = new ModelFigures[draws.Count];
        for (var d = 0; d < figures.Length; d++)
        {
            var squares = new double[targets.Length];
            var errors = new double[targets.Length];
            for (var i = 0; i < targets.Length; i++)
            {
                errors[i] = draws[d][i] - targets[i];
                squares[i] = errors[i] * errors[i];
            }

            var mse = GroupInfluence.Mean(squares, rows);
            figures[d] = new ModelFigures(
                GroupedFigure.Of(ScoreFigures.Pooled(mse, targets, rows), rows),
                GroupedFigure.Of(Root(mse), rows),
                GroupedFigure.Of(RankCorrelation.Of(draws[d], targets, rows), rows),
                GroupedFigure.Of(GroupInfluence.Mean(errors, rows), rows));
        }

        return Mean(figures);
    }

    /// <summary>The means of figures on the same groups.</summary>
    /// <param name="figures">At least one.</param>
    public static ModelFigures Mean(IReadOnlyList<ModelFigures> figures) => new(
        GroupedFigure.Mean([.. figures.Select(f => f.R2)]),
        GroupedFigure.Mean([.. figures.Select(f => f.Rmse)]),
        GroupedFigure.Mean([.. figures.Select(f => f.Spearman)]),
        GroupedFigure.Mean([.. figures.Select(f => f.Bias)]));

    private static GroupInfluence Root(in GroupInfluence mean)
    {
        var root = Math.Sqrt(mean.Value);
        var influence = new double[mean.Influence.Length];
        if (root > 0)
        {
            for (var g = 0; g < influence.Length; g++) influence[g] = mean.Influence[g] / (2 * root);
        }

        return new GroupInfluence(root, influence);
    }
}
