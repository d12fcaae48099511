namespace Orchestration.Learning.Models.Linear;

/// <summary>Least squares under the order "never falls" by pooling adjacent violators (Barlow, Bartholomew, Bremner and Brunk 1972, §1.2).</summary>
internal static class PooledRuns
{
    /// <summary>The ends of the pooled runs with their values: linear between them and constant outside, the function is the fit.</summary>
    /// <param name="at">One place a row.</param>
    /// <param name="targets">One number a row.</param>
    /// <param name="weights">One a row, positive; null where all are 1.</param>
    /// <param name="tolerance">Places that are no further apart are one place.</param>
    /// <returns>Rising knots and their values, which never fall.</returns>
    public static (double[] Knots, double[] Values) Fit(double[] at, double[] targets, double[]? weights, double tolerance)
    {
        var order = new int[at.Length];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort((double[])at.Clone(), order);
        var runs = new List<Run>();
        for (int place = 0, next; place < order.Length; place = next)
        {
            var (first, weight, value) = (at[order[place]], 0.0, 0.0);
            for (next = place; next < order.Length && at[order[next]] <= first + tolerance; next++)
            {
                weight += weights?[order[next]] ?? 1;
                value += (weights?[order[next]] ?? 1) * targets[order[next]];
            }

            var run = new Run(first, first, weight, value / weight);
            while (runs.Count > 0 && runs[^1].Value >= run.Value)
            {
                var before = runs[^1];
                runs.RemoveAt(runs.Count - 1);
                var together = before.Weight + run.Weight;
                run = new Run(before.First, run.Last, together, (before.Weight * before.Value + run.Weight * run.Value) / together);
            }

            runs.Add(run);
        }

        var (knots, values) = (new List<double>(), new List<double>());
        foreach (var run in runs)
        {
            knots.Add(run.First);
            values.Add(run.Value);
            if (run.Last <= run.First) continue;
            knots.Add(run.Last);
            values.Add(run.Value);
        }

        return ([.. knots], [.. values]);
    }

    private readonly record struct Run(double First, double Last, double Weight, double Value);
}
