namespace Orchestration.Learning.Calibrating;

/// <summary>
/// From a judge's scores to human grades so that the mapped scores are distributed as the grades are: the map of least squared transport between the two distributions (Wasserstein; on a line it takes quantiles to
/// quantiles, Villani 2003, §2.2). Scores that are equal go to the mean of the grades that they are matched with, so the mapped mean is the grades' mean. It needs grades, not pairs of
/// score and grade: it repairs how a judge uses its scale, not which answers it prefers. Immutable.
/// </summary>
public sealed class QuantileMap
{
    private readonly double[] _knots;
    private readonly double[] _values;

    private QuantileMap(double[] knots, double[] values) => (_knots, _values) = (knots, values);

    /// <summary>The different scores that it was fitted on, rising.</summary>
    public IReadOnlyList<double> Knots => _knots;

    /// <summary>The grades that they are mapped to, never falling.</summary>
    public IReadOnlyList<double> Values => _values;

    /// <summary>Fits the map.</summary>
    /// <param name="scores">Finite scores of the judge; at least one.</param>
    /// <param name="grades">Finite human grades, of the same or of other answers; at least one.</param>
    /// <exception cref="ArgumentException">Nothing on one side, or a number that is not finite.</exception>
    public static QuantileMap Fit(double[] scores, double[] grades)
    {
        var (from, to) = (Sorted(scores, nameof(scores)), Sorted(grades, nameof(grades)));
        var (knots, values) = (new List<double>(), new List<double>());
        for (int first = 0, next; first < from.Length; first = next)
        {
            for (next = first; next < from.Length && from[next] == from[first]; next++)
            {
            }

            knots.Add(from[first]);

            // Rounding must not make the mean of a higher stretch the lower one.
            var mean = Mean(to, (double)first / from.Length, (double)next / from.Length);
            values.Add(values.Count == 0 ? mean : Math.Max(values[^1], mean));
        }

        return new QuantileMap([.. knots], [.. values]);
    }

    /// <summary>The grade of a score: linear between the scores fitted on, that of the nearer end outside.</summary>
    /// <param name="score">A finite score.</param>
    public double Of(double score) => IsotonicCalibrator.Between(_knots, _values, score);

    /// <summary>
    /// Wasserstein's distance of order 1 between two samples, on their scale: how far, on average, one must be moved to be distributed as the other. The area between the two
    /// distribution functions.
    /// </summary>
    /// <param name="first">Finite numbers; at least one.</param>
    /// <param name="second">Finite numbers; at least one, not necessarily as many.</param>
    public static double Distance(double[] first, double[] second)
    {
        var (a, b) = (Sorted(first, nameof(first)), Sorted(second, nameof(second)));
        var (i, j, area, at) = (0, 0, 0.0, Math.Min(a[0], b[0]));
        while (i < a.Length || j < b.Length)
        {
            var next = i < a.Length && (j >= b.Length || a[i] <= b[j]) ? a[i] : b[j];
            area += Math.Abs((double)i / a.Length - (double)j / b.Length) * (next - at);
            at = next;
            while (i < a.Length && a[i] == next) i++;
            while (j < b.Length && b[j] == next) j++;
        }

        return area;
    }

    /// <summary>The mean of the sorted numbers' quantile function between two shares.</summary>
    private static double Mean(double[] sorted, double low, double high)
    {
        var (sum, first) = (0.0, Math.Min((int)(low * sorted.Length), sorted.Length - 1));
        for (var k = first; k < sorted.Length; k++)
        {
            var overlap = Math.Min(high, (k + 1.0) / sorted.Length) - Math.Max(low, (double)k / sorted.Length);
            if (overlap <= 0 && k > first) break;
            sum += Math.Max(overlap, 0) * sorted[k];
        }

        return Math.Clamp(sum / (high - low), sorted[first], sorted[^1]);
    }

    private static double[] Sorted(double[] numbers, string name)
    {
        ArgumentNullException.ThrowIfNull(numbers, name);
        if (numbers.Length == 0) throw new ArgumentException("At least one number.", name);
        if (Array.Exists(numbers, static x => !double.IsFinite(x))) throw new ArgumentException("Every number is finite.", name);
        var sorted = (double[])numbers.Clone();
        Array.Sort(sorted);
        return sorted;
    }
}
