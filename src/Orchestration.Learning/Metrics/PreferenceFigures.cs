using Orchestration.Learning.Models;

namespace Orchestration.Learning.Metrics;

/// <summary>How well differences f(A) − f(B) meet the labels of comparisons. All of them weigh rows by their weights where there are some.</summary>
/// <param name="StrictAccuracy">Share of comparisons whose sign is the label's: above 0 for A, below 0 for B, exactly 0 for a tie.</param>
/// <param name="HalfTieAccuracy">As strict, but exactly 0 against a preference, or a preference against a tie, counts half.</param>
/// <param name="LogLoss">Mean of −ln σ(difference) where A is preferred, −ln σ(−difference) where B is, half of each for a tie; natural logarithm.</param>
public sealed record PreferenceFigures(Figure StrictAccuracy, Figure HalfTieAccuracy, Figure LogLoss)
{
    /// <summary>The figures of one set of differences.</summary>
    /// <param name="data">The comparisons.</param>
    /// <param name="differences">f(A) − f(B), log-odds, one a comparison.</param>
    /// <exception cref="ArgumentException">Another number of differences than of comparisons.</exception>
    public static PreferenceFigures Of(PreferenceData data, double[] differences) => Of(data, [differences]);

    /// <summary>The means of the figures of several sets of differences, one for each fold seed.</summary>
    /// <inheritdoc cref="Of(PreferenceData, double[])"/>
    /// <param name="data">The comparisons.</param>
    /// <param name="repeats">For each fold seed one difference a comparison.</param>
    public static PreferenceFigures Of(PreferenceData data, IReadOnlyList<double[]> repeats)
    {
        if (repeats.Count == 0) throw new ArgumentException("There is no set of predictions.", nameof(repeats));
        var rows = new RowGroups(data.GroupOf, data.Groups, data.Weights);
        var strict = new GroupInfluence[repeats.Count];
        var half = new GroupInfluence[repeats.Count];
        var loss = new GroupInfluence[repeats.Count];
        var values = new double[data.Rows];
        for (var r = 0; r < repeats.Count; r++)
        {
            var differences = repeats[r];
            if (differences.Length != data.Rows) throw new ArgumentException($"{differences.Length} differences for {data.Rows} comparisons.", nameof(repeats));
            for (var i = 0; i < values.Length; i++) values[i] = Preferred(differences[i]) == data.Labels[i] ? 1 : 0;
            strict[r] = GroupInfluence.Mean(values, rows);
            for (var i = 0; i < values.Length; i++) values[i] = 1 - Math.Abs(Preferred(differences[i]) - data.Labels[i]);
            half[r] = GroupInfluence.Mean(values, rows);
            for (var i = 0; i < values.Length; i++) values[i] = RowLoss(data.Labels[i], differences[i]);
            loss[r] = GroupInfluence.Mean(values, rows);
        }

        return new PreferenceFigures(GroupInfluence.Figure(strict), GroupInfluence.Figure(half), GroupInfluence.Figure(loss));
    }

    /// <summary>The log loss of one comparison.</summary>
    internal static double RowLoss(double label, double difference) => label * Softplus(-difference) + (1 - label) * Softplus(difference);

    /// <summary>1 for A, 0 for B, ½ for neither.</summary>
    internal static double Preferred(double difference) => difference > 0 ? 1 : difference < 0 ? 0 : 0.5;

    private static double Softplus(double x) => x > 0 ? x + Math.Log(1 + Math.Exp(-x)) : Math.Log(1 + Math.Exp(x));
}
