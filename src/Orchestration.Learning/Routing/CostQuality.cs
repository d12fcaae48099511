namespace Orchestration.Learning.Routing;

/// <summary>Figures of quality and cost together.</summary>
public static class CostQuality
{
    /// <summary>β of RouterArena's score: how much less accuracy counts than cheapness where both are small.</summary>
    public const double ArenaBeta = 0.1;

    /// <summary>US dollars per 1,000 prompts at which cheapness is 0.</summary>
    public const double ArenaDearest = 200;

    /// <summary>US dollars per 1,000 prompts at which cheapness is 1.</summary>
    public const double ArenaCheapest = 0.0044;

    /// <summary>
    /// AIQ (RouterBench: Hu and others 2024, section 3): the area under the non-decreasing convex hull of a router's points, from its cheapest point on, extended flat to the dearest
    /// router, divided by that largest cost.
    /// </summary>
    /// <param name="costs">Cost of each point, at least 0; at least one point.</param>
    /// <param name="qualities">Quality of each point, 0–1.</param>
    /// <param name="largestCost">Cost of the dearest router, at least that of every point; NaN comes back where it is 0.</param>
    public static double Aiq(ReadOnlySpan<double> costs, ReadOnlySpan<double> qualities, double largestCost)
    {
        if (costs.Length == 0 || costs.Length != qualities.Length) throw new ArgumentException("There are no points, or columns of different lengths.", nameof(costs));
        if (!(largestCost > 0)) return double.NaN;
        var order = new int[costs.Length];
        var keys = new (double Cost, double Quality)[costs.Length];
        for (var i = 0; i < order.Length; i++) (order[i], keys[i]) = (i, (costs[i], -qualities[i]));
        Array.Sort(keys, order);
        var hull = new List<(double Cost, double Quality)>();
        foreach (var i in order)
        {
            var point = (Cost: costs[i], Quality: qualities[i]);

            // Nobody pays more for less; and what lies under the chord of its neighbours is reached by mixing them.
            if (hull.Count != 0 && (point.Quality <= hull[^1].Quality || point.Cost <= hull[^1].Cost)) continue;
            while (hull.Count > 1 && Slope(hull[^2], hull[^1]) <= Slope(hull[^2], point)) hull.RemoveAt(hull.Count - 1);
            hull.Add(point);
        }

        var area = 0.0;
        for (var h = 1; h < hull.Count; h++) area += (hull[h].Cost - hull[h - 1].Cost) * (hull[h].Quality + hull[h - 1].Quality) / 2;
        return (area + Math.Max(0, largestCost - hull[^1].Cost) * hull[^1].Quality) / largestCost;
    }

    /// <summary>RouterArena's score: the weighted harmonic mean of accuracy and cheapness, where cheapness falls with the logarithm of the cost.</summary>
    /// <param name="accuracy">Mean quality, 0–1.</param>
    /// <param name="usdPerThousand">US dollars per 1,000 prompts, at least 0; beyond the ends cheapness is 0 or 1.</param>
    public static double Arena(double accuracy, double usdPerThousand)
    {
        var cheapness = Math.Clamp((Math.Log2(ArenaDearest) - Math.Log2(Math.Max(usdPerThousand, 1e-300))) / (Math.Log2(ArenaDearest) - Math.Log2(ArenaCheapest)), 0, 1);
        var below = ArenaBeta * accuracy + cheapness;
        return below > 0 ? (1 + ArenaBeta) * accuracy * cheapness / below : 0;
    }

    private static double Slope((double Cost, double Quality) a, (double Cost, double Quality) b) => (b.Quality - a.Quality) / (b.Cost - a.Cost);
}
