using Orchestration.Learning.Models.Linear;

namespace Orchestration.Learning.Calibrating;

/// <summary>
/// From a judge's score to the label that it stands for: isotonic least squares, linear between knots, constant outside the labelled scores. The mean of the calibrated scores over the rows that it was
/// fitted on is the mean of their labels. Immutable.
/// </summary>
public sealed class IsotonicCalibrator
{
    private readonly double[] _knots;
    private readonly double[] _values;

    private IsotonicCalibrator(double[] knots, double[] values) => (_knots, _values) = (knots, values);

    /// <summary>Scores at which the function is known, rising; the first and the last bound the labelled range.</summary>
    public IReadOnlyList<double> Knots => _knots;

    /// <summary>The labels that they stand for, never falling.</summary>
    public IReadOnlyList<double> Values => _values;

    /// <summary>Fits labels to scores. Rows of one score are one point.</summary>
    /// <param name="scores">Finite, on any scale on which higher is better.</param>
    /// <param name="labels">Finite, one a score, on any scale on which higher is better.</param>
    /// <exception cref="ArgumentException">No row, different lengths, or a number that is not finite.</exception>
    public static IsotonicCalibrator Fit(double[] scores, double[] labels)
    {
        LabelledRows.Check(scores, labels);
        var (knots, values) = PooledRuns.Fit(scores, labels, null, 0);
        return new IsotonicCalibrator(knots, values);
    }

    /// <summary>The label that a score stands for; outside the labelled range that of its nearer end.</summary>
    /// <param name="score">A finite score.</param>
    public double Of(double score) => Between(_knots, _values, score);

    /// <summary>True where no label says anything of such a score: below the lowest labelled score or above the highest.</summary>
    /// <param name="score">A finite score.</param>
    public bool IsOutside(double score) => score < _knots[0] || score > _knots[^1];

    internal static double Between(double[] knots, double[] values, double score)
    {
        var at = Array.BinarySearch(knots, score);
        if (at >= 0) return values[at];
        at = ~at;
        if (at == 0) return values[0];
        if (at == knots.Length) return values[^1];
        var share = (score - knots[at - 1]) / (knots[at] - knots[at - 1]);
        return values[at - 1] + share * (values[at] - values[at - 1]);
    }
}
