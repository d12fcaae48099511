using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Models.Additive;

/// <summary>Coefficients next to each other that share one penalty λ: λ · Σ β².</summary>
/// <param name="Start">First column.</param>
/// <param name="Length">Columns.</param>
/// <param name="Family">Penalties of one family are drawn towards a common one.</param>
internal readonly record struct PenaltyBlock(int Start, int Length, int Family);

/// <summary>What least squares needs of the rows: A = XᵀWX, b = XᵀWy and yᵀWy, columns and y centred where there is an intercept.</summary>
/// <param name="Gram">A.</param>
/// <param name="Vector">b.</param>
/// <param name="Squares">yᵀWy.</param>
/// <param name="Freedom">Σ weights less one for an intercept.</param>
internal sealed record NormalEquations(double[] Gram, double[] Vector, double Squares, double Freedom);

/// <summary>A fit with its penalties.</summary>
/// <param name="LogPenalties">log λ of each block.</param>
/// <param name="Coefficients">β.</param>
/// <param name="Inverse">(A + S)⁻¹.</param>
/// <param name="Scale">σ²; 1 where it is known.</param>
/// <param name="Residual">RSS + βᵀSβ.</param>
/// <param name="Criterion">−log restricted likelihood up to a constant, without the prior of the penalties.</param>
internal sealed record PenalisedFit(double[] LogPenalties, double[] Coefficients, double[] Inverse, double Scale, double Residual, double Criterion);

/// <summary>
/// Chooses every block's penalty by restricted maximum likelihood (Wood 2011, with Gaussian blocks), Newton's method on log λ. Penalties of one
/// family have a Cauchy prior around a common value of the stated width: with few rows they borrow strength from each other, with many each is its
/// own, and one that differs far is left alone.
/// </summary>
internal sealed class MarginalLikelihood(NormalEquations equations, IReadOnlyList<PenaltyBlock> blocks, double[] widths, bool scaleKnown = false)
{
    private const int MostSteps = 100;
    private readonly int _size = equations.Vector.Length;

    /// <summary>Finds the penalties.</summary>
    /// <param name="start">log λ to begin from, or null.</param>
    /// <param name="cancellation">Gives up between steps.</param>
    public PenalisedFit Fit(double[]? start = null, CancellationToken cancellation = default)
    {
        var (low, high) = Bounds();
        var point = new double[blocks.Count + widths.Length];
        for (var k = 0; k < blocks.Count; k++) point[k] = start is null ? (low[k] + high[k]) / 2 : Math.Clamp(start[k], low[k], high[k]);
        for (var f = 0; f < widths.Length; f++)
        {
            var members = blocks.Select((b, k) => (b.Family, point[k])).Where(m => m.Family == f).Select(m => m.Item2).Order().ToArray();
            point[blocks.Count + f] = members.Length == 0 ? 0 : members[members.Length / 2];
        }

        var fit = At(point);
        var value = fit.Criterion + Prior(point);
        for (var step = 0; step < MostSteps && blocks.Count > 0; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            var direction = Direction(fit, point, low, high);
            var longest = direction.Max(Math.Abs);
            if (longest > 4) Blocks.Add(4 / longest - 1, [.. direction], direction);
            var gain = 0.0;
            for (var half = 0; half < 12; half++)
            {
                double[] next = [.. point];
                Blocks.Add(1, direction, next);
                for (var k = 0; k < blocks.Count; k++) next[k] = Math.Clamp(next[k], low[k], high[k]);
                var nextFit = At(next);
                var nextValue = nextFit.Criterion + Prior(next);
                if (nextValue <= value)
                {
                    gain = value - nextValue;
                    (point, fit, value) = (next, nextFit, nextValue);
                    break;
                }

                Blocks.Add(-0.6, [.. direction], direction);
            }

            if (gain < 1e-7) break;
        }

        return fit;
    }

    /// <summary>The fit with given penalties.</summary>
    public PenalisedFit At(ReadOnlySpan<double> logPenalties)
    {
        var matrix = equations.Gram.AsSpan().ToArray();
        var determinant = 0.0;
        for (var k = 0; k < blocks.Count; k++)
        {
            var penalty = Math.Exp(logPenalties[k]);
            for (var i = blocks[k].Start; i < blocks[k].Start + blocks[k].Length; i++) matrix[i * _size + i] += penalty;
            determinant += blocks[k].Length * logPenalties[k];
        }

        var factor = Cholesky.Factor(matrix, _size);
        var beta = equations.Vector.AsSpan().ToArray();
        factor.Solve(beta);
        var residual = Math.Max(equations.Squares - Blocks.Dot(equations.Vector, beta), 1e-12 * equations.Squares + 1e-300);
        var scale = scaleKnown ? 1 : residual / Math.Max(equations.Freedom, 1);
        var misfit = scaleKnown ? residual : equations.Freedom * Math.Log(residual);
        var criterion = (misfit + factor.LogDeterminant() - determinant) / 2;
        return new PenalisedFit(logPenalties[..blocks.Count].ToArray(), beta, factor.Inverse(), scale, residual, criterion);
    }

    /// <summary>How the criterion changes when columns are left out (their penalty infinite) and everything else stays.</summary>
    /// <param name="fit">The fit they are part of.</param>
    /// <param name="leftOut">The blocks left out, next to each other.</param>
    public double ChangeWithout(PenalisedFit fit, ReadOnlySpan<int> leftOut)
    {
        var start = blocks[leftOut[0]].Start;
        var length = 0;
        var determinant = 0.0;
        foreach (var k in leftOut)
        {
            length += blocks[k].Length;
            determinant += blocks[k].Length * fit.LogPenalties[k];
        }

        var inner = new double[length * length];
        for (var i = 0; i < length; i++) fit.Inverse.AsSpan((start + i) * _size + start, length).CopyTo(inner.AsSpan(i * length));
        var factor = Cholesky.Factor(inner, length);
        var beta = fit.Coefficients.AsSpan(start, length).ToArray();
        factor.SolveLower(beta);
        var residual = fit.Residual + Blocks.Dot(beta, beta);
        var misfit = scaleKnown ? residual - fit.Residual : equations.Freedom * Math.Log(residual / fit.Residual);
        return (misfit + factor.LogDeterminant() + determinant) / 2;
    }

    private (double[] Low, double[] High) Bounds()
    {
        var (low, high) = (new double[blocks.Count], new double[blocks.Count]);
        for (var k = 0; k < blocks.Count; k++)
        {
            var trace = 0.0;
            for (var i = blocks[k].Start; i < blocks[k].Start + blocks[k].Length; i++) trace += equations.Gram[i * _size + i];
            var typical = Math.Log(trace / blocks[k].Length + 1e-12);
            (low[k], high[k]) = (typical - 16, typical + 14);
        }

        return (low, high);
    }

    private double Prior(double[] point)
    {
        var sum = 0.0;
        for (var k = 0; k < blocks.Count; k++)
        {
            var distance = (point[k] - point[blocks.Count + blocks[k].Family]) / widths[blocks[k].Family];
            sum += Math.Log(1 + distance * distance);
        }

        return sum;
    }

    private double[] Direction(PenalisedFit fit, double[] point, double[] low, double[] high)
    {
        var count = point.Length;
        var (gradient, hessian) = (new double[count], new double[count * count]);
        var lambda = fit.LogPenalties.Select(Math.Exp).ToArray();
        var precision = scaleKnown ? 1 : equations.Freedom / fit.Residual;
        var (traces, squares) = (new double[blocks.Count], new double[blocks.Count]);
        for (var k = 0; k < blocks.Count; k++)
        {
            var part = fit.Coefficients.AsSpan(blocks[k].Start, blocks[k].Length);
            squares[k] = lambda[k] * Blocks.Dot(part, part);
            for (var i = blocks[k].Start; i < blocks[k].Start + blocks[k].Length; i++) traces[k] += lambda[k] * fit.Inverse[i * _size + i];
            gradient[k] = (precision * squares[k] + traces[k] - blocks[k].Length) / 2;
        }

        for (var k = 0; k < blocks.Count; k++)
        {
            for (var l = 0; l <= k; l++)
            {
                var (trace, cross) = (0.0, 0.0);
                var right = fit.Coefficients.AsSpan(blocks[l].Start, blocks[l].Length);
                for (var i = blocks[k].Start; i < blocks[k].Start + blocks[k].Length; i++)
                {
                    var row = fit.Inverse.AsSpan(i * _size + blocks[l].Start, blocks[l].Length);
                    trace += Blocks.Dot(row, row);
                    cross += fit.Coefficients[i] * Blocks.Dot(row, right);
                }

                var value = -lambda[k] * lambda[l] * (precision * cross + trace / 2);
                if (!scaleKnown) value -= precision / fit.Residual * squares[k] * squares[l] / 2;
                if (k == l) value += (precision * squares[k] + traces[k]) / 2;
                hessian[k * count + l] = hessian[l * count + k] = value;
            }
        }

        for (var k = 0; k < blocks.Count; k++)
        {
            var centre = blocks.Count + blocks[k].Family;
            var distance = point[k] - point[centre];
            var pull = 2 / (widths[blocks[k].Family] * widths[blocks[k].Family] + distance * distance);
            gradient[k] += pull * distance;
            gradient[centre] -= pull * distance;
            hessian[k * count + k] += pull;
            hessian[centre * count + centre] += pull;
            hessian[k * count + centre] = hessian[centre * count + k] = -pull;
        }

        // A penalty at its bound that wants to go further stays there.
        for (var k = 0; k < blocks.Count; k++)
        {
            if ((point[k] < high[k] || gradient[k] > 0) && (point[k] > low[k] || gradient[k] < 0)) continue;
            gradient[k] = 0;
            for (var l = 0; l < count; l++) hessian[k * count + l] = hessian[l * count + k] = 0;
        }

        return Descend(gradient, hessian, count);
    }

    private static double[] Descend(double[] gradient, double[] hessian, int count)
    {
        var largest = 1e-6;
        for (var k = 0; k < count; k++) largest = Math.Max(largest, Math.Abs(hessian[k * count + k]));
        for (var share = 1e-9; ; share *= 10)
        {
            var raised = hessian.AsSpan().ToArray();
            for (var k = 0; k < count; k++) raised[k * count + k] += share * largest;
            if (Cholesky.TryFactor(raised, count) is not { } factor) continue;
            double[] direction = [.. gradient.Select(g => -g)];
            factor.Solve(direction);
            return direction;
        }
    }
}
