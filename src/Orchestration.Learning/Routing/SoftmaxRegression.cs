using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Routing;

/// <summary>
/// Multinomial logistic regression with a ridge penalty on the weights and none on the intercepts. Fitted by accelerated steps under Böhning's bound of the curvature
/// (1992, Ann. Inst. Statist. Math. 44): no step size to choose, deterministic. Immutable.
/// </summary>
public sealed class SoftmaxRegression
{
    private const int MostSteps = 200;
    private const int LeastSteps = 40;

    // Multiplications that a fit may take before its steps are cut down to the least.
    private const double Budget = 2e9;

    private SoftmaxRegression(int inputs, int classes, double[] weights) => (Inputs, Classes, Weights) = (inputs, classes, weights);

    /// <summary>Numbers of a row.</summary>
    public int Inputs { get; }

    /// <summary>Classes, at least 2.</summary>
    public int Classes { get; }

    /// <summary>(inputs + 1) × classes, row after row; the last row holds the intercepts.</summary>
    public double[] Weights { get; }

    /// <summary>Takes weights as they were stored.</summary>
    /// <exception cref="ArgumentException">Sizes that do not fit.</exception>
    public static SoftmaxRegression Of(int inputs, int classes, double[] weights)
    {
        if (weights.Length != (inputs + 1L) * classes) throw new ArgumentException($"There should be {inputs + 1} × {classes} weights.", nameof(weights));
        return new SoftmaxRegression(inputs, classes, weights);
    }

    /// <summary>Fits.</summary>
    /// <param name="rows">Rows × inputs.</param>
    /// <param name="inputs">Numbers of a row, at least 1.</param>
    /// <param name="classOf">The class of each row, 0 … classes − 1.</param>
    /// <param name="classes">Classes, at least 2.</param>
    /// <param name="penalty">λ of ½λ‖w‖², against the log loss summed over rows; above 0.</param>
    public static SoftmaxRegression Fit(ReadOnlySpan<double> rows, int inputs, ReadOnlySpan<int> classOf, int classes, double penalty)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(penalty);
        if (classOf.Length == 0 || rows.Length != (long)classOf.Length * inputs) throw new ArgumentException("Rows and classes do not fit.", nameof(rows));
        var (count, width) = (classOf.Length, inputs + 1);
        var extended = new double[count * width];
        for (var i = 0; i < count; i++)
        {
            rows.Slice(i * inputs, inputs).CopyTo(extended.AsSpan(i * width));
            extended[i * width + inputs] = 1;
        }

        var bound = new double[width * width];
        for (var i = 0; i < count; i++)
        {
            var row = extended.AsSpan(i * width, width);
            for (var j = 0; j < width; j++) Blocks.Add(0.5 * row[j], row[..(j + 1)], bound.AsSpan(j * width));
        }

        for (var j = 0; j < inputs; j++) bound[j * width + j] += penalty;
        bound[width * width - 1] += 1e-6 * count;
        var factor = Cholesky.Factor(bound, width);
        var steps = (int)Math.Clamp(Budget / ((double)count * width * classes * 2), LeastSteps, MostSteps);
        return new SoftmaxRegression(inputs, classes, Descend(extended, width, classOf, classes, penalty, factor, steps));
    }

    /// <summary>Gives each class its probability.</summary>
    /// <param name="row">Inputs.</param>
    /// <param name="probabilities">Takes one a class; they add up to 1.</param>
    public void Predict(ReadOnlySpan<double> row, Span<double> probabilities)
    {
        Weights.AsSpan(Inputs * Classes, Classes).CopyTo(probabilities);
        for (var j = 0; j < Inputs; j++) Blocks.Add(row[j], Weights.AsSpan(j * Classes, Classes), probabilities);
        Normalise(probabilities[..Classes]);
    }

    private static double[] Descend(double[] rows, int width, ReadOnlySpan<int> classOf, int classes, double penalty, Cholesky factor, int steps)
    {
        var (weights, before, ahead, gradient) = (new double[width * classes], new double[width * classes], new double[width * classes], new double[width * classes]);
        var (column, values) = (new double[width], new double[classes]);
        var (momentum, lastLoss) = (1.0, double.PositiveInfinity);
        for (var step = 0; step < steps; step++)
        {
            Array.Clear(gradient);
            for (var j = 0; j < width - 1; j++) Blocks.Add(penalty, ahead.AsSpan(j * classes, classes), gradient.AsSpan(j * classes, classes));
            var loss = 0.0;
            for (var i = 0; i < classOf.Length; i++)
            {
                Array.Clear(values);
                var row = rows.AsSpan(i * width, width);
                for (var j = 0; j < width; j++) Blocks.Add(row[j], ahead.AsSpan(j * classes, classes), values);
                Normalise(values);
                loss -= Math.Log(Math.Max(values[classOf[i]], 1e-300));
                values[classOf[i]] -= 1;
                for (var j = 0; j < width; j++) Blocks.Add(row[j], values, gradient.AsSpan(j * classes, classes));
            }

            for (var j = 0; j < (width - 1) * classes; j++) loss += penalty / 2 * ahead[j] * ahead[j];

            // Where the loss rises, the momentum has overshot: begin it anew (O'Donoghue and Candès 2015).
            if (loss > lastLoss) momentum = 1;
            lastLoss = loss;
            (before, weights) = (weights, before);
            for (var c = 0; c < classes; c++)
            {
                for (var j = 0; j < width; j++) column[j] = gradient[j * classes + c];
                factor.Solve(column);
                for (var j = 0; j < width; j++) weights[j * classes + c] = ahead[j * classes + c] - column[j];
            }

            var next = (1 + Math.Sqrt(1 + 4 * momentum * momentum)) / 2;
            var push = (momentum - 1) / next;
            momentum = next;
            for (var k = 0; k < ahead.Length; k++) ahead[k] = weights[k] + push * (weights[k] - before[k]);
        }

        return weights;
    }

    private static void Normalise(Span<double> values)
    {
        var largest = values[0];
        foreach (var value in values) largest = Math.Max(largest, value);
        var sum = 0.0;
        for (var c = 0; c < values.Length; c++) sum += values[c] = Math.Exp(values[c] - largest);
        for (var c = 0; c < values.Length; c++) values[c] /= sum;
    }
}
