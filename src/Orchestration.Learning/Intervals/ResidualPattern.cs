namespace Orchestration.Learning.Intervals;

/// <summary>Held-out residuals under one set of missing judges: for each fold sorted, with the weight up to each.</summary>
internal sealed class ResidualPattern
{
    private readonly double[][] _residuals;
    private readonly double[][] _upTo;

    /// <param name="missing">True for the judges that are left out of everything.</param>
    /// <param name="dropped">Those of them that the row had.</param>
    /// <param name="residuals">For each fold the residuals, in any order.</param>
    /// <param name="weights">Their weights, which sum to 1 in each group.</param>
    /// <param name="groups">Groups held out.</param>
    /// <param name="scales">For each fold the expected size of a residual; null where residuals are not scaled.</param>
    public ResidualPattern(bool[] missing, int[] dropped, double[][] residuals, double[][] weights, int groups, ResidualScale[]? scales)
    {
        (Missing, Dropped, Groups, Scales) = (missing, dropped, groups, scales);
        (_residuals, _upTo) = (residuals, weights);
        for (var k = 0; k < residuals.Length; k++)
        {
            Array.Sort(residuals[k], weights[k]);
            for (var i = 1; i < weights[k].Length; i++) weights[k][i] += weights[k][i - 1];
        }
    }

    public bool[] Missing { get; }

    public int[] Dropped { get; }

    public int Groups { get; }

    public ResidualScale[]? Scales { get; }

    /// <summary>
    /// The smallest of the values <c>centre[k] + reach[k] · residual</c> that weight <paramref name="wanted"/> of them does not pass; +∞ where there is less.
    /// Each fold's values are sorted, so the place in each is found by halving, and the smallest of the folds' answers is the answer.
    /// </summary>
    public double Smallest(ReadOnlySpan<double> centre, ReadOnlySpan<double> reach, double wanted)
    {
        var best = double.PositiveInfinity;
        for (var k = 0; k < _residuals.Length; k++)
        {
            var (low, high) = (0, _residuals[k].Length);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (Weight(centre, reach, centre[k] + reach[k] * _residuals[k][middle]) >= wanted) high = middle;
                else low = middle + 1;
            }

            if (low < _residuals[k].Length) best = Math.Min(best, centre[k] + reach[k] * _residuals[k][low]);
        }

        return best;
    }

    /// <summary>The largest of the values that weight <paramref name="wanted"/> of them does not fall below; −∞ where there is less.</summary>
    public double Largest(ReadOnlySpan<double> centre, ReadOnlySpan<double> reach, double wanted)
    {
        var best = double.NegativeInfinity;
        for (var k = 0; k < _residuals.Length; k++)
        {
            // Places from the top: the weight at or above a value falls as the value rises.
            var (low, high) = (0, _residuals[k].Length);
            while (low < high)
            {
                var middle = (low + high) / 2;
                var value = centre[k] + reach[k] * _residuals[k][middle];
                if (Groups - Weight(centre, reach, Math.BitDecrement(value)) + 2e-9 >= wanted) low = middle + 1;
                else high = middle;
            }

            if (low > 0) best = Math.Max(best, centre[k] + reach[k] * _residuals[k][low - 1]);
        }

        return best;
    }

    /// <summary>The weight of values up to and including one. Rounding in sums of shares is not allowed to hide a residual.</summary>
    private double Weight(ReadOnlySpan<double> centre, ReadOnlySpan<double> reach, double value)
    {
        var sum = 1e-9;
        for (var k = 0; k < _residuals.Length; k++)
        {
            var (low, high) = (0, _residuals[k].Length);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (centre[k] + reach[k] * _residuals[k][middle] <= value) low = middle + 1;
                else high = middle;
            }

            if (low > 0) sum += _upTo[k][low - 1];
        }

        return sum;
    }
}
