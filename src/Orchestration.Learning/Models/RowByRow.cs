namespace Orchestration.Learning.Models;

/// <summary>Many rows as single rows, for models without a faster way, and small sums over rows.</summary>
internal static class RowByRow
{
    public static void Predict(IScoreModel model, ReadOnlySpan<double> scores, Span<double> predictions)
    {
        if (scores.Length != (long)predictions.Length * model.Judges)
            throw new ArgumentException($"{scores.Length} scores for {predictions.Length} rows of {model.Judges} judges.", nameof(scores));
        for (var row = 0; row < predictions.Length; row++) predictions[row] = model.Predict(scores.Slice(row * model.Judges, model.Judges));
    }

    /// <summary>Judges up to which a row is filled on the stack.</summary>
    public const int OnStack = 256;

    public static double Average(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values) sum += value;
        return sum / values.Length;
    }

    /// <summary>Weighted mean; plain where there are no weights.</summary>
    public static double Average(ReadOnlySpan<double> values, double[]? weights)
    {
        if (weights is null) return Average(values);
        var (sum, total) = (0.0, 0.0);
        for (var i = 0; i < values.Length; i++)
        {
            sum += weights[i] * values[i];
            total += weights[i];
        }

        return sum / total;
    }

    /// <summary>Weighted least squares of y on one x: intercept and slope, slope 0 where x does not vary.</summary>
    public static (double Intercept, double Slope) Line(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double[]? weights, bool rising)
    {
        var (meanX, meanY) = (Average(x, weights), Average(y, weights));
        var (xx, xy) = (0.0, 0.0);
        for (var i = 0; i < x.Length; i++)
        {
            var weight = weights?[i] ?? 1;
            xx += weight * (x[i] - meanX) * (x[i] - meanX);
            xy += weight * (x[i] - meanX) * (y[i] - meanY);
        }

        var slope = xx > 1e-14 * x.Length ? xy / xx : 0;
        if (rising) slope = Math.Max(slope, 0);
        return (meanY - slope * meanX, slope);
    }
}
