namespace Orchestration.Learning.Agreement;

/// <summary>How far apart two ratings are.</summary>
public enum MeasurementLevel
{
    /// <summary>Equal or not.</summary>
    Nominal,

    /// <summary>By how many ratings lie between them.</summary>
    Ordinal,

    /// <summary>By the square of their difference.</summary>
    Interval,
}

/// <summary>
/// Krippendorff's α (Krippendorff 2011, "Computing Krippendorff's alpha-reliability"): 1 less disagreement within items over disagreement between all ratings that can be paired. Any number of
/// raters, any ratings missing; an item with one rating takes no part. 1 is full agreement, 0 that of ratings dealt out by chance; NaN where all ratings are the same.
/// </summary>
/// <remarks>
/// No table of levels by levels is built. Ordinal distances are squared differences of mid-ranks among the ratings that can be paired, so that ordinal α is interval α of those ranks; in a
/// bootstrap the ranks are those of the resample.
/// </remarks>
public sealed class KrippendorffAlpha : IAgreement
{
    private readonly ItemLevels _items;
    private readonly MeasurementLevel _level;
    private readonly double[] _values;

    /// <summary>α of all raters of a table.</summary>
    public KrippendorffAlpha(RatingTable table, MeasurementLevel level)
        : this(table, level, Enumerable.Range(0, table.Raters))
    {
    }

    /// <summary>α of some raters of a table.</summary>
    public KrippendorffAlpha(RatingTable table, MeasurementLevel level, IEnumerable<int> raters)
    {
        (_items, _level) = (new ItemLevels(table, raters), level);

        // Differences alone count: from the middle no digits are lost to a common offset.
        var middle = (table.Levels[0] + table.Levels[^1]) / 2;
        _values = [.. table.Levels.Select(v => v - middle)];
    }

    /// <inheritdoc/>
    public double Of(ReadOnlySpan<double> itemWeights)
    {
        var margins = new double[_items.Levels];
        var total = 0.0;
        for (var u = 0; u < _items.Count; u++)
        {
            var weight = itemWeights[_items.Item(u)];
            if (weight == 0) continue;
            var (levels, counts) = _items.Of(u);
            for (var k = 0; k < levels.Length; k++)
            {
                margins[levels[k]] += weight * counts[k];
                total += weight * counts[k];
            }
        }

        return _level switch
        {
            MeasurementLevel.Nominal => Nominal(itemWeights, margins, total),
            MeasurementLevel.Ordinal => Squares(itemWeights, margins, total, Ranks(margins, total)),
            _ => Squares(itemWeights, margins, total, _values),
        };
    }

    private double Nominal(ReadOnlySpan<double> itemWeights, double[] margins, double total)
    {
        var within = 0.0;
        for (var u = 0; u < _items.Count; u++)
        {
            var weight = itemWeights[_items.Item(u)];
            if (weight == 0) continue;
            var (_, counts) = _items.Of(u);
            var (number, squares) = (0.0, 0.0);
            foreach (var count in counts) (number, squares) = (number + count, squares + count * count);
            within += weight * (number * number - squares) / (number - 1);
        }

        var same = 0.0;
        foreach (var margin in margins) same += margin * margin;
        var between = total * total - same;
        return between > 0 ? 1 - (total - 1) * within / between : double.NaN;
    }

    private double Squares(ReadOnlySpan<double> itemWeights, double[] margins, double total, double[] values)
    {
        var within = 0.0;
        for (var u = 0; u < _items.Count; u++)
        {
            var weight = itemWeights[_items.Item(u)];
            if (weight == 0) continue;
            var (levels, counts) = _items.Of(u);
            var (number, sum) = (0.0, 0.0);
            for (var k = 0; k < levels.Length; k++) (number, sum) = (number + counts[k], sum + counts[k] * values[levels[k]]);
            var deviations = 0.0;
            for (var k = 0; k < levels.Length; k++) deviations += counts[k] * (values[levels[k]] - sum / number) * (values[levels[k]] - sum / number);
            within += weight * number * deviations / (number - 1);
        }

        var all = 0.0;
        for (var l = 0; l < margins.Length; l++) all += margins[l] * values[l];
        var spread = 0.0;
        for (var l = 0; l < margins.Length; l++) spread += margins[l] * (values[l] - all / total) * (values[l] - all / total);
        return spread > 0 ? 1 - (total - 1) * within / (total * spread) : double.NaN;
    }

    /// <summary>Mid-ranks from the middle rank, in ratings.</summary>
    private static double[] Ranks(double[] margins, double total)
    {
        var ranks = new double[margins.Length];
        var below = -total / 2;
        for (var l = 0; l < margins.Length; l++)
        {
            ranks[l] = below + margins[l] / 2;
            below += margins[l];
        }

        return ranks;
    }
}
