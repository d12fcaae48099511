namespace Orchestration.Learning.Models;

/// <summary>
/// Rows to learn from: mapped scores of the judges and a human score for each. Immutable; arrays are taken over, not copied, and never written.
/// </summary>
public sealed class ScoreData
{
    /// <summary>Takes the rows over after checking them.</summary>
    /// <param name="judges">Number of judges, at least 1.</param>
    /// <param name="scores">Rows × judges, row after row: mapped scores 0–1; NaN where a judge is missing.</param>
    /// <param name="targets">One finite human score a row, on any scale.</param>
    /// <param name="groups">One group number a row, 0 … G − 1, every number used: rows of one prompt share it.</param>
    /// <param name="weights">One weight a row, positive and finite; null where all weigh the same.</param>
    /// <exception cref="ArgumentException">Lengths differ, or a number is out of its range.</exception>
    public ScoreData(int judges, double[] scores, double[] targets, int[] groups, double[]? weights = null)
    {
        Groups = RowRules.Groups(groups, targets.Length);
        RowRules.Scores(judges, scores, targets.Length, nameof(scores));
        RowRules.Finite(targets, nameof(targets));
        RowRules.Weights(weights, targets.Length);
        (Judges, Scores, Targets, GroupOf, Weights) = (judges, scores, targets, groups, weights);
    }

    /// <summary>Number of rows.</summary>
    public int Rows => Targets.Length;

    /// <summary>Number of judges.</summary>
    public int Judges { get; }

    /// <summary>Number of groups.</summary>
    public int Groups { get; }

    /// <summary>Rows × judges, row after row; NaN where a judge is missing.</summary>
    public double[] Scores { get; }

    /// <summary>The human scores.</summary>
    public double[] Targets { get; }

    /// <summary>The group of each row.</summary>
    public int[] GroupOf { get; }

    /// <summary>Weights, or null where all are 1.</summary>
    public double[]? Weights { get; }

    /// <summary>The scores of one row.</summary>
    public ReadOnlySpan<double> Row(int row) => Scores.AsSpan(row * Judges, Judges);

    /// <summary>Some of the rows, in the order given; groups are numbered anew in order of appearance.</summary>
    public ScoreData Select(ReadOnlySpan<int> rows)
    {
        var scores = RowRules.Take(Scores, Judges, rows);
        var targets = RowRules.Take(Targets, 1, rows);
        var weights = Weights is null ? null : RowRules.Take(Weights, 1, rows);
        return new ScoreData(Judges, scores, targets, RowRules.Renumber(GroupOf, rows), weights);
    }
}
