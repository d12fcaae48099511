using Orchestration.Learning.Models;

namespace Orchestration.Learning.Ensembles;

/// <summary>What judges said of comparisons with a known preference. Immutable; arrays are taken over and never written.</summary>
public sealed class VerdictRows
{
    /// <summary>Takes rows over after checking them.</summary>
    /// <param name="judges">Number of judges, at least 1.</param>
    /// <param name="verdicts">Rows × judges: the mean of both verdicts for answer A, −1 to 1; NaN where neither can be read.</param>
    /// <param name="signals">
    /// Rows × judges: how much the judge prefers answer A in a unit of its own (its score of A less that of B where it scores, else the mean verdict); NaN where it says nothing.
    /// </param>
    /// <param name="labels">1 where A is the better answer, −1 where B is.</param>
    /// <param name="groups">The prompt of each row, 0 … G − 1 without a gap.</param>
    /// <param name="categories">The category of each row, 0 … C − 1 without a gap; null where there are none.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit, or a number out of its range.</exception>
    public VerdictRows(int judges, double[] verdicts, double[] signals, int[] labels, int[] groups, int[]? categories = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(judges, 1);
        if (verdicts.Length != (long)judges * labels.Length || signals.Length != verdicts.Length) throw new ArgumentException($"{verdicts.Length} verdicts and {signals.Length} signals for {labels.Length} rows of {judges} judges.", nameof(verdicts));
        foreach (var verdict in verdicts)
        {
            if (verdict is < -1 or > 1) throw new ArgumentException("A mean verdict lies between -1 and 1; a missing one is NaN.", nameof(verdicts));
        }

        foreach (var signal in signals)
        {
            if (double.IsInfinity(signal)) throw new ArgumentException("A signal is finite; a missing one is NaN.", nameof(signals));
        }

        foreach (var label in labels)
        {
            if (label is not (1 or -1)) throw new ArgumentException("A label is 1 (A is better) or -1 (B is).", nameof(labels));
        }

        (Judges, Verdicts, Signals, Labels, GroupOf) = (judges, verdicts, signals, labels, groups);
        Groups = RowRules.Groups(groups, labels.Length);
        if (categories is null) return;
        Categories = RowRules.Groups(categories, labels.Length);
        CategoryOf = categories;
    }

    /// <summary>Number of rows.</summary>
    public int Rows => Labels.Length;

    /// <summary>Number of judges.</summary>
    public int Judges { get; }

    /// <summary>Number of prompts.</summary>
    public int Groups { get; }

    /// <summary>Number of categories; 0 without.</summary>
    public int Categories { get; }

    /// <summary>Rows × judges, −1 to 1.</summary>
    public double[] Verdicts { get; }

    /// <summary>Rows × judges, in units of each judge.</summary>
    public double[] Signals { get; }

    /// <summary>1 or −1.</summary>
    public int[] Labels { get; }

    /// <summary>The prompt of each row.</summary>
    public int[] GroupOf { get; }

    /// <summary>The category of each row; null without.</summary>
    public int[]? CategoryOf { get; }
}
