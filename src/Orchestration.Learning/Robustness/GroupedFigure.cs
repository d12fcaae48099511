using Orchestration.Learning.Intervals;
using Orchestration.Learning.Metrics;

namespace Orchestration.Learning.Robustness;

/// <summary>
/// A figure over rows together with what each group of rows moves in it (its infinitesimal jackknife), so that differences of figures on the same rows are
/// paired and means over draws are means over draws, each with an interval by group. Immutable.
/// </summary>
public sealed class GroupedFigure
{
    private readonly double[] _influence;
    private readonly int _groups;

    internal GroupedFigure(double value, double[] influence, int groups) => (Value, _influence, _groups) = (value, influence, groups);

    /// <summary>The figure; NaN where it is not defined.</summary>
    public double Value { get; }

    /// <summary>The figure with its 95% interval by group.</summary>
    public Estimate Estimate => At(0.95);

    /// <summary>The figure with an interval of another level, such as 1 − 0.05/n where n are looked at together (Bonferroni).</summary>
    /// <param name="level">Chance that the interval holds, above 0 and below 1.</param>
    public Estimate At(double level)
    {
        if (!(level > 0 && level < 1)) throw new ArgumentOutOfRangeException(nameof(level), level, "A level lies between 0 and 1.");

        // Influences sum to zero, and groups without a row that counts have none: only the count of those that have differs.
        if (_groups < 2 || !double.IsFinite(Value)) return Intervals.Estimate.Of(Value);
        var squares = 0.0;
        foreach (var one in _influence) squares += one * one;
        var error = Math.Sqrt(squares * _groups / (_groups - 1.0));
        var reach = StudentQuantile.Of(0.5 + level / 2, _groups - 1) * error;
        return new Estimate(Value, Value - reach, Value + reach, error);
    }

    /// <summary>
    /// The mean of figures of several draws of an attack, with an interval that knows both chances: that of the groups (of the mean over draws) and that of the draw (the variance
    /// between draws over their number). Student's t with Welch's and Satterthwaite's degrees of freedom.
    /// </summary>
    /// <param name="draws">At least one; with one alone nothing is known of the chance of the draw.</param>
    public static Estimate OverDraws(IReadOnlyList<GroupedFigure> draws)
    {
        var mean = Mean(draws);
        var estimate = mean.Estimate;
        if (draws.Count < 2 || !double.IsFinite(estimate.StandardError)) return estimate;
        var between = 0.0;
        foreach (var draw in draws) between += (draw.Value - mean.Value) * (draw.Value - mean.Value) / (draws.Count - 1.0) / draws.Count;
        var within = estimate.StandardError * estimate.StandardError;
        var both = within + between;
        if (!(both > 0)) return estimate;
        var degrees = both * both / (within * within / (mean._groups - 1.0) + between * between / (draws.Count - 1.0));
        var reach = StudentQuantile.Of(0.975, Math.Max(1, (int)Math.Min(degrees, int.MaxValue))) * Math.Sqrt(both);
        return new Estimate(mean.Value, mean.Value - reach, mean.Value + reach, Math.Sqrt(both));
    }

    /// <summary>This figure less another one on the same groups: the interval is that of the paired difference.</summary>
    public GroupedFigure Minus(GroupedFigure other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var influence = new double[_influence.Length];
        for (var g = 0; g < influence.Length; g++) influence[g] = _influence[g] - other._influence[g];
        return new GroupedFigure(Value - other.Value, influence, Math.Min(_groups, other._groups));
    }

    /// <summary>The mean of figures on the same groups.</summary>
    /// <param name="figures">At least one.</param>
    public static GroupedFigure Mean(IReadOnlyList<GroupedFigure> figures)
    {
        ArgumentNullException.ThrowIfNull(figures);
        if (figures.Count == 0) throw new ArgumentException("There is no figure.", nameof(figures));
        if (figures.Count == 1) return figures[0];
        var value = 0.0;
        var influence = new double[figures[0]._influence.Length];
        foreach (var figure in figures)
        {
            value += figure.Value / figures.Count;
            for (var g = 0; g < influence.Length; g++) influence[g] += figure._influence[g] / figures.Count;
        }

        return new GroupedFigure(value, influence, figures.Min(f => f._groups));
    }

    /// <summary>The mean of one value a row.</summary>
    /// <param name="values">One a row.</param>
    /// <param name="groupOf">The group of each row, 0 … G − 1.</param>
    /// <param name="weights">Weights of rows, 0 for one that does not count; null where all count alike.</param>
    public static GroupedFigure MeanOf(ReadOnlySpan<double> values, int[] groupOf, double[]? weights = null)
    {
        var rows = new RowGroups(groupOf, groupOf.Max() + 1, weights);
        return Of(GroupInfluence.Mean(values, rows), rows);
    }

    internal static GroupedFigure Of(in GroupInfluence figure, in RowGroups rows)
    {
        var counts = new bool[rows.Groups];
        for (var i = 0; i < rows.GroupOf.Length; i++) counts[rows.GroupOf[i]] |= rows.Weight(i) > 0;
        return new GroupedFigure(figure.Value, figure.Influence, counts.Count(c => c));
    }
}
