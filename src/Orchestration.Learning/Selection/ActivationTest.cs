using System.Globalization;
using Orchestration.Learning.Metrics;

namespace Orchestration.Learning.Selection;

/// <summary>
/// The test that a learned version has to pass before it may become active (promise 8): the lower 95% bound of its paired out-of-fold gain over
/// mean-then-fit, by group, is above 0, and it is not significantly worse than the active version. Gains are averaged over fold seeds before anything else, so the
/// luck of one draw neither makes nor breaks it; the bounds are one-sided, Student's t with G − 1 degrees of freedom on the groups' gains.
/// </summary>
public static class ActivationTest
{
    /// <summary>Fold seeds at least.</summary>
    public const int LeastSeeds = 5;

    /// <summary>Groups outside the active version's training data at least; with fewer its recipe is refitted.</summary>
    public const int LeastUnseenGroups = 30;

    /// <summary>The paired gain from losses.</summary>
    /// <param name="losses">For each fold seed what the candidate loses on each row, out of fold.</param>
    /// <param name="otherLosses">The same of the other; one set alone is what a fixed version loses whatever the seed.</param>
    /// <param name="groupOf">The group of each row, 0 … G − 1.</param>
    /// <param name="weights">Weights of rows, or null.</param>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    public static PairedGain Gain(IReadOnlyList<double[]> losses, IReadOnlyList<double[]> otherLosses, int[] groupOf, double[]? weights = null)
    {
        if (losses.Count == 0 || (otherLosses.Count != losses.Count && otherLosses.Count != 1)) throw new ArgumentException("Both have a set of losses for each fold seed.", nameof(otherLosses));
        var gains = new double[groupOf.Length];
        for (var r = 0; r < losses.Count; r++)
        {
            var (mine, other) = (losses[r], otherLosses[otherLosses.Count == 1 ? 0 : r]);
            if (mine.Length != gains.Length || other.Length != gains.Length) throw new ArgumentException("There is a loss for each row.", nameof(losses));
            for (var i = 0; i < gains.Length; i++) gains[i] += (other[i] - mine[i]) / losses.Count;
        }

        var groups = groupOf.Max() + 1;
        var (mean, error) = GroupInfluence.Figure([GroupInfluence.Mean(gains, new RowGroups(groupOf, groups, weights))]);
        var reach = groups < 2 ? double.NaN : StudentQuantile.Of(0.95, groups - 1) * error;
        return new PairedGain(mean, error, mean - reach, mean + reach, groups);
    }

    /// <summary>The decision from the gains.</summary>
    /// <param name="overMean">The gain over mean-then-fit.</param>
    /// <param name="seeds">Fold seeds that were averaged over.</param>
    /// <param name="overActive">The gain over the active version; null where none is active.</param>
    /// <param name="activeRefitted">Whether that one was refitted on the same folds.</param>
    public static ActivationVerdict Decide(PairedGain overMean, int seeds, PairedGain? overActive = null, bool activeRefitted = false)
    {
        var outcome = seeds < LeastSeeds || double.IsNaN(overMean.Lower) ? ActivationOutcome.TooLittleData
            : !(overMean.Lower > 0) ? ActivationOutcome.NoSureGainOverMean
            : overActive is { } a && a.Upper < 0 ? ActivationOutcome.WorseThanActive
            : ActivationOutcome.Passed;
        return new ActivationVerdict(outcome, overMean, overActive, activeRefitted, seeds, Sentence(outcome, overMean, seeds, overActive, activeRefitted));
    }

    private static string Sentence(ActivationOutcome outcome, PairedGain overMean, int seeds, PairedGain? overActive, bool refitted)
    {
        var gain = Describe(overMean, seeds);
        var active = overActive is { } a
            ? $"against the active version{(refitted ? " (its recipe refitted on the same folds)" : " (on rows it was not trained on)")} {Number(a.Mean)}, upper 95% bound {Number(a.Upper)} ({Count(a.Groups, "group")})"
            : "no version is active";
        return outcome switch
        {
            ActivationOutcome.Passed => $"May become active: {gain}; {active}.",
            ActivationOutcome.TooLittleData when overMean.Groups < 2 => "Stays inactive: with fewer than two groups no gain can be shown.",
            ActivationOutcome.TooLittleData => $"Stays inactive: the gain has to be averaged over at least {LeastSeeds} fold seeds, not {seeds}.",
            ActivationOutcome.WorseThanActive => $"Stays inactive: significantly worse than the active version: {active}; {gain}.",
            _ => $"Stays inactive: no sure gain: {gain}.",
        };
    }

    /// <summary>The gain over mean-then-fit in words.</summary>
    internal static string Describe(PairedGain gain, int seeds) =>
        $"out-of-fold gain over mean-then-fit {Number(gain.Mean)} per row, lower 95% bound {Number(gain.Lower)} ({Count(gain.Groups, "group")}, {Count(seeds, "fold seed")})";

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count.ToString(CultureInfo.InvariantCulture)} {what}s";

    private static string Number(double value) => value.ToString("+0.####;-0.####;0", CultureInfo.InvariantCulture);
}
