using Orchestration.Learning.Models.Linear;
using Orchestration.Learning.Models.Missing;

namespace Orchestration.Learning.Models.Baselines;

/// <summary>
/// The mean of the judges, stretched linearly from 0–1 onto the target's range and otherwise not fitted. For comparisons it is the vote: twice the
/// mean less one, −1 to 1, whose differences have the sign of the mean's and are no log-odds.
/// </summary>
internal sealed class MeanRecipe(string name, (double Low, double High)? range) : IModelRecipe
{
    public string Name => name;

    public bool IsMonotone => true;

    public IScoreModel Fit(ScoreData data, FitOptions options)
    {
        var (low, high) = range ?? (data.Targets.Min(), data.Targets.Max());
        return new MeanModel(JudgeNormal.Fit(data).Means.ToArray(), low, high - low);
    }

    public IScoreModel Fit(PreferenceData data, FitOptions options) => new MeanModel(JudgeNormal.Fit(data).Means.ToArray(), -1, 2);
}

/// <summary>
/// The mean of the judges, then a least squares line to the target: the reference that a learned model has to beat. For comparisons one slope, not
/// below zero, by logistic regression; a weak prior (its standard deviation 10 per standard deviation of the difference) keeps it finite where the
/// mean is always right.
/// </summary>
internal sealed class MeanFitRecipe : IModelRecipe
{
    public string Name => "mean-fit";

    public bool IsMonotone => true;

    public IScoreModel Fit(ScoreData data, FitOptions options)
    {
        var judges = JudgeNormal.Fit(data);
        var (intercept, slope) = RowByRow.Line(MeanModel.Means(data.Scores, judges), data.Targets, data.Weights, rising: true);
        return new MeanModel(judges.Means.ToArray(), intercept, slope);
    }

    public IScoreModel Fit(PreferenceData data, FitOptions options)
    {
        var judges = JudgeNormal.Fit(data);
        var means = MeanModel.Means(data.First, judges);
        var second = MeanModel.Means(data.Second, judges);
        for (var row = 0; row < means.Length; row++) means[row] -= second[row];
        var slope = Slope(means, data.Labels, data.Weights);
        return new MeanModel(judges.Means.ToArray(), -slope * RowByRow.Average(judges.Means), slope);
    }

    /// <summary>The one logistic slope of differences, not below zero.</summary>
    public static double Slope(double[] differences, double[] labels, double[]? weights)
    {
        var spread = differences.Sum(d => d * d) / differences.Length;
        return spread > 0 ? Logistic.Fit(differences, labels, weights, [spread / 100], [true]).Coefficients[0] : 0;
    }
}
