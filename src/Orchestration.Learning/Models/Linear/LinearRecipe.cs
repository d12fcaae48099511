using Orchestration.Learning.Models.Additive;
using Orchestration.Learning.Models.Missing;

namespace Orchestration.Learning.Models.Linear;

/// <summary>
/// Ridge regression on all judges, its one penalty by restricted maximum likelihood (the variance of the weights and that of the noise, each as the
/// data have it; nothing is tried out). Without negative weights where asked; for comparisons that is the default, and the regression is logistic.
/// </summary>
internal sealed class LinearRecipe(string name, bool? nonNegative) : IModelRecipe
{
    private const int MostSteps = 25;

    public string Name => name;

    public bool IsMonotone => nonNegative ?? false;

    public IScoreModel Fit(ScoreData data, FitOptions options)
    {
        var judges = JudgeNormal.Fit(data, nonNegative ?? false);
        var equations = LinearDesign.Sum(judges.FillAll(data.Scores), data.Targets, data.Weights, data.Judges, out var means);
        var fit = LinearDesign.Ridge(equations);
        var weights = nonNegative ?? false ? LinearDesign.NonNegative(equations, fit) : fit.Coefficients;

        // The constant stands at the judges' reference means, which differ from the columns' where rows had gaps.
        var constant = RowByRow.Average(data.Targets, data.Weights);
        for (var j = 0; j < means.Length; j++) constant += weights[j] * (judges.Means[j] - means[j]);
        return new LinearModel(judges, weights, constant);
    }

    public IScoreModel Fit(PreferenceData data, FitOptions options)
    {
        var judges = JudgeNormal.Fit(data, nonNegative ?? true);
        var differences = judges.FillAll(data.First).Zip(judges.FillAll(data.Second), (a, b) => a - b).ToArray();
        var size = data.Judges;
        var bounded = new bool[size];
        Array.Fill(bounded, nonNegative ?? true);
        var (weights, penalties) = (new double[size], new double[size * size]);
        double[]? logPenalty = null;
        for (var step = 0; step < MostSteps; step++)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            var working = GamPreferenceFit.Working(differences, data.Labels, data.Weights, weights, size);
            var chosen = LinearDesign.Ridge(working, scaleKnown: true, logPenalty);
            var settled = logPenalty is not null && Math.Abs(logPenalty[0] - chosen.LogPenalties[0]) < 1e-6;
            logPenalty = chosen.LogPenalties;
            for (var i = 0; i < size; i++) penalties[i * size + i] = Math.Exp(logPenalty[0]);
            weights = Logistic.Fit(differences, data.Labels, data.Weights, penalties, bounded, weights).Coefficients;
            if (settled) break;
        }

        return new LinearModel(judges, weights, 0);
    }
}
