using Orchestration.Learning.Algebra;
using Orchestration.Learning.Models.Additive;

namespace Orchestration.Learning.Models.Linear;

/// <summary>Least squares of the judges themselves.</summary>
internal static class LinearDesign
{
    /// <summary>Every weight has the same penalty: judges' scales are all 0–1, and steps along them are comparable.</summary>
    public static readonly double[] OneFamily = [1];

    /// <summary>Sums over rows: scores less the weighted means, targets less theirs.</summary>
    public static NormalEquations Sum(double[] scores, double[] targets, double[]? weights, int judges, out double[] means)
    {
        var rows = targets.Length;
        var total = weights?.Sum() ?? rows;
        means = new double[judges];
        for (var row = 0; row < rows; row++) Blocks.Add((weights?[row] ?? 1) / total, scores.AsSpan(row * judges, judges), means);
        var targetMean = RowByRow.Average(targets, weights);
        var (gram, vector, squares, centred) = (new double[judges * judges], new double[judges], 0.0, new double[judges]);
        for (var row = 0; row < rows; row++)
        {
            scores.AsSpan(row * judges, judges).CopyTo(centred);
            Blocks.Add(-1, means, centred);
            var (weight, target) = (weights?[row] ?? 1, targets[row] - targetMean);
            squares += weight * target * target;
            Blocks.Add(weight * target, centred, vector);
            for (var i = 0; i < judges; i++) Blocks.Add(weight * centred[i], centred, gram.AsSpan(i * judges, judges));
        }

        return new NormalEquations(gram, vector, squares, Math.Max(total - 1, 1));
    }

    /// <summary>The penalty of restricted maximum likelihood and the weights it gives.</summary>
    public static PenalisedFit Ridge(NormalEquations equations, bool scaleKnown = false, double[]? start = null) =>
        new MarginalLikelihood(equations, [new PenaltyBlock(0, equations.Vector.Length, 0)], OneFamily, scaleKnown).Fit(start);

    /// <summary>The weights at a fit's penalty, none below zero.</summary>
    public static double[] NonNegative(NormalEquations equations, PenalisedFit fit)
    {
        var size = equations.Vector.Length;
        var matrix = equations.Gram.AsSpan().ToArray();
        for (var i = 0; i < size; i++) matrix[i * size + i] += Math.Exp(fit.LogPenalties[0]);
        var (bounded, free) = (new bool[size], new bool[size]);
        Array.Fill(bounded, true);
        return BoundedQuadratic.Solve(matrix, equations.Vector, bounded, free);
    }
}
