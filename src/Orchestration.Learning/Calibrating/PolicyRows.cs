namespace Orchestration.Learning.Calibrating;

/// <summary>Answers of several policies (models, prompts, settings) with a judge's scores and some labels. Immutable; arrays are taken over, not copied.</summary>
public sealed class PolicyRows
{
    /// <summary>Takes the rows over after checking them.</summary>
    /// <param name="policyOf">The policy of each row, 0 … P − 1, every number used.</param>
    /// <param name="scores">The judge's score of each row, finite; higher is better.</param>
    /// <param name="labels">The label of each row; NaN where there is none.</param>
    /// <param name="groupOf">The prompt of each row, 0 … G − 1, every number used; one prompt may have answers of several policies.</param>
    /// <param name="isProbe">
    /// True for labelled rows that only test whether the calibrator carries over and correct their own policy: it is not fitted on them, and they do not count among the policy's scores. Null for none.
    /// </param>
    /// <exception cref="ArgumentException">Lengths differ, a number is out of its range, or a row of the probe has no label.</exception>
    public PolicyRows(int[] policyOf, double[] scores, double[] labels, int[] groupOf, bool[]? isProbe = null)
    {
        ArgumentNullException.ThrowIfNull(policyOf);
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(groupOf);
        var rows = scores.Length;
        isProbe ??= new bool[rows];
        if (rows == 0 || policyOf.Length != rows || labels.Length != rows || groupOf.Length != rows || isProbe.Length != rows) throw new ArgumentException("Every row has a policy, a score, a label or NaN, a group.", nameof(scores));
        for (var i = 0; i < rows; i++)
        {
            if (!double.IsFinite(scores[i])) throw new ArgumentException($"Row {i} has no finite score.", nameof(scores));
            if (double.IsInfinity(labels[i])) throw new ArgumentException($"Row {i} has a label that is not finite.", nameof(labels));
            if (isProbe[i] && double.IsNaN(labels[i])) throw new ArgumentException($"Row {i} of the probe has no label.", nameof(isProbe));
        }

        Policies = Numbered(policyOf, nameof(policyOf));
        Groups = Numbered(groupOf, nameof(groupOf));
        (PolicyOf, Scores, Labels, GroupOf, IsProbe) = (policyOf, scores, labels, groupOf, isProbe);
    }

    /// <summary>Number of rows.</summary>
    public int Rows => Scores.Length;

    /// <summary>Number of policies.</summary>
    public int Policies { get; }

    /// <summary>Number of prompts.</summary>
    public int Groups { get; }

    /// <summary>The policy of each row.</summary>
    public int[] PolicyOf { get; }

    /// <summary>The judge's scores.</summary>
    public double[] Scores { get; }

    /// <summary>The labels; NaN for none.</summary>
    public double[] Labels { get; }

    /// <summary>The prompt of each row.</summary>
    public int[] GroupOf { get; }

    /// <summary>True for rows of the probe.</summary>
    public bool[] IsProbe { get; }

    /// <summary>Rows that the calibrator is fitted on.</summary>
    internal int[] Calibrating() => [.. Enumerable.Range(0, Rows).Where(i => !IsProbe[i] && !double.IsNaN(Labels[i]))];

    private static int Numbered(int[] numbers, string name)
    {
        var seen = new bool[numbers.Max() + 1];
        foreach (var number in numbers)
        {
            if (number < 0) throw new ArgumentException("Numbers start at 0.", name);
            seen[number] = true;
        }

        return Array.IndexOf(seen, false) < 0 ? seen.Length : throw new ArgumentException("Numbers are used without a gap.", name);
    }
}
