using Orchestration.Core.Pairs;

namespace Orchestration.Core.Sweeps;

/// <summary>
/// Counts a judge's verdicts against labels as JudgeBench defines it: every comparison is judged in both orders; the second verdict is flipped
/// back; each verdict counts +1 where it equals the label, −1 where it equals the flipped label and 0 for a tie or where there is none.
/// A positive sum is correct, a negative one incorrect, 0 a tie. Comparisons whose label is a tie are counted apart and take no part.
/// </summary>
public sealed class VerdictTally
{
    private readonly SortedDictionary<string, VerdictTally> _byCategory = new(StringComparer.Ordinal);

    /// <summary>Labelled comparisons with a preference.</summary>
    public int Labelled { get; private set; }

    /// <summary>Sum of both verdicts agrees with the label.</summary>
    public int Correct { get; private set; }

    /// <summary>Sum of both verdicts agrees with the flipped label.</summary>
    public int Incorrect { get; private set; }

    /// <summary>Sum of both verdicts is 0.</summary>
    public int Ties { get; private set; }

    /// <summary>Verdicts (two a comparison) that are missing, labelled or not.</summary>
    public int Unreadable { get; private set; }

    /// <summary>Comparisons whose two verdicts, flipped back, are not the same; one missing verdict beside one that is there counts.</summary>
    public int Inconsistent { get; private set; }

    /// <summary>Comparisons with both verdicts.</summary>
    public int Paired { get; private set; }

    /// <summary>Comparisons whose two verdicts prefer different answers.</summary>
    public int Opposite { get; private set; }

    /// <summary>Comparisons of which the judge preferred the answer shown first both times: opposite verdicts that follow the position.</summary>
    public int FirstTwice { get; private set; }

    /// <summary>Comparisons of which the judge preferred the answer shown second both times.</summary>
    public int SecondTwice { get; private set; }

    /// <summary>Comparisons whose label is a tie: left out of accuracy.</summary>
    public int TieLabels { get; private set; }

    /// <summary>Comparisons seen, labelled or not.</summary>
    public int Comparisons { get; private set; }

    /// <summary>Correct ÷ labelled, 0–1; NaN where nothing is labelled. A tie is not correct.</summary>
    public double Accuracy => Labelled == 0 ? double.NaN : (double)Correct / Labelled;

    /// <summary>
    /// (first twice − second twice) ÷ (first twice + second twice): 1 where every contradiction of the judge prefers what is shown first, −1 where what is shown second; NaN without contradictions.
    /// </summary>
    public double PositionPreference => Opposite == 0 ? double.NaN : (double)(FirstTwice - SecondTwice) / Opposite;

    /// <summary>Accuracy with a tie as half right, 0–1; another score than <see cref="Accuracy"/>, never mixed with it.</summary>
    public double HalfTieAccuracy => Labelled == 0 ? double.NaN : (Correct + 0.5 * Ties) / Labelled;

    /// <summary>The same counts by category.</summary>
    public IReadOnlyDictionary<string, VerdictTally> ByCategory => _byCategory;

    /// <summary>Counts one comparison.</summary>
    /// <param name="label">The human preference, or null where unknown.</param>
    /// <param name="asShown">The verdict in the order shown; null where there is none.</param>
    /// <param name="swapped">The verdict with the answers exchanged, as said then.</param>
    /// <param name="category">The comparison's category, or null.</param>
    public void Add(Preference? label, Preference? asShown, Preference? swapped, string? category)
    {
        if (category is not null)
        {
            if (!_byCategory.TryGetValue(category, out var tally)) _byCategory[category] = tally = new VerdictTally();
            tally.Add(label, asShown, swapped, null);
        }

        var second = swapped?.Flip();
        Comparisons++;
        Unreadable += (asShown is null ? 1 : 0) + (second is null ? 1 : 0);
        if (asShown != second) Inconsistent++;
        if (asShown is not null && second is not null) Paired++;
        if (asShown is { } a && second is { } b && (int)a * (int)b == -1)
        {
            Opposite++;
            if (a == Preference.A) FirstTwice++;
            else SecondTwice++;
        }

        if (label is not { } truth) return;
        if (truth == Preference.Tie)
        {
            TieLabels++;
            return;
        }

        Labelled++;
        var sum = ((int?)asShown ?? 0) * (int)truth + ((int?)second ?? 0) * (int)truth;
        if (sum > 0) Correct++;
        else if (sum < 0) Incorrect++;
        else Ties++;
    }
}
