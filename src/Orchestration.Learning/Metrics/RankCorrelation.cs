namespace Orchestration.Learning.Metrics;

/// <summary>
/// Spearman's correlation as a functional of the weighted rows. A row's rank is the share of weight below it plus half of the weight tied with it, so
/// the mean rank is ½; the influence of a row has its own term and what it does to the ranks of the others, both by sums over the sorted rows.
/// </summary>
internal static class RankCorrelation
{
    public static GroupInfluence Of(double[] first, double[] second, in RowGroups rows)
    {
        var order1 = Order(first);
        var order2 = Order(second);
        var rank1 = Ranks(first, order1, rows);
        var rank2 = Ranks(second, order2, rows);
        var (covariance, variance1, variance2) = (0.0, 0.0, 0.0);
        for (var i = 0; i < first.Length; i++)
        {
            covariance += rows.Share(i) * rank1[i] * rank2[i];
            variance1 += rows.Share(i) * rank1[i] * rank1[i];
            variance2 += rows.Share(i) * rank2[i] * rank2[i];
        }

        var influence = new double[rows.Groups];
        // Ranks that are all the same differ by rounding at most.
        if (!(variance1 > 1e-20 && variance2 > 1e-20)) return new GroupInfluence(double.NaN, influence);
        var root = Math.Sqrt(variance1 * variance2);
        var correlation = covariance / root;
        var above12 = WeightAbove(first, order1, rank2, rows);
        var above21 = WeightAbove(second, order2, rank1, rows);
        var above11 = WeightAbove(first, order1, rank1, rows);
        var above22 = WeightAbove(second, order2, rank2, rows);
        for (var i = 0; i < first.Length; i++)
        {
            // A new row at x lifts the ranks of rows above it: the mean of (its indicator − their rank) times the other variable's centred rank.
            var toCovariance = rank1[i] * rank2[i] + above12[i] + above21[i] - 3 * covariance;
            var toVariance1 = rank1[i] * rank1[i] + 2 * above11[i] - 3 * variance1;
            var toVariance2 = rank2[i] * rank2[i] + 2 * above22[i] - 3 * variance2;
            var moved = toCovariance / root - correlation / 2 * (toVariance1 / variance1 + toVariance2 / variance2);
            influence[rows.GroupOf[i]] += rows.Share(i) * moved;
        }

        return new GroupInfluence(correlation, influence);
    }

    private static int[] Order(double[] values)
    {
        var order = new int[values.Length];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(order, (a, b) => values[a].CompareTo(values[b]) is var c && c != 0 ? c : a.CompareTo(b));
        return order;
    }

    /// <summary>Mid-ranks as shares of the weight, less ½.</summary>
    private static double[] Ranks(double[] values, int[] order, in RowGroups rows)
    {
        var ranks = new double[values.Length];
        var below = 0.0;
        for (int start = 0, end; start < order.Length; start = end)
        {
            var tied = 0.0;
            for (end = start; end < order.Length && values[order[end]] == values[order[start]]; end++) tied += rows.Share(order[end]);
            for (var i = start; i < end; i++) ranks[order[i]] = below + tied / 2 - 0.5;
            below += tied;
        }

        return ranks;
    }

    /// <summary>For each row the weighted sum of what the rows above it carry, and half of what the rows tied with it carry.</summary>
    private static double[] WeightAbove(double[] values, int[] order, double[] carried, in RowGroups rows)
    {
        var sums = new double[values.Length];
        var above = 0.0;
        for (int end = order.Length, start; end > 0; end = start)
        {
            var tied = 0.0;
            for (start = end; start > 0 && values[order[start - 1]] == values[order[end - 1]]; start--) tied += rows.Share(order[start - 1]) * carried[order[start - 1]];
            for (var i = start; i < end; i++) sums[order[i]] = above + tied / 2;
            above += tied;
        }

        return sums;
    }
}
