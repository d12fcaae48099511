namespace Orchestration.Learning.Metrics;

/// <summary>
/// A statistic and what each group moves in it: to first order the statistic changes by <c>epsilon · Influence[g]</c> when the weights of group g's rows
/// are multiplied by 1 + epsilon.
/// </summary>
internal readonly record struct GroupInfluence(double Value, double[] Influence)
{
    /// <summary>The figure of one statistic, or of the mean of several on the same groups (one for each fold seed).</summary>
    public static Figure Figure(ReadOnlySpan<GroupInfluence> repeats)
    {
        var groups = repeats[0].Influence.Length;
        var value = 0.0;
        var influence = new double[groups];
        foreach (var repeat in repeats)
        {
            value += repeat.Value / repeats.Length;
            for (var g = 0; g < groups; g++) influence[g] += repeat.Influence[g] / repeats.Length;
        }

        return new Figure(value, StandardError(influence));
    }

    /// <summary>The root of G/(G − 1) times the squared deviations of the groups' influences; NaN below two groups.</summary>
    public static double StandardError(ReadOnlySpan<double> influence)
    {
        if (influence.Length < 2) return double.NaN;
        var mean = 0.0;
        foreach (var one in influence) mean += one / influence.Length;
        var squares = 0.0;
        foreach (var one in influence) squares += (one - mean) * (one - mean);
        return Math.Sqrt(squares * influence.Length / (influence.Length - 1.0));
    }

    /// <summary>The weighted mean of one value a row.</summary>
    public static GroupInfluence Mean(ReadOnlySpan<double> values, in RowGroups rows)
    {
        var mean = 0.0;
        for (var i = 0; i < values.Length; i++) mean += rows.Share(i) * values[i];
        var influence = new double[rows.Groups];
        for (var i = 0; i < values.Length; i++) influence[rows.GroupOf[i]] += rows.Share(i) * (values[i] - mean);
        return new GroupInfluence(mean, influence);
    }
}

/// <summary>Which group each row belongs to and what it weighs.</summary>
internal readonly struct RowGroups
{
    private readonly double[]? _weights;
    private readonly double _total;

    public RowGroups(int[] groupOf, int groups, double[]? weights)
    {
        (GroupOf, Groups, _weights) = (groupOf, groups, weights);
        _total = groupOf.Length;
        if (weights is null) return;
        _total = 0;
        foreach (var weight in weights) _total += weight;
    }

    public int[] GroupOf { get; }

    public int Groups { get; }

    public double Weight(int row) => _weights is null ? 1 : _weights[row];

    /// <summary>The row's share of all weight; the shares sum to 1.</summary>
    public double Share(int row) => Weight(row) / _total;
}
