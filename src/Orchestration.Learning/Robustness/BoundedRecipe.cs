using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Missing;

namespace Orchestration.Learning.Robustness;

/// <summary>
/// An additive model whose judges are bounded: the shapes of its curves are kept, each stretched to 0–1, and their weights are fitted anew, none below zero and none above the
/// bound, by least squares drawn weakly towards the free curves' own ranges. Judges below the bound so take over what those at it may no longer say.
/// </summary>
/// <param name="inner">A recipe of additive models (<c>gam</c>, <c>ridge</c>, <c>mean-fit</c>).</param>
/// <param name="share">The bound as a share of the target's range, more than 0.</param>
/// <param name="targetRange">The target's stated range; null for that of the training rows.</param>
/// <param name="name">Name in reports.</param>
public sealed class BoundedRecipe(IModelRecipe inner, double share, (double Low, double High)? targetRange, string name) : IModelRecipe
{
    private const int LevelsAtMost = 64;

    /// <summary>The pull towards the free ranges, in shares of a judge's own squares: a tenth leaves the free fit as it is where the bound does not act.</summary>
    private const double Pull = 0.1;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool IsMonotone => inner.IsMonotone;

    /// <inheritdoc/>
    public IScoreModel Fit(ScoreData data, FitOptions options)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (inner.Fit(data, options) is not IAdditiveModel free) throw new InvalidOperationException($"{inner.Name} has no curve a judge to bound.");
        var (low, high) = targetRange ?? (data.Targets.Min(), data.Targets.Max());
        if (!(share > 0) || !double.IsFinite(share)) throw new InvalidOperationException("A bound is more than 0.");

        // Targets that are all the same leave nothing to move, and a bound is still more than zero.
        var bound = Math.Max(share * (high - low), 1e-12);
        var knots = new double[data.Judges][];
        var shapes = new double[data.Judges][];
        var ranges = new double[data.Judges];
        var at = JudgeNormal.Fit(data).Means.ToArray();
        var contributions = new double[data.Judges];
        for (var j = 0; j < data.Judges; j++)
        {
            knots[j] = Knots(data, j);
            var shape = new double[knots[j].Length];
            var mean = at[j];
            for (var k = 0; k < shape.Length; k++)
            {
                at[j] = knots[j][k];
                free.Contributions(at, contributions);
                shape[k] = contributions[j];
            }

            at[j] = mean;
            var (least, most) = (shape.Min(), shape.Max());
            ranges[j] = most - least;
            shapes[j] = [.. shape.Select(s => ranges[j] > 0 ? (s - least) / (most - least) : 0)];
        }

        return Weigh(data, bound, knots, shapes, ranges);
    }

    /// <summary>Not offered: the bound is a share of the target's range, which log-odds do not have.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public IScoreModel Fit(PreferenceData data, FitOptions options) => throw new NotSupportedException("Bounded judges are fitted to human scores only.");

    private static double[] Knots(ScoreData data, int judge)
    {
        var levels = new SortedSet<double> { 0, 1 };
        for (var at = judge; at < data.Scores.Length && levels.Count <= LevelsAtMost; at += data.Judges)
        {
            if (!double.IsNaN(data.Scores[at])) levels.Add(data.Scores[at]);
        }

        return levels.Count <= LevelsAtMost ? [.. levels] : [.. Enumerable.Range(0, LevelsAtMost + 1).Select(k => k / (double)LevelsAtMost)];
    }

    private static BoundedModel Weigh(ScoreData data, double bound, double[][] knots, double[][] shapes, double[] ranges)
    {
        var judges = data.Judges;
        var columns = new double[judges][];
        var means = new double[judges];
        for (var j = 0; j < judges; j++)
        {
            var column = columns[j] = new double[data.Rows];
            var (sum, total) = (0.0, 0.0);
            for (var i = 0; i < data.Rows; i++)
            {
                var score = data.Scores[i * judges + j];
                column[i] = double.IsNaN(score) ? double.NaN : BoundedModel.At(knots[j], shapes[j], score);
                if (double.IsNaN(score)) continue;
                sum += (data.Weights?[i] ?? 1) * column[i];
                total += data.Weights?[i] ?? 1;
            }

            means[j] = total > 0 ? sum / total : 0;
            for (var i = 0; i < data.Rows; i++) column[i] = double.IsNaN(column[i]) ? 0 : column[i] - means[j];
        }

        var weights = new double[judges];
        var residuals = new double[data.Rows];
        var target = RowByRow.Average(data.Targets, data.Weights);
        for (var j = 0; j < judges; j++) weights[j] = Math.Min(ranges[j], bound);
        for (var i = 0; i < residuals.Length; i++)
        {
            residuals[i] = data.Targets[i] - target;
            for (var j = 0; j < judges; j++) residuals[i] -= weights[j] * columns[j][i];
        }

        Descend(data, bound, columns, ranges, weights, residuals);
        var parts = new double[judges][];
        for (var j = 0; j < judges; j++) parts[j] = [.. shapes[j].Select(s => Math.Min(weights[j], bound) * s)];
        var missing = new double[judges];
        for (var j = 0; j < judges; j++) missing[j] = weights[j] * means[j];
        return new BoundedModel(bound, target - missing.Sum(), knots, parts, missing);
    }

    /// <summary>Cyclic coordinate descent on a strictly convex quadratic in a box: every step is exact and none ever raises the loss.</summary>
    private static void Descend(ScoreData data, double bound, double[][] columns, double[] ranges, double[] weights, double[] residuals)
    {
        var squares = new double[weights.Length];
        for (var j = 0; j < weights.Length; j++)
        {
            for (var i = 0; i < residuals.Length; i++) squares[j] += (data.Weights?[i] ?? 1) * columns[j][i] * columns[j][i];
        }

        for (var round = 0; round < 1000; round++)
        {
            var moved = 0.0;
            for (var j = 0; j < weights.Length; j++)
            {
                if (!(squares[j] > 1e-12)) continue;
                var along = 0.0;
                for (var i = 0; i < residuals.Length; i++) along += (data.Weights?[i] ?? 1) * columns[j][i] * residuals[i];
                var best = (along + squares[j] * weights[j] + Pull * squares[j] * ranges[j]) / ((1 + Pull) * squares[j]);
                var step = Math.Clamp(best, 0, bound) - weights[j];
                if (step == 0) continue;
                weights[j] += step;
                for (var i = 0; i < residuals.Length; i++) residuals[i] -= step * columns[j][i];
                moved = Math.Max(moved, Math.Abs(step));
            }

            if (moved <= 1e-10 * bound) return;
        }
    }
}
