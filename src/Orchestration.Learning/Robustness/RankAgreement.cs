using Orchestration.Learning.Metrics;

namespace Orchestration.Learning.Robustness;

/// <summary>Agreement between rankings and between raters.</summary>
public static class RankAgreement
{
    /// <summary>Spearman's correlation of two lists, ties sharing the mean of their ranks; NaN where one does not vary.</summary>
    /// <param name="first">Numbers.</param>
    /// <param name="second">As many.</param>
    public static double Spearman(double[] first, double[] second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Length != second.Length) throw new ArgumentException("Both lists are of one length.", nameof(second));
        return first.Length < 2 ? double.NaN : RankCorrelation.Of(first, second, new RowGroups([.. Enumerable.Range(0, first.Length)], first.Length, null)).Value;
    }

    /// <summary>Ranks from 1 for the largest; ties share the mean of their ranks.</summary>
    /// <param name="values">Numbers.</param>
    public static double[] Ranks(double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return [.. values.Select(v => 1 + values.Count(o => o > v) + (values.Count(o => o == v) - 1) / 2.0)];
    }

    /// <summary>
    /// Krippendorff's α with interval distances: 1 less the squared disagreement within rows over that between all values (Krippendorff 2011). Rows with fewer than two
    /// ratings do not count; NaN where all ratings are the same or nobody can be compared.
    /// </summary>
    /// <param name="ratings">For each rater one rating a row; NaN where there is none.</param>
    public static double IntervalAlpha(IReadOnlyList<double[]> ratings)
    {
        ArgumentNullException.ThrowIfNull(ratings);
        var (within, count, sum, squares) = (0.0, 0L, 0.0, 0.0);
        for (var row = 0; row < ratings[0].Length; row++)
        {
            var (m, s, q) = (0, 0.0, 0.0);
            foreach (var rater in ratings)
            {
                if (double.IsNaN(rater[row])) continue;
                m++;
                s += rater[row];
                q += rater[row] * rater[row];
            }

            if (m < 2) continue;

            // All ordered pairs of a row: 2(m Σv² − (Σv)²), of which each value counts 1/(m − 1).
            within += 2 * (m * q - s * s) / (m - 1);
            (count, sum, squares) = (count + m, sum + s, squares + q);
        }

        var between = 2 * (count * squares - sum * sum) / (count - 1.0);
        return between > 0 ? 1 - within / between : double.NaN;
    }
}
