using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Models.Additive;

/// <summary>
/// Fits whose curves never fall: a spline with coefficients that do not fall does not either, so the steps between a judge's coefficients are the
/// unknowns and may not be negative. Penalties are those of the free fit.
/// </summary>
internal static class RisingCurves
{
    /// <summary>The free fit, with the steps that would be negative held at zero.</summary>
    public static PenalisedFit Constrain(SplineDesign design, NormalEquations equations, PenaltyBlock[] blocks, PenalisedFit free)
    {
        var size = equations.Vector.Length;
        var map = new double[size * size];
        var hessian = equations.Gram.AsSpan().ToArray();
        var bounded = new bool[size];
        var held = new bool[size];
        for (var k = 0; k < blocks.Length; k++)
        {
            for (var i = blocks[k].Start; i < blocks[k].Start + blocks[k].Length; i++)
            {
                held[i] = double.IsPositiveInfinity(free.LogPenalties[k]);
                hessian[i * size + i] += held[i] ? 0 : Math.Exp(free.LogPenalties[k]);
            }
        }

        for (var i = 0; i < size; i++) map[i * size + i] = 1;
        for (var j = 0; j < design.Judges; j++)
        {
            var (start, length) = (design.Start(j), design.Length(j));
            if (length == 0) continue;
            for (var i = 0; i < length; i++) bounded[start + i] = true;
            if (Enumerable.Range(start, length).Any(i => held[i])) continue;
            var steps = new double[length * length];
            var transform = design.TransformOf(j);
            for (var i = 0; i < length; i++)
            {
                for (var c = 0; c < length; c++) steps[i * length + c] = transform[(i + 1) * length + c] - transform[i * length + c];
            }

            var inverse = SmallInverse.Of(steps, length);
            for (var i = 0; i < length; i++) inverse.AsSpan(i * length, length).CopyTo(map.AsSpan((start + i) * size + start));
        }

        // Unknowns u with β = map u: what is minimised is ½ uᵀ(mapᵀ H map)u − (mapᵀ b)ᵀu over those not held.
        var turned = Transposed(map, size);
        var matrix = PromptEffect.Product(PromptEffect.Product(turned, hessian, size), map, size);
        var vector = new double[size];
        Blocks.Multiply(turned, equations.Vector, vector);
        var places = Enumerable.Range(0, size).Where(i => !held[i]).ToArray();
        var (small, right) = (new double[places.Length * places.Length], new double[places.Length]);
        for (var a = 0; a < places.Length; a++)
        {
            right[a] = vector[places[a]];
            for (var b = 0; b < places.Length; b++) small[a * places.Length + b] = matrix[places[a] * size + places[b]];
        }

        var rising = new bool[places.Length];
        Array.Fill(rising, true);
        var solution = BoundedQuadratic.Solve(small, right, [.. places.Select(i => bounded[i])], rising);
        var (beta, rises) = (new double[size], new double[size]);
        for (var a = 0; a < places.Length; a++) rises[places[a]] = solution[a];
        Blocks.Multiply(map, rises, beta);
        Blocks.Multiply(equations.Gram, beta, vector);
        var residual = equations.Squares - 2 * Blocks.Dot(equations.Vector, beta) + Blocks.Dot(beta, vector);
        for (var i = 0; i < size; i++) residual += (hessian[i * size + i] - equations.Gram[i * size + i]) * beta[i] * beta[i];
        return free with { Coefficients = beta, Inverse = Inverse(matrix, map, turned, [.. places.Where((_, a) => rising[a])], size), Residual = residual };
    }

    private static double[] Inverse(double[] matrix, double[] map, double[] turned, int[] free, int size)
    {
        var inner = new double[free.Length * free.Length];
        for (var a = 0; a < free.Length; a++)
        {
            for (var b = 0; b < free.Length; b++) inner[a * free.Length + b] = matrix[free[a] * size + free[b]];
        }

        var inverse = free.Length == 0 ? [] : Cholesky.Factor(inner, free.Length).Inverse();
        var wide = new double[size * size];
        for (var a = 0; a < free.Length; a++)
        {
            for (var b = 0; b < free.Length; b++) wide[free[a] * size + free[b]] = inverse[a * free.Length + b];
        }

        return PromptEffect.Product(PromptEffect.Product(map, wide, size), turned, size);
    }

    private static double[] Transposed(double[] matrix, int size)
    {
        var turned = new double[size * size];
        for (var i = 0; i < size; i++)
        {
            for (var k = 0; k < size; k++) turned[k * size + i] = matrix[i * size + k];
        }

        return turned;
    }
}
