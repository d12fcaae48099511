using Orchestration.Learning.Algebra;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Models.Stacked;

/// <summary>Weights of a convex blend: not below zero, of sum 1, that lose least on rows where each member's number is known out of fold.</summary>
internal static class SimplexBlend
{
    private const int Steps = 30;

    /// <summary>The weights.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="numbers">[draw][member][row], out of fold; the draws count alike.</param>
    /// <param name="used">The rows to learn from.</param>
    public static double[] Weights(LearningRows rows, double[][][] numbers, int[] used) =>
        rows is ScoreRows scores ? OfSquares(scores, numbers, used) : OfLogLoss((PreferenceRows)rows, numbers, used);

    /// <summary>
    /// With weights of sum 1 the residual of the blend is the blend of the residuals, so what is lost is w'Ew with E their products; on the simplex that is least at
    /// x/Σx, x the non-negative minimum of ½x'Ex − Σx.
    /// </summary>
    private static double[] OfSquares(ScoreRows rows, double[][][] numbers, int[] used)
    {
        var members = numbers[0].Length;
        var products = new double[members * members];
        var residual = new double[members];
        foreach (var draw in numbers)
        {
            foreach (var i in used)
            {
                for (var m = 0; m < members; m++) residual[m] = rows.Data.Targets[i] - draw[m][i];
                Add(products, residual, rows.Weights?[i] ?? 1);
            }
        }

        return Least(products, members);
    }

    /// <summary>Newton's steps on the log loss: each is the problem of squares on working responses (iteratively reweighted least squares), halved until less is lost.</summary>
    private static double[] OfLogLoss(PreferenceRows rows, double[][][] numbers, int[] used)
    {
        var members = numbers[0].Length;
        var weights = Enumerable.Repeat(1.0 / members, members).ToArray();
        var lost = Loss(rows, numbers, used, weights);
        for (var step = 0; step < Steps; step++)
        {
            var products = new double[members * members];
            var residual = new double[members];
            foreach (var draw in numbers)
            {
                foreach (var i in used)
                {
                    var margin = Blended(draw, weights, i);
                    var chance = 1 / (1 + Math.Exp(-margin));
                    var curvature = Math.Max(chance * (1 - chance), 1e-4);
                    var response = margin - (chance - rows.Data.Labels[i]) / curvature;
                    for (var m = 0; m < members; m++) residual[m] = response - draw[m][i];
                    Add(products, residual, curvature * (rows.Weights?[i] ?? 1));
                }
            }

            var aim = Least(products, members);
            var (better, size) = (false, 1.0);
            for (var halving = 0; halving < 12 && !better; halving++, size /= 2)
            {
                var moved = weights.Zip(aim, (w, a) => w + size * (a - w)).ToArray();
                var loss = Loss(rows, numbers, used, moved);
                better = loss < lost - 1e-12 * Math.Abs(lost);
                if (better) (weights, lost) = (moved, loss);
            }

            if (!better) break;
        }

        return weights;
    }

    /// <summary>The blend's number for a row.</summary>
    public static double Blended(double[][] members, ReadOnlySpan<double> weights, int row)
    {
        var sum = 0.0;
        for (var m = 0; m < weights.Length; m++) sum += weights[m] * members[m][row];
        return sum;
    }

    private static double Loss(PreferenceRows rows, double[][][] numbers, int[] used, double[] weights)
    {
        var sum = 0.0;
        foreach (var draw in numbers)
        {
            foreach (var i in used) sum += (rows.Weights?[i] ?? 1) * rows.Loss(i, Blended(draw, weights, i));
        }

        return sum;
    }

    private static void Add(double[] products, double[] residual, double weight)
    {
        for (var a = 0; a < residual.Length; a++)
        {
            for (var b = 0; b <= a; b++) products[a * residual.Length + b] += weight * residual[a] * residual[b];
        }
    }

    private static double[] Least(double[] products, int members)
    {
        var trace = 0.0;
        for (var m = 0; m < members; m++) trace += products[m * members + m];
        if (!(trace > 0)) return [1, .. new double[members - 1]];
        for (var a = 0; a < members; a++)
        {
            for (var b = 0; b < a; b++) products[b * members + a] = products[a * members + b];
        }

        // Members that agree word for word share their weight instead of making the matrix singular.
        for (var m = 0; m < members; m++) products[m * members + m] += 1e-7 * trace / members;
        var (ones, bounded, free) = (new double[members], new bool[members], new bool[members]);
        Array.Fill(ones, trace / members);
        Array.Fill(bounded, true);
        Array.Fill(free, true);
        var x = BoundedQuadratic.Solve(products, ones, bounded, free);
        var sum = x.Sum();
        for (var m = 0; m < members; m++) x[m] /= sum;
        return x;
    }
}
