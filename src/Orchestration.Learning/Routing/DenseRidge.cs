using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Routing;

/// <summary>Ridge regression of many targets on a few standardised numbers, with an intercept that is not penalised. Immutable.</summary>
public sealed class DenseRidge
{
    private DenseRidge(int inputs, int outputs, double[] weights, double[] intercepts) => (Inputs, Outputs, Weights, Intercepts) = (inputs, outputs, weights, intercepts);

    /// <summary>Numbers of a row.</summary>
    public int Inputs { get; }

    /// <summary>Targets.</summary>
    public int Outputs { get; }

    /// <summary>Weights on the rows as they are given (not standardised): inputs × outputs, row after row.</summary>
    public double[] Weights { get; }

    /// <summary>One a target.</summary>
    public double[] Intercepts { get; }

    /// <summary>Takes weights as they were stored.</summary>
    /// <exception cref="ArgumentException">Sizes that do not fit.</exception>
    public static DenseRidge Of(int inputs, int outputs, double[] weights, double[] intercepts)
    {
        if (weights.Length != (long)inputs * outputs || intercepts.Length != outputs) throw new ArgumentException($"There should be {inputs} × {outputs} weights and {outputs} intercepts.", nameof(weights));
        return new DenseRidge(inputs, outputs, weights, intercepts);
    }

    /// <summary>Fits.</summary>
    /// <param name="rows">Rows × inputs.</param>
    /// <param name="targets">Rows × outputs.</param>
    /// <param name="inputs">Numbers of a row.</param>
    /// <param name="outputs">Targets.</param>
    /// <param name="penalty">λ on weights of standardised inputs, above 0, for a sum of squares over rows.</param>
    public static DenseRidge Fit(ReadOnlySpan<double> rows, ReadOnlySpan<double> targets, int inputs, int outputs, double penalty)
    {
        var count = rows.Length / inputs;
        if (count == 0 || rows.Length != (long)count * inputs || targets.Length != (long)count * outputs) throw new ArgumentException("Rows and targets do not fit.", nameof(rows));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(penalty);
        var (means, scales) = Moments(rows, inputs);
        var (intercepts, _) = Moments(targets, outputs);
        var (gram, cross) = (new double[inputs * inputs], new double[inputs * outputs]);
        var (x, y) = (new double[inputs], new double[outputs]);
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < inputs; j++) x[j] = (rows[i * inputs + j] - means[j]) / scales[j];
            for (var k = 0; k < outputs; k++) y[k] = targets[i * outputs + k] - intercepts[k];
            for (var j = 0; j < inputs; j++)
            {
                Blocks.Add(x[j], x.AsSpan(0, j + 1), gram.AsSpan(j * inputs));
                Blocks.Add(x[j], y, cross.AsSpan(j * outputs));
            }
        }

        for (var j = 0; j < inputs; j++) gram[j * inputs + j] += penalty;
        var factor = Cholesky.Factor(gram, inputs);
        var weights = new double[inputs * outputs];
        var column = new double[inputs];
        for (var k = 0; k < outputs; k++)
        {
            for (var j = 0; j < inputs; j++) column[j] = cross[j * outputs + k];
            factor.Solve(column);
            for (var j = 0; j < inputs; j++)
            {
                weights[j * outputs + k] = column[j] / scales[j];
                intercepts[k] -= weights[j * outputs + k] * means[j];
            }
        }

        return new DenseRidge(inputs, outputs, weights, intercepts);
    }

    /// <summary>Predicts one row's targets.</summary>
    /// <param name="row">Inputs.</param>
    /// <param name="values">Takes the outputs.</param>
    public void Predict(ReadOnlySpan<double> row, Span<double> values)
    {
        Intercepts.CopyTo(values);
        for (var j = 0; j < Inputs; j++) Blocks.Add(row[j], Weights.AsSpan(j * Outputs, Outputs), values);
    }

    /// <summary>Means and standard deviations of columns; 1 where a column is constant.</summary>
    internal static (double[] Means, double[] Scales) Moments(ReadOnlySpan<double> rows, int width)
    {
        var count = rows.Length / width;
        var (means, scales) = (new double[width], new double[width]);
        for (var i = 0; i < count; i++) Blocks.Add(1.0 / count, rows.Slice(i * width, width), means);
        for (var i = 0; i < count; i++)
        {
            for (var k = 0; k < width; k++) scales[k] += (rows[i * width + k] - means[k]) * (rows[i * width + k] - means[k]);
        }

        for (var k = 0; k < width; k++) scales[k] = scales[k] > 1e-20 * count ? Math.Sqrt(scales[k] / count) : 1;
        return (means, scales);
    }
}
