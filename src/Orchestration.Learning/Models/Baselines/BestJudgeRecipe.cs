using Orchestration.Learning.Models.Linear;
using Orchestration.Learning.Models.Missing;

namespace Orchestration.Learning.Models.Baselines;

/// <summary>
/// The one judge that explains the training rows best, then a line to the target. For comparisons the judge with the smallest logistic loss and one
/// slope not below zero. Where that judge is missing, the score expected from the others stands in.
/// </summary>
internal sealed class BestJudgeRecipe(bool? monotone) : IModelRecipe
{
    public string Name => "best-judge";

    public bool IsMonotone => monotone ?? false;

    public IScoreModel Fit(ScoreData data, FitOptions options)
    {
        var judges = JudgeNormal.Fit(data, monotone ?? false);
        var scores = judges.FillAll(data.Scores);
        var column = new double[data.Rows];
        var (best, least, slopeOfBest) = (0, double.PositiveInfinity, 0.0);
        for (var j = 0; j < data.Judges; j++)
        {
            for (var row = 0; row < column.Length; row++) column[row] = scores[row * data.Judges + j];
            var (intercept, slope) = RowByRow.Line(column, data.Targets, data.Weights, IsMonotone);
            var squares = 0.0;
            for (var row = 0; row < column.Length; row++)
            {
                var rest = data.Targets[row] - intercept - slope * column[row];
                squares += (data.Weights?[row] ?? 1) * rest * rest;
            }

            // A later judge has to be better beyond rounding, so that the order of judges decides nothing but exact ties.
            if (squares < least * (1 - 1e-12)) (best, least, slopeOfBest) = (j, squares, slope);
        }

        var weights = new double[data.Judges];
        weights[best] = slopeOfBest;
        for (var row = 0; row < column.Length; row++) column[row] = data.Targets[row] - slopeOfBest * (scores[row * data.Judges + best] - judges.Means[best]);
        return new LinearModel(judges, weights, RowByRow.Average(column, data.Weights));
    }

    public IScoreModel Fit(PreferenceData data, FitOptions options)
    {
        var judges = JudgeNormal.Fit(data, monotone ?? true);
        var (first, second) = (judges.FillAll(data.First), judges.FillAll(data.Second));
        var column = new double[data.Rows];
        var (best, least, slopeOfBest) = (0, double.PositiveInfinity, 0.0);
        for (var j = 0; j < data.Judges; j++)
        {
            for (var row = 0; row < column.Length; row++) column[row] = first[row * data.Judges + j] - second[row * data.Judges + j];
            var slope = MeanFitRecipe.Slope(column, data.Labels, data.Weights);
            var loss = 0.0;
            for (var row = 0; row < column.Length; row++)
                loss += (data.Weights?[row] ?? 1) * (Logistic.SoftPlus(slope * column[row]) - data.Labels[row] * slope * column[row]);
            if (loss < least * (1 - 1e-12)) (best, least, slopeOfBest) = (j, loss, slope);
        }

        var weights = new double[data.Judges];
        weights[best] = slopeOfBest;
        return new LinearModel(judges, weights, 0);
    }
}
