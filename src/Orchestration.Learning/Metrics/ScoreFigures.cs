using Orchestration.Learning.Models;

namespace Orchestration.Learning.Metrics;

/// <summary>How well numbers meet human scores. All of them weigh rows by their weights where there are some.</summary>
/// <param name="R2">1 − SSE/SST about the mean of all targets: pooled over the folds, never a mean of R² by fold. Below 0 where a constant would do better.</param>
/// <param name="Mse">Mean squared error, in squared units of the target.</param>
/// <param name="Mae">Mean absolute error, in units of the target.</param>
/// <param name="Spearman">Pearson's correlation of mid-ranks over all rows (ties share the mean of their ranks).</param>
/// <param name="PairwiseAccuracy">
/// Of two rows of one group with different targets, how often the better one has the higher number; equal numbers count half, equal targets are
/// left out. NaN where no group has two such rows.
/// </param>
public sealed record ScoreFigures(Figure R2, Figure Mse, Figure Mae, Figure Spearman, Figure PairwiseAccuracy)
{
    /// <summary>The figures of one set of predictions.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="predictions">One finite number a row.</param>
    /// <exception cref="ArgumentException">Another number of predictions than of rows.</exception>
    public static ScoreFigures Of(ScoreData data, double[] predictions) => Of(data, [predictions]);

    /// <summary>The means of the figures of several sets of predictions of the same rows, one for each fold seed.</summary>
    /// <inheritdoc cref="Of(ScoreData, double[])"/>
    /// <param name="data">The rows.</param>
    /// <param name="repeats">For each fold seed one finite number a row.</param>
    public static ScoreFigures Of(ScoreData data, IReadOnlyList<double[]> repeats)
    {
        if (repeats.Count == 0) throw new ArgumentException("There is no set of predictions.", nameof(repeats));
        var rows = new RowGroups(data.GroupOf, data.Groups, data.Weights);
        var parts = new GroupInfluence[5][];
        for (var m = 0; m < parts.Length; m++) parts[m] = new GroupInfluence[repeats.Count];
        for (var r = 0; r < repeats.Count; r++)
        {
            var predictions = repeats[r];
            if (predictions.Length != data.Rows) throw new ArgumentException($"{predictions.Length} predictions for {data.Rows} rows.", nameof(repeats));
            var squares = new double[data.Rows];
            var absolute = new double[data.Rows];
            for (var i = 0; i < data.Rows; i++)
            {
                absolute[i] = Math.Abs(data.Targets[i] - predictions[i]);
                squares[i] = absolute[i] * absolute[i];
            }

            parts[1][r] = GroupInfluence.Mean(squares, rows);
            parts[2][r] = GroupInfluence.Mean(absolute, rows);
            parts[0][r] = Pooled(parts[1][r], data.Targets, rows);
            parts[3][r] = RankCorrelation.Of(predictions, data.Targets, rows);
            parts[4][r] = PairwiseOrder.Of(predictions, data.Targets, rows);
        }

        return new ScoreFigures(
            GroupInfluence.Figure(parts[0]), GroupInfluence.Figure(parts[1]), GroupInfluence.Figure(parts[2]), GroupInfluence.Figure(parts[3]), GroupInfluence.Figure(parts[4]));
    }

    internal static GroupInfluence Pooled(in GroupInfluence error, double[] targets, in RowGroups rows)
    {
        var mean = 0.0;
        for (var i = 0; i < targets.Length; i++) mean += rows.Share(i) * targets[i];
        var squares = new double[targets.Length];
        for (var i = 0; i < targets.Length; i++) squares[i] = (targets[i] - mean) * (targets[i] - mean);

        // The mean's own movement drops out: the variance is least at the mean.
        var spread = GroupInfluence.Mean(squares, rows);
        var influence = new double[rows.Groups];
        if (!(spread.Value > 0)) return new GroupInfluence(double.NaN, influence);
        var ratio = error.Value / spread.Value;
        for (var g = 0; g < influence.Length; g++) influence[g] = (ratio * spread.Influence[g] - error.Influence[g]) / spread.Value;
        return new GroupInfluence(1 - ratio, influence);
    }
}
