namespace Orchestration.Core.Reports.Charts;

/// <summary>How many values lie in a stretch; the last one of a histogram holds its upper end too.</summary>
/// <param name="From">Lower end, inside.</param>
/// <param name="To">Upper end, outside.</param>
/// <param name="Count">Values, or their weight.</param>
public readonly record struct HistogramBin(double From, double To, double Count)
{
    /// <summary>Bins of equal width from <paramref name="low"/> to <paramref name="high"/>; values that are not finite or lie beyond are not counted.</summary>
    /// <param name="values">The values.</param>
    /// <param name="low">Lower end.</param>
    /// <param name="high">Upper end, above <paramref name="low"/>.</param>
    /// <param name="bins">How many, at least 1.</param>
    /// <exception cref="ArgumentException">The ends are not a range, or there are no bins.</exception>
    public static IReadOnlyList<HistogramBin> Of(IEnumerable<double> values, double low, double high, int bins)
    {
        if (!(high > low) || !double.IsFinite(high - low)) throw new ArgumentException("The upper end lies above the lower one.", nameof(high));
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        var counts = new long[bins];
        foreach (var value in values)
        {
            if (!(value >= low && value <= high)) continue;
            counts[Math.Min(bins - 1, (int)((value - low) / (high - low) * bins))]++;
        }

        var width = (high - low) / bins;
        return [.. counts.Select((count, i) => new HistogramBin(low + i * width, i == bins - 1 ? high : low + (i + 1) * width, count))];
    }
}
