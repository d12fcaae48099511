namespace Orchestration.Core.Routing.Models;

/// <summary>
/// How far predictions are to be believed, measured: an expert's cross-fitted predictions in up to ten bins of equal size, each with the mean of what came true less what was predicted, and its standard
/// error. The interval around a prediction is that of the mean quality of prompts with such a prediction, at 95%. Immutable by agreement.
/// </summary>
/// <param name="Edges">Experts × (<see cref="Bins"/> − 1): where bins part, rising; infinite where there are fewer.</param>
/// <param name="Offsets">Experts × bins: mean of true less predicted.</param>
/// <param name="Errors">Experts × bins: standard error of that mean.</param>
internal sealed record PredictionBins(double[] Edges, double[] Offsets, double[] Errors)
{
    /// <summary>Bins at most.</summary>
    public const int Bins = 10;

    /// <summary>Rows of a bin at least.</summary>
    public const int LeastRows = 30;

    private const double Deviations = 1.959963984540054;

    public static PredictionBins Fit(double[] predicted, double[] truth, int experts)
    {
        var rows = truth.Length / experts;
        var bins = Math.Clamp(rows / LeastRows, 1, Bins);
        var (edges, offsets, errors) = (new double[experts * (Bins - 1)], new double[experts * Bins], new double[experts * Bins]);
        Array.Fill(edges, double.MaxValue);
        for (var m = 0; m < experts; m++)
        {
            var expert = m;
            int[] order = [.. Enumerable.Range(0, rows).OrderBy(i => predicted[i * experts + expert])];
            for (var b = 0; b < Bins; b++)
            {
                var (from, to) = (Math.Min(b, bins - 1) * rows / bins, (Math.Min(b, bins - 1) + 1) * rows / bins);
                if (b < bins - 1) edges[m * (Bins - 1) + b] = predicted[order[to] * experts + m];
                var (sum, squares) = (0.0, 0.0);
                for (var i = from; i < to; i++)
                {
                    var apart = truth[order[i] * experts + m] - predicted[order[i] * experts + m];
                    sum += apart;
                    squares += apart * apart;
                }

                var (n, mean) = (to - from, sum / (to - from));
                offsets[m * Bins + b] = mean;
                errors[m * Bins + b] = n < 2 ? 0.5 : Math.Sqrt(Math.Max(0, squares / n - mean * mean) / (n - 1));
            }
        }

        return new PredictionBins(edges, offsets, errors);
    }

    /// <summary>The interval around a prediction, 0–1; it holds the prediction.</summary>
    public (double Lower, double Upper) Interval(int expert, double predicted)
    {
        var bin = 0;
        while (bin < Bins - 1 && predicted >= Edges[expert * (Bins - 1) + bin]) bin++;
        var (middle, half) = (predicted + Offsets[expert * Bins + bin], Deviations * Errors[expert * Bins + bin]);
        return (Math.Clamp(Math.Min(predicted, middle - half), 0, 1), Math.Clamp(Math.Max(predicted, middle + half), 0, 1));
    }
}
