namespace Orchestration.Learning.Models.Trees;

/// <summary>Cuts a judge's scores into few bins: between all values where they are few, else at quantiles.</summary>
internal static class TreeBins
{
    /// <summary>The edges between the bins, ascending, fewer than <paramref name="bins"/>.</summary>
    public static double[] Edges(double[] scores, int judges, int judge, int bins)
    {
        var values = new List<double>();
        for (var at = judge; at < scores.Length; at += judges) values.Add(scores[at]);

        values.Sort();
        var edges = new List<double>();
        var distinct = values.Distinct().ToArray();
        if (distinct.Length <= bins)
        {
            for (var i = 1; i < distinct.Length; i++) edges.Add(Between(distinct[i - 1], distinct[i]));
        }
        else
        {
            for (var k = 1; k < bins; k++)
            {
                var at = (int)((long)k * values.Count / bins);
                if (values[at - 1] < values[at]) edges.Add(Between(values[at - 1], values[at]));
                else if (NextAbove(values, at) is { } next) edges.Add(Between(values[at], next));
            }
        }

        return [.. edges.Distinct()];
    }

    /// <summary>The bin of a score: the number of edges below it.</summary>
    public static int Bin(ReadOnlySpan<double> edges, double score)
    {
        var bin = 0;
        foreach (var edge in edges) bin += score > edge ? 1 : 0;
        return bin;
    }

    // Halfway, yet below the upper one even where no number lies between them.
    private static double Between(double low, double high)
    {
        var middle = low + (high - low) / 2;
        return middle < high ? middle : low;
    }

    private static double? NextAbove(List<double> sorted, int at)
    {
        for (var i = at; i < sorted.Count; i++)
        {
            if (sorted[i] > sorted[at]) return sorted[i];
        }

        return null;
    }
}
