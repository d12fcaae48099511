namespace Orchestration.Learning.Metrics;

/// <summary>How often two rows of one group are in the right order: a ratio of sums over groups, in n log n steps a group.</summary>
internal static class PairwiseOrder
{
    public static GroupInfluence Of(double[] predictions, double[] targets, in RowGroups rows)
    {
        var right = new double[rows.Groups];
        var pairs = new double[rows.Groups];
        var order = new int[targets.Length];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        var groupOf = rows.GroupOf;
        Array.Sort(order, (a, b) =>
        {
            var c = groupOf[a].CompareTo(groupOf[b]);
            if (c == 0) c = targets[a].CompareTo(targets[b]);
            return c != 0 ? c : a.CompareTo(b);
        });
        for (int start = 0, end; start < order.Length; start = end)
        {
            for (end = start; end < order.Length && groupOf[order[end]] == groupOf[order[start]]; end++) { }
            (right[groupOf[order[start]]], pairs[groupOf[order[start]]]) = InGroup(order.AsSpan(start, end - start), predictions, targets, rows);
        }

        var (allRight, allPairs) = (right.Sum(), pairs.Sum());
        var influence = new double[rows.Groups];
        if (!(allPairs > 0)) return new GroupInfluence(double.NaN, influence);
        // A group counts as a whole: its pairs come and go together.
        for (var g = 0; g < influence.Length; g++) influence[g] = (right[g] - allRight / allPairs * pairs[g]) / allPairs;
        return new GroupInfluence(allRight / allPairs, influence);
    }

    /// <summary>Rows come by rising target: against each one stand those with a lower target, found by their rank among the predictions.</summary>
    private static (double Right, double Pairs) InGroup(ReadOnlySpan<int> byTarget, double[] predictions, double[] targets, in RowGroups rows)
    {
        var levels = new double[byTarget.Length];
        for (var i = 0; i < levels.Length; i++) levels[i] = predictions[byTarget[i]];
        Array.Sort(levels);
        var distinct = 0;
        for (var i = 0; i < levels.Length; i++)
        {
            if (i == 0 || levels[i] != levels[distinct - 1]) levels[distinct++] = levels[i];
        }

        var tree = new double[distinct + 1];
        var (right, pairs, seen) = (0.0, 0.0, 0.0);
        for (int start = 0, end; start < byTarget.Length; start = end)
        {
            for (end = start; end < byTarget.Length && targets[byTarget[end]] == targets[byTarget[start]]; end++)
            {
                var row = byTarget[end];
                var level = Array.BinarySearch(levels, 0, distinct, predictions[row]);
                var below = Below(tree, level);
                right += rows.Weight(row) * (below + Below(tree, level + 1)) / 2;
                pairs += rows.Weight(row) * seen;
            }

            for (var i = start; i < end; i++)
            {
                var weight = rows.Weight(byTarget[i]);
                seen += weight;
                for (var k = Array.BinarySearch(levels, 0, distinct, predictions[byTarget[i]]) + 1; k <= distinct; k += k & -k) tree[k] += weight;
            }
        }

        return (right, pairs);
    }

    /// <summary>The weight of the first <paramref name="levels"/> levels (Fenwick 1994).</summary>
    private static double Below(double[] tree, int levels)
    {
        var sum = 0.0;
        for (var k = levels; k > 0; k -= k & -k) sum += tree[k];
        return sum;
    }
}
