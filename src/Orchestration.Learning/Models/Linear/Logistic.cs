using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Models.Linear;

/// <summary>
/// Penalised logistic regression without intercept by Newton's method (IRLS): minimises Σ w·(log(1 + e^η) − yη) + ½ βᵀSβ, η = Xβ, y in 0–1, some
/// coefficients not below zero. Steps are halved until the sum falls.
/// </summary>
internal static class Logistic
{
    private const int MostSteps = 50;

    /// <summary>Fits it.</summary>
    /// <param name="columns">Rows × columns.</param>
    /// <param name="labels">1, ½ or 0.</param>
    /// <param name="weights">One a row, or null.</param>
    /// <param name="penalty">S, columns × columns, positive semidefinite.</param>
    /// <param name="bounded">True where a coefficient may not be negative.</param>
    /// <param name="start">Where to begin; null for zero.</param>
    /// <returns>The coefficients and XᵀWX at them.</returns>
    public static (double[] Coefficients, double[] Information) Fit(
        double[] columns, double[] labels, double[]? weights, double[] penalty, bool[] bounded, double[]? start = null)
    {
        var size = bounded.Length;
        var beta = start is null ? new double[size] : [.. start];
        var free = new bool[size];
        Array.Fill(free, true);
        var loss = Loss(columns, labels, weights, penalty, beta);
        var (information, gradient) = Derivatives(columns, labels, weights, beta);
        for (var step = 0; step < MostSteps; step++)
        {
            // Newton's model around β, written for the new β itself so that bounds stay bounds: H β' = XᵀWX β + Xᵀ(y − p).
            var hessian = new double[size * size];
            var right = new double[size];
            for (var i = 0; i < size; i++)
            {
                right[i] = gradient[i] + Blocks.Dot(beta, information.AsSpan(i * size, size));
                for (var j = 0; j < size; j++) hessian[i * size + j] = information[i * size + j] + penalty[i * size + j];
                hessian[i * size + i] += 1e-10 + 1e-10 * hessian[i * size + i];
            }

            var target = BoundedQuadratic.Solve(hessian, right, bounded, free);
            var (next, nextLoss) = (target, Loss(columns, labels, weights, penalty, target));
            for (var half = 0; half < 30 && !(nextLoss <= loss + 1e-12 * Math.Abs(loss)); half++)
            {
                next = [.. beta.Zip(next, (a, b) => (a + b) / 2)];
                nextLoss = Loss(columns, labels, weights, penalty, next);
            }

            var settled = loss - nextLoss < 1e-10 * (Math.Abs(loss) + 1e-10);
            if (nextLoss <= loss) (beta, loss) = (next, nextLoss);
            (information, gradient) = Derivatives(columns, labels, weights, beta);
            if (settled) break;
        }

        return (beta, information);
    }

    /// <summary>log(1 + e^η) without overflow.</summary>
    public static double SoftPlus(double eta) => Math.Max(eta, 0) + Math.Log(1 + Math.Exp(-Math.Abs(eta)));

    /// <summary>1/(1 + e^−η).</summary>
    public static double Sigmoid(double eta)
    {
        var e = Math.Exp(-Math.Abs(eta));
        return eta >= 0 ? 1 / (1 + e) : e / (1 + e);
    }

    private static double Loss(double[] columns, double[] labels, double[]? weights, double[] penalty, double[] beta)
    {
        var size = beta.Length;
        var sum = 0.0;
        for (var row = 0; row < labels.Length; row++)
        {
            var eta = Blocks.Dot(beta, columns.AsSpan(row * size, size));
            sum += (weights?[row] ?? 1) * (SoftPlus(eta) - labels[row] * eta);
        }

        for (var i = 0; i < size; i++) sum += 0.5 * beta[i] * Blocks.Dot(beta, penalty.AsSpan(i * size, size));
        return sum;
    }

    private static (double[] Information, double[] Gradient) Derivatives(double[] columns, double[] labels, double[]? weights, double[] beta)
    {
        var size = beta.Length;
        var (information, gradient) = (new double[size * size], new double[size]);
        for (var row = 0; row < labels.Length; row++)
        {
            var x = columns.AsSpan(row * size, size);
            var weight = weights?[row] ?? 1;
            var chance = Sigmoid(Blocks.Dot(beta, x));
            Blocks.Add(weight * (labels[row] - chance), x, gradient);
            var curvature = weight * chance * (1 - chance);
            for (var i = 0; i < size; i++)
            {
                if (x[i] != 0) Blocks.Add(curvature * x[i], x[..(i + 1)], information.AsSpan(i * size, i + 1));
            }
        }

        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < i; j++) information[j * size + i] = information[i * size + j];
        }

        return (information, gradient);
    }
}
