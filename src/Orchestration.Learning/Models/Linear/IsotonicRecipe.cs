using Orchestration.Learning.Models.Baselines;
using Orchestration.Learning.Models.Missing;

namespace Orchestration.Learning.Models.Linear;

/// <summary>
/// Isotonic regression on the judges' mean: pooled adjacent violators, linear between the ends of the pooled runs. For comparisons a logistic
/// regression on rising line pieces between ten quantiles of the mean, whose slopes have the penalty 1e-2 a squared unit of rise.
/// </summary>
internal sealed class IsotonicRecipe : IModelRecipe
{
    private const int Pieces = 10;

    public string Name => "isotonic";

    public bool IsMonotone => true;

    public IScoreModel Fit(ScoreData data, FitOptions options)
    {
        var judges = JudgeNormal.Fit(data);
        var means = MeanModel.Means(data.Scores, judges);

        // Rows of one mean, but for rounding, are one point.
        var (knots, values) = PooledRuns.Fit(means, data.Targets, data.Weights, 1e-12);
        return new IsotonicModel(judges.Means.ToArray(), knots, values);
    }

    public IScoreModel Fit(PreferenceData data, FitOptions options)
    {
        var judges = JudgeNormal.Fit(data);
        var (first, second) = (MeanModel.Means(data.First, judges), MeanModel.Means(data.Second, judges));
        double[] sorted = [.. first, .. second];
        Array.Sort(sorted);
        double[] knots = [.. Enumerable.Range(0, Pieces + 1).Select(i => sorted[i * (sorted.Length - 1) / Pieces]).Distinct()];
        var pieces = knots.Length - 1;
        if (pieces == 0) return new IsotonicModel(judges.Means.ToArray(), knots, [0]);
        var columns = new double[data.Rows * pieces];
        for (var row = 0; row < data.Rows; row++)
        {
            for (var p = 0; p < pieces; p++) columns[row * pieces + p] = Share(first[row], knots, p) - Share(second[row], knots, p);
        }

        var (penalty, bounded) = (new double[pieces * pieces], new bool[pieces]);
        for (var p = 0; p < pieces; p++) (penalty[p * pieces + p], bounded[p]) = (0.01, true);
        var rises = Logistic.Fit(columns, data.Labels, data.Weights, penalty, bounded).Coefficients;
        var values = new double[knots.Length];
        for (var p = 0; p < pieces; p++) values[p + 1] = values[p] + rises[p];
        var centre = values.Average();
        return new IsotonicModel(judges.Means.ToArray(), knots, [.. values.Select(v => v - centre)]);
    }

    /// <summary>How much of a piece lies below a mean, 0–1.</summary>
    private static double Share(double mean, double[] knots, int piece) => Math.Clamp((mean - knots[piece]) / (knots[piece + 1] - knots[piece]), 0, 1);
}
