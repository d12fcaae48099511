namespace Orchestration.Learning.Models;

/// <summary>What rows to learn from have to keep to, and taking some of them.</summary>
internal static class RowRules
{
    /// <summary>The number of groups, after checking that 0 … G − 1 are all used.</summary>
    public static int Groups(int[] groups, int rows)
    {
        if (groups.Length != rows) throw new ArgumentException($"{groups.Length} groups for {rows} rows.", nameof(groups));
        if (rows == 0) throw new ArgumentException("There is no row.", nameof(groups));
        var count = groups.Max() + 1;
        if (groups.Min() < 0 || count > rows) throw new ArgumentException("Groups are numbered 0, 1, 2 … without a gap.", nameof(groups));
        var used = new bool[count];
        foreach (var group in groups) used[group] = true;
        return Array.IndexOf(used, false) < 0 ? count : throw new ArgumentException("Groups are numbered 0, 1, 2 … without a gap.", nameof(groups));
    }

    public static void Scores(int judges, double[] scores, int rows, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(judges, 1);
        if (scores.LongLength != (long)rows * judges) throw new ArgumentException($"{scores.Length} scores for {rows} rows of {judges} judges.", name);
        foreach (var score in scores)
        {
            if (score is < 0 or > 1) throw new ArgumentException("A mapped score lies between 0 and 1; a missing one is NaN.", name);
        }
    }

    public static void Finite(double[] values, string name)
    {
        foreach (var value in values)
        {
            if (!double.IsFinite(value)) throw new ArgumentException("Every number is finite.", name);
        }
    }

    public static void Weights(double[]? weights, int rows)
    {
        if (weights is null) return;
        if (weights.Length != rows) throw new ArgumentException($"{weights.Length} weights for {rows} rows.", nameof(weights));
        foreach (var weight in weights)
        {
            if (!(weight > 0) || !double.IsFinite(weight)) throw new ArgumentException("A weight is more than 0 and finite.", nameof(weights));
        }
    }

    public static double[] Take(double[] values, int width, ReadOnlySpan<int> rows)
    {
        var taken = new double[rows.Length * width];
        for (var i = 0; i < rows.Length; i++) values.AsSpan(rows[i] * width, width).CopyTo(taken.AsSpan(i * width));
        return taken;
    }

    public static int[] Renumber(int[] groups, ReadOnlySpan<int> rows)
    {
        var numbers = new Dictionary<int, int>();
        var taken = new int[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            if (!numbers.TryGetValue(groups[rows[i]], out var number)) numbers.Add(groups[rows[i]], number = numbers.Count);
            taken[i] = number;
        }

        return taken;
    }
}
