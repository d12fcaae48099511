using System.Globalization;
using Orchestration.Learning.Metrics;
using Orchestration.Learning.Models;

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

    /// <summary>In place of a number of fold seeds where parts were held out whole: nothing is left to chance.</summary>
    public const int PartsHeldOut = 0;

    /// <summary>Groups outside the active version's training data at least; with fewer its recipe is refitted.</summary>
    public const int LeastUnseenGroups = 30;

    /// <summary>The paired gain from losses.</summary>
    /// <param name="losses">For each fold seed what the candidate loses on each row, out of fold.</param>
    /// <param name="otherLosses">The same of the other; one set alone is what a fixed version loses whatever the seed.</param>
    /// <param name="groupOf">The group of each row, 0 … G − 1.</param>
    /// <param name="weights">Weights of rows, or null.</param>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    public static PairedGain Gain(IReadOnlyList<double[]> losses, IReadOnlyList<double[]> otherLosses, int[] groupOf, double[]? weights = null) =>
        Gain(losses, otherLosses, groupOf, weights, 0.95);

    /// <summary>The part on which the gain is most surely below 0; null where it is sure on none, all parts taken together.</summary>
    internal static WorsePart? Worst(IReadOnlyList<double[]> losses, IReadOnlyList<double[]> otherLosses, int[] groupOf, double[]? weights, int[] partOf, IReadOnlyList<string>? names, string than)
    {
        WorsePart? worst = null;
        var parts = partOf.Max() + 1;
        for (var p = 0; p < parts; p++)
        {
            int[] rows = [.. Enumerable.Range(0, partOf.Length).Where(i => partOf[i] == p)];
            if (rows.Length == 0) continue;
            var gain = Gain(Of(losses, rows), Of(otherLosses, rows), RowRules.Renumber(groupOf, rows), weights is null ? null : RowRules.Take(weights, 1, rows), 1 - 0.05 / parts);
            if (gain.Upper < 0 && (worst is null || gain.Upper < worst.Gain.Upper)) worst = new WorsePart(names?[p] ?? p.ToString(CultureInfo.InvariantCulture), than, gain);
        }

        return worst;

        static double[][] Of(IReadOnlyList<double[]> losses, int[] rows) => [.. losses.Select(l => RowRules.Take(l, 1, rows))];
    }

    private static PairedGain Gain(IReadOnlyList<double[]> losses, IReadOnlyList<double[]> otherLosses, int[] groupOf, double[]? weights, double level)
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
        var reach = groups < 2 ? double.NaN : StudentQuantile.Of(level, groups - 1) * error;
        return new PairedGain(mean, error, mean - reach, mean + reach, groups);
    }

    /// <summary>The decision from the gains.</summary>
    /// <param name="overMean">The gain over mean-then-fit.</param>
    /// <param name="seeds">Fold seeds that were averaged over, or <see cref="PartsHeldOut"/>.</param>
    /// <param name="overActive">The gain over the active version; null where none is active.</param>
    /// <param name="activeRefitted">Whether that one was refitted on the same folds.</param>
    /// <param name="overMonotone">For a model that inverts judges the gain over the same model made monotone; else null.</param>
    /// <param name="worse">A part that was held out whole and that it is significantly worse on; null where there is none.</param>
    public static ActivationVerdict Decide(
        PairedGain overMean, int seeds, PairedGain? overActive = null, bool activeRefitted = false, PairedGain? overMonotone = null, WorsePart? worse = null)
    {
        var outcome = (seeds < LeastSeeds && seeds != PartsHeldOut) || double.IsNaN(overMean.Lower) ? ActivationOutcome.TooLittleData
            : !(overMean.Lower > 0) ? ActivationOutcome.NoSureGainOverMean
            : overActive is { } a && a.Upper < 0 ? ActivationOutcome.WorseThanActive
            : overMonotone is { } m && m.Upper < 0 ? ActivationOutcome.WorseThanMonotone
            : worse is not null ? ActivationOutcome.WorseOnPart
            : ActivationOutcome.Passed;
        return new ActivationVerdict(outcome, overMean, overActive, activeRefitted, seeds, Sentence(outcome, overMean, seeds, overActive, activeRefitted, overMonotone, worse))
        {
            OverMonotone = overMonotone,
            Worse = worse,
        };
    }

    private static string Sentence(ActivationOutcome outcome, PairedGain overMean, int seeds, PairedGain? overActive, bool refitted, PairedGain? overMonotone, WorsePart? worse)
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
            ActivationOutcome.WorseThanMonotone =>
                $"Stays inactive: it inverts judges and is significantly worse than the same model made monotone: {Number(overMonotone!.Value.Mean)}, upper 95% bound {Number(overMonotone.Value.Upper)}; {gain}.",
            ActivationOutcome.WorseOnPart =>
                $"Stays inactive: on {worse!.Part}, held out whole, significantly worse than {worse.Than}: {Number(worse.Gain.Mean)}, upper bound {Number(worse.Gain.Upper)} ({Count(worse.Gain.Groups, "group")}); {gain}.",
            _ => $"Stays inactive: no sure gain: {gain}.",
        };
    }

    /// <summary>The gain over mean-then-fit in words.</summary>
    internal static string Describe(PairedGain gain, int seeds) =>
        $"out-of-fold gain over mean-then-fit {Number(gain.Mean)} per row, lower 95% bound {Number(gain.Lower)} ({Count(gain.Groups, "group")}, {(seeds == PartsHeldOut ? "parts held out whole" : Count(seeds, "fold seed"))})";

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count.ToString(CultureInfo.InvariantCulture)} {what}s";

    private static string Number(double value) => value.ToString("+0.####;-0.####;0", CultureInfo.InvariantCulture);
}
