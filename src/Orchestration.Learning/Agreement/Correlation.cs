namespace Orchestration.Learning.Agreement;

/// <summary>Which correlation.</summary>
public enum CorrelationKind
{
    /// <summary>Pearson's, of the numbers.</summary>
    Pearson,

    /// <summary>Spearman's: Pearson's of mid-ranks.</summary>
    Spearman,

    /// <summary>Kendall's τ-b: concordant less discordant pairs, over the geometric mean of the pairs not tied in one and not tied in the other (Kendall 1945).</summary>
    KendallTauB,
}

/// <summary>
/// A correlation of two raters over the items that both rated. It sees order, not level: a rater who is always a point too kind correlates in full. NaN where one of them does not vary.
/// </summary>
public sealed class Correlation : IAgreement
{
    private readonly CorrelationKind _kind;
    private readonly int[] _items;
    private readonly double[] _x;
    private readonly double[] _y;
    private readonly int[] _levelX;
    private readonly int[] _levelY;
    private readonly int[] _byX;
    private readonly int _levels;

    /// <summary>The correlation of two raters of a table.</summary>
    public Correlation(RatingTable table, int first, int second, CorrelationKind kind)
    {
        (_kind, _levels) = (kind, table.Levels.Length);
        _items = [.. Enumerable.Range(0, table.Items).Where(i => table.Level(i, first) >= 0 && table.Level(i, second) >= 0)];
        _levelX = [.. _items.Select(i => table.Level(i, first))];
        _levelY = [.. _items.Select(i => table.Level(i, second))];
        _x = [.. _levelX.Select(l => table.Levels[l])];
        _y = [.. _levelY.Select(l => table.Levels[l])];
        _byX = [.. Enumerable.Range(0, _items.Length).OrderBy(k => _levelX[k])];
    }

    /// <inheritdoc/>
    public double Of(ReadOnlySpan<double> itemWeights)
    {
        var weights = new double[_items.Length];
        for (var k = 0; k < weights.Length; k++) weights[k] = itemWeights[_items[k]];
        return _kind switch
        {
            CorrelationKind.Pearson => Pearson(_x, _y, weights),
            CorrelationKind.Spearman => Pearson(Ranks(_levelX, weights), Ranks(_levelY, weights), weights),
            _ => TauB(weights),
        };
    }

    private static double Pearson(double[] x, double[] y, double[] weights)
    {
        var (total, meanX, meanY) = (0.0, 0.0, 0.0);
        for (var k = 0; k < weights.Length; k++) (total, meanX, meanY) = (total + weights[k], meanX + weights[k] * x[k], meanY + weights[k] * y[k]);
        if (!(total > 1)) return double.NaN;
        (meanX, meanY) = (meanX / total, meanY / total);
        var (products, squaresX, squaresY, sizeX, sizeY) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (var k = 0; k < weights.Length; k++)
        {
            var (dx, dy) = (x[k] - meanX, y[k] - meanY);
            (products, squaresX, squaresY) = (products + weights[k] * dx * dy, squaresX + weights[k] * dx * dx, squaresY + weights[k] * dy * dy);
            (sizeX, sizeY) = (Math.Max(sizeX, Math.Abs(x[k])), Math.Max(sizeY, Math.Abs(y[k])));
        }

        // What is left of numbers that are all the same is rounding.
        if (!(squaresX > 1e-26 * total * sizeX * sizeX) || !(squaresY > 1e-26 * total * sizeY * sizeY)) return double.NaN;
        return Math.Clamp(products / Math.Sqrt(squaresX * squaresY), -1, 1);
    }

    private double[] Ranks(int[] levels, double[] weights)
    {
        var margins = new double[_levels];
        for (var k = 0; k < weights.Length; k++) margins[levels[k]] += weights[k];
        var below = 0.0;
        for (var l = 0; l < margins.Length; l++)
        {
            var here = margins[l];
            margins[l] = below + here / 2;
            below += here;
        }

        return [.. levels.Select(l => margins[l] - below / 2)];
    }

    /// <summary>In n log n steps: rows by rising x, and for each the weight of the rows before it with a lower and with a higher y (Fenwick 1994).</summary>
    private double TauB(double[] weights)
    {
        var tree = new double[_levels + 1];
        var (before, lead, tiedX, tiedY) = (0.0, 0.0, 0.0, 0.0);
        var marginY = new double[_levels];
        var together = new Dictionary<int, double>();
        for (int start = 0, end; start < _byX.Length; start = end)
        {
            var here = 0.0;
            together.Clear();
            for (end = start; end < _byX.Length && _levelX[_byX[end]] == _levelX[_byX[start]]; end++)
            {
                var k = _byX[end];
                if (weights[k] == 0) continue;
                var lower = Below(tree, _levelY[k]);
                lead += weights[k] * (lower - (before - Below(tree, _levelY[k] + 1)));
                here += weights[k];
                marginY[_levelY[k]] += weights[k];
                together[_levelY[k]] = together.GetValueOrDefault(_levelY[k]) + weights[k];
            }

            foreach (var (level, weight) in together)
            {
                for (var l = level + 1; l <= _levels; l += l & -l) tree[l] += weight;

            }

            before += here;

            tiedX += here * (here - 1) / 2;
        }

        foreach (var margin in marginY) tiedY += margin * (margin - 1) / 2;
        var pairs = before * (before - 1) / 2;
        return pairs - tiedX > 0 && pairs - tiedY > 0 ? Math.Clamp(lead / Math.Sqrt((pairs - tiedX) * (pairs - tiedY)), -1, 1) : double.NaN;
    }

    private static double Below(double[] tree, int levels)
    {
        var sum = 0.0;
        for (var l = levels; l > 0; l -= l & -l) sum += tree[l];
        return sum;
    }
}
