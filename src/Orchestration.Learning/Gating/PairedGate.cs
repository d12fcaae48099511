using Orchestration.Learning.Algebra;
using Orchestration.Learning.Metrics;

namespace Orchestration.Learning.Gating;

/// <summary>What a gate says.</summary>
public enum GateVerdict
{
    /// <summary>The lower bound of the difference lies above −margin.</summary>
    Pass,

    /// <summary>The upper bound lies below −margin.</summary>
    Fail,

    /// <summary>−margin lies between the bounds, or there are too few groups to say: more items are needed.</summary>
    Undecided,
}

/// <summary>How a gate is tested.</summary>
/// <param name="Margin">How much worse is still good enough, on the scale of the differences; 0 or more.</param>
/// <param name="Level">Chance of the two-sided interval, between 0 and 1, after any correction for several gates.</param>
/// <param name="MinGroups">Groups below which nothing is decided, at least 2: differences that are all the same on a handful of items would otherwise leave no doubt.</param>
public readonly record struct GateTest(double Margin, double Level, int MinGroups = 20);

/// <summary>
/// A test of non-inferiority on paired differences: is the new one no worse than the old one by more than a margin? Items are paired, groups (prompts) are what is drawn.
/// </summary>
/// <param name="Difference">The mean difference, new − old, higher better; NaN without items.</param>
/// <param name="StandardError">By group; NaN below two groups.</param>
/// <param name="Low">Lower bound: Student's t with groups − 1 degrees of freedom.</param>
/// <param name="High">Upper bound.</param>
/// <param name="Items">Pairs.</param>
/// <param name="Groups">Groups that they are of.</param>
/// <param name="Verdict">Pass, fail or undecided.</param>
/// <param name="ItemsNeeded">
/// Where undecided: items, in all, with which a gate decides with a chance of 80% if the true difference and spread are those seen and items fall to groups as here. Null where decided, and infinite where the
/// difference seen is exactly −margin.
/// </param>
/// <param name="ItemsNeededIfEqual">The same if in truth there is no difference: what passing an equal costs. Infinite for a margin of 0.</param>
public sealed record PairedGate(
    double Difference, double StandardError, double Low, double High, int Items, int Groups, GateVerdict Verdict, double? ItemsNeeded, double? ItemsNeededIfEqual)
{
    private const double Power = 0.8;

    /// <summary>Tests differences.</summary>
    /// <param name="differences">New − old of each item, finite, higher better.</param>
    /// <param name="groupOf">The group of each item, any numbers.</param>
    /// <param name="test">Margin, level and least groups.</param>
    /// <exception cref="ArgumentException">Lengths differ, a difference is not finite, or the test is out of its range.</exception>
    public static PairedGate Of(double[] differences, int[] groupOf, GateTest test)
    {
        ArgumentNullException.ThrowIfNull(differences);
        ArgumentNullException.ThrowIfNull(groupOf);
        if (groupOf.Length != differences.Length) throw new ArgumentException($"{groupOf.Length} groups for {differences.Length} differences.", nameof(groupOf));
        if (Array.Exists(differences, static d => !double.IsFinite(d))) throw new ArgumentException("Every difference is finite.", nameof(differences));
        if (!(test.Margin >= 0 && double.IsFinite(test.Margin)) || !(test.Level > 0 && test.Level < 1) || test.MinGroups < 2) throw new ArgumentException("The margin is 0 or more, the level between 0 and 1, the least groups 2 or more.", nameof(test));
        var mean = 0.0;
        foreach (var difference in differences) mean += difference;
        mean /= differences.Length;
        var influence = new SortedDictionary<int, double>();
        for (var i = 0; i < differences.Length; i++) influence[groupOf[i]] = influence.GetValueOrDefault(groupOf[i]) + (differences[i] - mean) / differences.Length;
        var groups = influence.Count;
        var error = GroupInfluence.StandardError([.. influence.Values]);
        var quantile = groups < 2 ? double.NaN : StudentQuantile.Of((1 + test.Level) / 2, groups - 1);
        var (low, high) = (mean - quantile * error, mean + quantile * error);
        var verdict = groups < test.MinGroups ? GateVerdict.Undecided : low > -test.Margin ? GateVerdict.Pass : high < -test.Margin ? GateVerdict.Fail : GateVerdict.Undecided;
        var decided = verdict != GateVerdict.Undecided;
        double? Needed(double distance) => decided || groups < 2 ? null : ItemsFor(Math.Abs(distance), error, groups, differences.Length, test);
        return new PairedGate(mean, error, low, high, differences.Length, groups, verdict, Needed(mean + test.Margin), Needed(test.Margin));
    }

    /// <summary>(z of the level + z of the power)² variances a group over the distance squared, in items.</summary>
    private static double ItemsFor(double distance, double error, int groups, int items, GateTest test)
    {
        var least = Math.Ceiling((double)test.MinGroups * items / groups);
        if (error == 0) return least;
        if (distance == 0) return double.PositiveInfinity;
        var sum = NormalQuantile.Of((1 + test.Level) / 2) + NormalQuantile.Of(Power);
        var needed = Math.Ceiling(items * (sum * error / distance) * (sum * error / distance));

        // A distance that is rounding asks for more items than there will ever be.
        return needed > 1e12 ? double.PositiveInfinity : Math.Max(least, needed);
    }
}
