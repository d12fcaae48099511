namespace Orchestration.Learning.Models;

/// <summary>
/// Comparisons to learn from: the mapped scores of answers A and B and which one was preferred. Models learn f by
/// P(A preferred) = σ(f(A) − f(B)), so exchanging the answers exactly flips the sign and f has no intercept. A judge's verdict v in {−1, −½, 0, ½, 1}
/// enters as the scores (1 + v)/2 of A and (1 − v)/2 of B. Immutable; arrays are taken over, not copied, and never written.
/// </summary>
public sealed class PreferenceData
{
    /// <summary>Takes the rows over after checking them.</summary>
    /// <param name="judges">Number of judges, at least 1.</param>
    /// <param name="first">Rows × judges: mapped scores of answer A, 0–1; NaN where a judge is missing.</param>
    /// <param name="second">The same of answer B; a judge missing for one answer is missing for both.</param>
    /// <param name="labels">1 where A is preferred, 0 where B is, ½ for a tie.</param>
    /// <param name="groups">One group number a row, 0 … G − 1, every number used.</param>
    /// <param name="weights">One weight a row, positive and finite; null where all weigh the same.</param>
    /// <exception cref="ArgumentException">Lengths differ, or a number is out of its range.</exception>
    public PreferenceData(int judges, double[] first, double[] second, double[] labels, int[] groups, double[]? weights = null)
    {
        Groups = RowRules.Groups(groups, labels.Length);
        RowRules.Scores(judges, first, labels.Length, nameof(first));
        RowRules.Scores(judges, second, labels.Length, nameof(second));
        RowRules.Weights(weights, labels.Length);
        foreach (var label in labels)
        {
            if (label is not (0 or 0.5 or 1)) throw new ArgumentException("A label is 1 (A preferred), 0 (B preferred) or 0.5 (tie).", nameof(labels));
        }

        for (var i = 0; i < first.Length; i++)
        {
            if (double.IsNaN(first[i]) != double.IsNaN(second[i])) throw new ArgumentException("A judge missing for one answer is missing for both.", nameof(second));
        }

        (Judges, First, Second, Labels, GroupOf, Weights) = (judges, first, second, labels, groups, weights);
    }

    /// <summary>Number of comparisons.</summary>
    public int Rows => Labels.Length;

    /// <summary>Number of judges.</summary>
    public int Judges { get; }

    /// <summary>Number of groups.</summary>
    public int Groups { get; }

    /// <summary>Mapped scores of answer A, rows × judges.</summary>
    public double[] First { get; }

    /// <summary>Mapped scores of answer B, rows × judges.</summary>
    public double[] Second { get; }

    /// <summary>1, ½ or 0.</summary>
    public double[] Labels { get; }

    /// <summary>The group of each row.</summary>
    public int[] GroupOf { get; }

    /// <summary>Weights, or null where all are 1.</summary>
    public double[]? Weights { get; }

    /// <summary>Some of the rows, in the order given; groups are numbered anew in order of appearance.</summary>
    public PreferenceData Select(ReadOnlySpan<int> rows) => new(
        Judges,
        RowRules.Take(First, Judges, rows),
        RowRules.Take(Second, Judges, rows),
        RowRules.Take(Labels, 1, rows),
        RowRules.Renumber(GroupOf, rows),
        Weights is null ? null : RowRules.Take(Weights, 1, rows));
}
