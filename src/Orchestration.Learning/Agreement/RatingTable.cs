using Orchestration.Learning.Models;

namespace Orchestration.Learning.Agreement;

/// <summary>What raters said of items: a number each, NaN where a rater did not rate an item. Immutable; arrays are taken over and never written.</summary>
public sealed class RatingTable
{
    private readonly int[] _levelOf;

    /// <summary>Takes ratings over after checking them.</summary>
    /// <param name="raters">Number of raters, at least 1.</param>
    /// <param name="values">
    /// Items × raters; NaN for no rating. For nominal and ordinal measures only equality and order of the numbers count; for interval measures their distances too.
    /// </param>
    /// <param name="groups">The group (prompt) of each item, 0 … G − 1 without a gap; null where each item is its own. Bootstraps draw whole groups.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit, an infinite rating, or no rating at all.</exception>
    public RatingTable(int raters, double[] values, int[]? groups = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(raters, 1);
        if (values.Length == 0 || values.Length % raters != 0) throw new ArgumentException($"{values.Length} ratings are no whole rows of {raters} raters.", nameof(values));
        foreach (var value in values)
        {
            if (double.IsInfinity(value)) throw new ArgumentException("A rating is finite; a missing one is NaN.", nameof(values));
        }

        (Raters, Items, Values) = (raters, values.Length / raters, values);
        GroupOf = groups ?? [.. Enumerable.Range(0, Items)];
        Groups = RowRules.Groups(GroupOf, Items);
        Levels = [.. values.Where(static v => !double.IsNaN(v)).Distinct().Order()];
        if (Levels.Length == 0) throw new ArgumentException("There is no rating.", nameof(values));
        _levelOf = new int[values.Length];
        for (var i = 0; i < values.Length; i++) _levelOf[i] = double.IsNaN(values[i]) ? -1 : Array.BinarySearch(Levels, values[i]);
    }

    /// <summary>Number of items.</summary>
    public int Items { get; }

    /// <summary>Number of raters.</summary>
    public int Raters { get; }

    /// <summary>Number of groups.</summary>
    public int Groups { get; }

    /// <summary>Items × raters; NaN for no rating.</summary>
    public double[] Values { get; }

    /// <summary>The group of each item.</summary>
    public int[] GroupOf { get; }

    /// <summary>The distinct ratings of all raters, ascending.</summary>
    public double[] Levels { get; }

    /// <summary>The index of a rating's level; −1 for no rating.</summary>
    public int Level(int item, int rater) => _levelOf[item * Raters + rater];
}

/// <summary>A measure of agreement on a <see cref="RatingTable"/>; immutable, and safe to use from several threads.</summary>
public interface IAgreement
{
    /// <summary>The measure with each item counted as often as given; NaN where it is not defined.</summary>
    /// <param name="itemWeights">One whole number of 0 or more an item.</param>
    double Of(ReadOnlySpan<double> itemWeights);
}
