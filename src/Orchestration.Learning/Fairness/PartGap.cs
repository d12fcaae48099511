using Orchestration.Learning.Intervals;
using Orchestration.Learning.Metrics;
using Orchestration.Learning.Robustness;

namespace Orchestration.Learning.Fairness;

/// <summary>How a mean over one part of the rows differs from that over all others.</summary>
/// <param name="Part">The part's number.</param>
/// <param name="Rows">Its rows with a value.</param>
/// <param name="Groups">Groups that they are of.</param>
/// <param name="Mean">The mean over the part.</param>
/// <param name="Others">The mean over the other rows.</param>
/// <param name="Difference">Part − others with its 95% interval by group; a group with rows on both sides counts once, so that the difference is paired where it can be.</param>
/// <param name="PValue">Two-sided, Student's t with the fewer groups of the two sides less one; not corrected for how many parts are looked at. NaN without an error.</param>
public sealed record PartGap(int Part, int Rows, int Groups, double Mean, double Others, Estimate Difference, double PValue)
{
    /// <summary>The gap of each part that has enough groups, on its own side and on the other. Of two parts only the first: the second's is the same turned round.</summary>
    /// <param name="values">One a row; NaN where there is none.</param>
    /// <param name="partOf">The part of each row, 0 … <paramref name="parts"/> − 1; −1 for a row of none, which counts among the others.</param>
    /// <param name="parts">Number of parts.</param>
    /// <param name="groupOf">The group of each row, 0 … G − 1.</param>
    /// <param name="minGroups">Groups that each side needs, at least 2.</param>
    public static IReadOnlyList<PartGap> Of(double[] values, int[] partOf, int parts, int[] groupOf, int minGroups = 10)
    {
        Check(values, groupOf);
        ArgumentNullException.ThrowIfNull(partOf);
        ArgumentOutOfRangeException.ThrowIfLessThan(minGroups, 2);
        if (partOf.Length != values.Length) throw new ArgumentException($"{partOf.Length} parts for {values.Length} values.", nameof(partOf));
        var gaps = new List<PartGap>();
        var tested = parts == 2 && !partOf.Contains(-1) ? 1 : parts;
        for (var part = 0; part < tested; part++)
        {
            var (inside, outside) = (Side.Of(values, groupOf, i => partOf[i] == part), Side.Of(values, groupOf, i => partOf[i] != part));
            if (inside.Groups < minGroups || outside.Groups < minGroups) continue;
            var difference = inside.Figure.Minus(outside.Figure);
            gaps.Add(new PartGap(part, inside.Rows, inside.Groups, inside.Figure.Value, outside.Figure.Value, difference.Estimate, PValueOf(difference.Estimate, Math.Min(inside.Groups, outside.Groups))));
        }

        return gaps;
    }

    /// <summary>How the mean over all rows differs from 0.</summary>
    /// <param name="values">One a row; NaN where there is none.</param>
    /// <param name="groupOf">The group of each row, 0 … G − 1.</param>
    /// <returns>A gap with part −1 and others 0; null where fewer than two groups have a value.</returns>
    public static PartGap? FromZero(double[] values, int[] groupOf)
    {
        Check(values, groupOf);
        var side = Side.Of(values, groupOf, static _ => true);
        if (side.Groups < 2) return null;
        var estimate = side.Figure.Estimate;
        return new PartGap(-1, side.Rows, side.Groups, estimate.Value, 0, estimate, PValueOf(estimate, side.Groups));
    }

    private static void Check(double[] values, int[] groupOf)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(groupOf);
        if (values.Length == 0 || groupOf.Length != values.Length) throw new ArgumentException($"{groupOf.Length} groups for {values.Length} values; at least one.", nameof(values));
    }

    // Without any spread a difference is certain, and none is no difference.
    private static double PValueOf(Estimate estimate, int groups) =>
        estimate.StandardError > 0 ? StudentQuantile.TwoSided(estimate.Value / estimate.StandardError, groups - 1) : double.IsNaN(estimate.StandardError) ? double.NaN : estimate.Value == 0 ? 1 : 0;

    private readonly record struct Side(GroupedFigure Figure, int Rows, int Groups)
    {
        public static Side Of(double[] values, int[] groupOf, Func<int, bool> counts)
        {
            var (numbers, weights, rows, groups) = (new double[values.Length], new double[values.Length], 0, new HashSet<int>());
            for (var i = 0; i < values.Length; i++)
            {
                if (double.IsNaN(values[i]) || !counts(i)) continue;
                (numbers[i], weights[i]) = (values[i], 1);
                rows++;
                groups.Add(groupOf[i]);
            }

            return new Side(rows == 0 ? GroupedFigure.MeanOf([0], [0]) : GroupedFigure.MeanOf(numbers, groupOf, weights), rows, groups.Count);
        }
    }
}
