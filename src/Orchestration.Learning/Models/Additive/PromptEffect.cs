using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Models.Additive;

/// <summary>Sums over the rows of each group.</summary>
/// <param name="Weights">Σ w.</param>
/// <param name="Columns">Groups × columns: Σ w (column − its mean).</param>
/// <param name="Targets">Σ w (target − its mean).</param>
internal sealed record GroupSums(double[] Weights, double[] Columns, double[] Targets);

/// <summary>
/// What rows of one prompt share beyond the judges: residual = prompt effect + noise, with variances θσ² and σ². Both follow from two moments of the
/// residuals, the plain sum of squares and that of the groups' sums, set equal to what they are expected to be after fitting with penalties.
/// </summary>
internal static class PromptEffect
{
    /// <summary>The ratio θ, not below zero, and σ².</summary>
    public static (double Ratio, double Noise) Estimate(NormalEquations equations, GroupSums groups, PenalisedFit fit)
    {
        var size = equations.Vector.Length;
        var total = equations.Freedom + 1;
        var (gram, inverse) = (equations.Gram, fit.Inverse);
        var (inverseGram, between) = (Product(inverse, gram, size), Between(groups, size));
        var kept = Product(inverseGram, inverse, size);
        for (var i = 0; i < kept.Length; i++) kept[i] = 2 * inverse[i] - kept[i];
        var (first, second, third) = (total - 1, total, 0.0);
        var (row, weighted) = (new double[size], new double[size]);
        var (weightSquares, shared) = (0.0, 0.0);
        for (var i = 0; i < size; i++) first -= Blocks.Dot(kept.AsSpan(i * size, size), gram.AsSpan(i * size, size));
        for (var g = 0; g < groups.Weights.Length; g++)
        {
            var weight = groups.Weights[g];
            var sums = groups.Columns.AsSpan(g * size, size);
            Blocks.Multiply(kept, sums, row);
            second -= Blocks.Dot(sums, row) + weight * weight / total;
            Blocks.Multiply(inverse, sums, row);
            third += weight * weight - 2 * (weight * Blocks.Dot(sums, row) + weight * weight * weight / total);
            weightSquares += weight * weight;
            Blocks.Add(weight, sums, weighted);
            var residual = groups.Targets[g] - Blocks.Dot(sums, fit.Coefficients);
            shared += residual * residual;
        }

        var mixed = Product(between, inverse, size);
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++) third += mixed[i * size + j] * mixed[j * size + i];
        }

        Blocks.Multiply(inverse, weighted, row);
        third += 2 * Blocks.Dot(weighted, row) / total + weightSquares * weightSquares / (total * total);
        Blocks.Multiply(gram, fit.Coefficients, row);
        var squares = equations.Squares - 2 * Blocks.Dot(equations.Vector, fit.Coefficients) + Blocks.Dot(fit.Coefficients, row);
        if (!(squares > 0)) return (0, fit.Scale);
        var ratio = shared / squares;
        var below = third - ratio * second;
        var effect = below > 0 ? Math.Max(0, (ratio * first - second) / below) : 0;
        return (effect, squares / (first + effect * second));
    }

    /// <summary>Σ over groups of the outer product of their sums.</summary>
    public static double[] Between(GroupSums groups, int size)
    {
        var between = new double[size * size];
        for (var g = 0; g < groups.Weights.Length; g++)
        {
            var sums = groups.Columns.AsSpan(g * size, size);
            for (var i = 0; i < size; i++) Blocks.Add(sums[i], sums, between.AsSpan(i * size, size));
        }

        return between;
    }

    /// <summary>The product of two square matrices.</summary>
    public static double[] Product(double[] a, double[] b, int size)
    {
        var product = new double[size * size];
        for (var i = 0; i < size; i++)
        {
            for (var k = 0; k < size; k++)
            {
                if (a[i * size + k] != 0) Blocks.Add(a[i * size + k], b.AsSpan(k * size, size), product.AsSpan(i * size, size));
            }
        }

        return product;
    }
}
