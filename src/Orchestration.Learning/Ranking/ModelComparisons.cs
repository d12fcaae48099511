using Orchestration.Learning.Models;

namespace Orchestration.Learning.Ranking;

/// <summary>Which of two models did better, row by row. Immutable; arrays are taken over and never written.</summary>
public sealed class ModelComparisons
{
    /// <summary>Takes comparisons over after checking them.</summary>
    /// <param name="models">Number of models, at least 2.</param>
    /// <param name="first">The first model of each row, 0 … models − 1.</param>
    /// <param name="second">The second, another one.</param>
    /// <param name="halves">2 where the first did better, 1 for a tie, 0 where the second did: half wins of the first.</param>
    /// <param name="groups">The prompt of each row, 0 … G − 1 without a gap; null where each row is its own.</param>
    /// <param name="style">Rows × covariates: what the first answer has more of than the second, in any unit; null for none.</param>
    /// <param name="covariates">Number of covariates.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit, or a number out of its range.</exception>
    public ModelComparisons(int models, int[] first, int[] second, byte[] halves, int[]? groups = null, double[]? style = null, int covariates = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(models, 2);
        if (first.Length == 0 || second.Length != first.Length || halves.Length != first.Length) throw new ArgumentException($"{first.Length} first models, {second.Length} second ones and {halves.Length} outcomes are no rows.", nameof(first));
        for (var i = 0; i < first.Length; i++)
        {
            if ((uint)first[i] >= (uint)models || (uint)second[i] >= (uint)models || first[i] == second[i]) throw new ArgumentException("A row compares two different models, numbered from 0.", nameof(first));
            if (halves[i] > 2) throw new ArgumentException("An outcome is 2, 1 or 0 half wins of the first model.", nameof(halves));
        }

        if (covariates < 0 || (style?.LongLength ?? 0) != (long)covariates * first.Length) throw new ArgumentException("There is one number a row and covariate.", nameof(style));
        if (style is not null) RowRules.Finite(style, nameof(style));
        (Models, First, Second, Halves, Style, Covariates) = (models, first, second, halves, style ?? [], covariates);
        GroupOf = groups ?? [.. Enumerable.Range(0, first.Length)];
        Groups = RowRules.Groups(GroupOf, first.Length);
    }

    /// <summary>Number of models.</summary>
    public int Models { get; }

    /// <summary>Number of rows.</summary>
    public int Rows => First.Length;

    /// <summary>The first model of each row.</summary>
    public int[] First { get; }

    /// <summary>The second model of each row.</summary>
    public int[] Second { get; }

    /// <summary>Half wins of the first model: 2, 1 or 0.</summary>
    public byte[] Halves { get; }

    /// <summary>The prompt of each row.</summary>
    public int[] GroupOf { get; }

    /// <summary>Number of prompts.</summary>
    public int Groups { get; }

    /// <summary>Rows × covariates.</summary>
    public double[] Style { get; }

    /// <summary>Number of covariates.</summary>
    public int Covariates { get; }

    /// <summary>Models × models: how often the row's model beat the column's, ties half on either side.</summary>
    /// <param name="drawn">How often each prompt counts.</param>
    public double[] Wins(ReadOnlySpan<double> drawn)
    {
        var wins = new double[Models * Models];
        for (var i = 0; i < First.Length; i++)
        {
            var weight = drawn[GroupOf[i]];
            if (weight == 0) continue;
            wins[First[i] * Models + Second[i]] += weight * 0.5 * Halves[i];
            wins[Second[i] * Models + First[i]] += weight * 0.5 * (2 - Halves[i]);
        }

        return wins;
    }

    /// <summary>The same with every prompt counted once.</summary>
    public double[] Wins()
    {
        var once = new double[Groups];
        Array.Fill(once, 1);
        return Wins(once);
    }
}
