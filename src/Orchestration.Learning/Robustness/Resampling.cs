using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Robustness;

/// <summary>What one fit says of the judges.</summary>
/// <param name="Importance">
/// For each judge how much R² is lost, on rows of groups that the fit has not seen, when its scores are dealt out anew among them. Below 0 where the model does
/// better without.
/// </param>
/// <param name="Curves">For each judge its centred partial dependence on the grid, averaged over the same rows in every resample.</param>
public sealed record ResampledFit(double[] Importance, double[][] Curves);

/// <summary>Fits on resamples of groups: how much of what a model says of its judges is the luck of the rows.</summary>
public static class Resampling
{
    /// <summary>Times that a judge's scores are dealt out anew for its importance.</summary>
    public const int Deals = 5;

    /// <summary>
    /// A bootstrap of groups, drawn with replacement: how often each group is in it. A group drawn twice counts as weight, not as a copy, so that no fold inside a fit can
    /// hold a copy of what it learns from. Some group is always left out.
    /// </summary>
    /// <param name="groups">Number of groups, at least 2.</param>
    /// <param name="seed">Another seed, another resample.</param>
    public static int[] Bootstrap(int groups, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 2);
        var draws = new SeededDraws(seed);
        var counts = new int[groups];
        do
        {
            Array.Clear(counts);
            for (var g = 0; g < groups; g++) counts[draws.Below(groups)]++;
        }
        while (!counts.Contains(0) || counts.Count(static c => c > 0) < Math.Min(2, groups - 1));
        return counts;
    }

    /// <summary>Groups cut into two halves that share nothing: true for those of the first.</summary>
    /// <param name="groups">Number of groups, at least 2.</param>
    /// <param name="seed">Another seed, another cut.</param>
    public static bool[] Halves(int groups, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 2);
        var order = JudgeAttacks.Order(groups, seed);
        var first = new bool[groups];
        foreach (var group in order.AsSpan(0, groups / 2)) first[group] = true;
        return first;
    }

    /// <summary>Fits on the groups that count and asks the model of its judges; groups that do not count measure the importance.</summary>
    /// <param name="recipe">What is fitted.</param>
    /// <param name="data">All rows.</param>
    /// <param name="counts">How often each group counts; 0 for those that the fit does not see, of which there is at least one.</param>
    /// <param name="grid">Mapped scores that the curves are read at.</param>
    /// <param name="seed">Seed of the fit and of dealing out.</param>
    /// <param name="cancellationToken">Gives up between steps.</param>
    public static ResampledFit Fit(IModelRecipe recipe, ScoreData data, int[] counts, double[] grid, ulong seed, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(data);
        if (counts.Length != data.Groups || counts.Min() != 0 || counts.Max() == 0) throw new ArgumentException("Some groups count and some do not.", nameof(counts));
        int[] inside = [.. Enumerable.Range(0, data.Rows).Where(i => counts[data.GroupOf[i]] > 0)];
        int[] outside = [.. Enumerable.Range(0, data.Rows).Where(i => counts[data.GroupOf[i]] == 0)];
        var weighted = new double[data.Rows];
        for (var i = 0; i < weighted.Length; i++) weighted[i] = (data.Weights?[i] ?? 1) * Math.Max(counts[data.GroupOf[i]], 1);
        var all = counts.Any(static c => c > 1) || data.Weights is not null ? new ScoreData(data.Judges, data.Scores, data.Targets, data.GroupOf, weighted) : data;
        var model = recipe.Fit(all.Select(inside), new FitOptions(seed, 1, cancellationToken));
        return new ResampledFit(Importance(model, data.Select(outside), seed, cancellationToken), PartialCurves.Of(model, data.Scores, grid));
    }

    private static double[] Importance(IScoreModel model, ScoreData rows, ulong seed, CancellationToken cancellationToken)
    {
        var plain = R2(model, rows, rows.Scores);
        var importance = new double[rows.Judges];
        var changed = (double[])rows.Scores.Clone();
        var order = new int[rows.Rows];
        for (var j = 0; j < rows.Judges; j++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var draws = new SeededDraws(SeededDraws.Part(seed, (ulong)j));
            for (var deal = 0; deal < Deals; deal++)
            {
                for (var i = 0; i < order.Length; i++) order[i] = i;
                draws.Shuffle(order);
                for (var i = 0; i < order.Length; i++) changed[i * rows.Judges + j] = rows.Scores[order[i] * rows.Judges + j];
                importance[j] += (plain - R2(model, rows, changed)) / Deals;
            }

            for (var i = 0; i < order.Length; i++) changed[i * rows.Judges + j] = rows.Scores[i * rows.Judges + j];
        }

        return importance;
    }

    private static double R2(IScoreModel model, ScoreData rows, double[] scores)
    {
        var numbers = new double[rows.Rows];
        model.Predict(scores, numbers);
        var mean = RowByRow.Average(rows.Targets, rows.Weights);
        var (errors, spread) = (0.0, 0.0);
        for (var i = 0; i < numbers.Length; i++)
        {
            var weight = rows.Weights?[i] ?? 1;
            errors += weight * (numbers[i] - rows.Targets[i]) * (numbers[i] - rows.Targets[i]);
            spread += weight * (rows.Targets[i] - mean) * (rows.Targets[i] - mean);
        }

        return spread > 0 ? 1 - errors / spread : double.NaN;
    }
}
