using Orchestration.Learning.Agreement;

namespace Orchestration.Learning.Tests.Agreement;

/// <summary>The definitions, pair by pair.</summary>
internal static class BruteForce
{
    public static double Alpha(RatingTable table, MeasurementLevel level)
    {
        // Coincidences of ordered pairs of ratings within items, and of all ratings that can be paired.
        var items = Enumerable.Range(0, table.Items)
            .Select(i => table.Values.AsSpan(i * table.Raters, table.Raters).ToArray().Where(v => !double.IsNaN(v)).ToArray())
            .Where(v => v.Length > 1).ToArray();
        var all = items.SelectMany(v => v).ToArray();
        var within = items.Sum(v => v.SelectMany((a, i) => v.Where((_, j) => j != i).Select(b => Distance(a, b))).Sum() / (v.Length - 1)) / all.Length;
        var between = all.SelectMany((a, i) => all.Where((_, j) => j != i).Select(b => Distance(a, b))).Sum() / ((double)all.Length * (all.Length - 1));
        return between > 0 ? 1 - within / between : double.NaN;

        double Distance(double a, double b)
        {
            if (level == MeasurementLevel.Nominal) return a == b ? 0 : 1;
            if (level == MeasurementLevel.Interval) return (a - b) * (a - b);
            var (low, high) = (Math.Min(a, b), Math.Max(a, b));
            var ranks = all.Count(v => v >= low && v <= high) - (all.Count(v => v == low) + all.Count(v => v == high)) / 2.0;
            return a == b ? 0 : ranks * ranks;
        }
    }

    public static double Kappa(RatingTable table, KappaWeights weights)
    {
        var both = Both(table).Select(p => (A: Array.IndexOf(table.Levels, p.A), B: Array.IndexOf(table.Levels, p.B))).ToArray();
        var expected = both.SelectMany(p => both.Select(q => Weight(p.A, q.B))).DefaultIfEmpty(0).Average();
        return expected > 1e-12 ? 1 - both.Average(p => Weight(p.A, p.B)) / expected : double.NaN;

        double Weight(int a, int b) => weights switch { KappaWeights.None => a == b ? 0 : 1, KappaWeights.Linear => Math.Abs(a - b), _ => (a - b) * (a - b) };
    }

    public static double TauB(RatingTable table)
    {
        var both = Both(table);
        var (lead, inX, inY) = (0, 0, 0);
        for (var i = 0; i < both.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var (x, y) = (both[i].A.CompareTo(both[j].A), both[i].B.CompareTo(both[j].B));
                lead += x * y;
                inX += x * x;
                inY += y * y;
            }
        }

        return inX > 0 && inY > 0 ? lead / Math.Sqrt((double)inX * inY) : double.NaN;
    }

    private static (double A, double B)[] Both(RatingTable table) =>
        [.. Enumerable.Range(0, table.Items).Select(i => (A: table.Values[i * table.Raters], B: table.Values[i * table.Raters + 1])).Where(p => !double.IsNaN(p.A) && !double.IsNaN(p.B))];
}
