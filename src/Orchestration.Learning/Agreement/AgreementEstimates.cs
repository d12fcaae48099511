using Orchestration.Learning.Intervals;

namespace Orchestration.Learning.Agreement;

/// <summary>Measures of agreement with bounds from one bootstrap over the groups of items.</summary>
public static class AgreementEstimates
{
    /// <summary>The value of a measure on the table as it is.</summary>
    public static double Value(RatingTable table, IAgreement measure)
    {
        var weights = new double[table.Items];
        Array.Fill(weights, 1);
        return measure.Of(weights);
    }

    /// <summary>Values and bounds of several measures of one table, from the same resamples of its groups.</summary>
    /// <param name="table">The ratings.</param>
    /// <param name="measures">Measures made for this table.</param>
    /// <param name="options">Resamples, seed, level, threads.</param>
    public static Estimate[] Of(RatingTable table, IReadOnlyList<IAgreement> measures, BootstrapOptions options) => GroupBootstrap.Of(
        table.Groups,
        measures.Count,
        (drawn, values) =>
        {
            var weights = ItemWeights(table, drawn);
            for (var m = 0; m < values.Length; m++) values[m] = measures[m].Of(weights);
        },
        options);

    /// <summary>How often each item comes, from how often its group was drawn.</summary>
    internal static double[] ItemWeights(RatingTable table, ReadOnlySpan<double> drawn)
    {
        var weights = new double[table.Items];
        for (var i = 0; i < weights.Length; i++) weights[i] = drawn[table.GroupOf[i]];
        return weights;
    }
}
