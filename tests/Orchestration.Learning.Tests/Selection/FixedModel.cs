using Orchestration.Learning.Models;

namespace Orchestration.Learning.Tests.Selection;

/// <summary>A model that is a function.</summary>
internal sealed class FixedModel(int judges, Func<double[], double> f) : IScoreModel
{
    public int Judges => judges;

    public ModelState State => throw new NotSupportedException();

    public double Predict(ReadOnlySpan<double> scores) => f(scores.ToArray());

    public void Predict(ReadOnlySpan<double> scores, Span<double> predictions)
    {
        for (var i = 0; i < predictions.Length; i++) predictions[i] = Predict(scores.Slice(i * judges, judges));
    }
}

/// <summary>Says of a row what the nearest training row's target was: the strongest memory there is.</summary>
internal sealed class NearestRecipe : IModelRecipe
{
    public string Name => "nearest";

    public bool IsMonotone => false;

    public IScoreModel Fit(ScoreData data, FitOptions options) => new FixedModel(data.Judges, row =>
    {
        var (nearest, least) = (0, double.PositiveInfinity);
        for (var i = 0; i < data.Rows; i++)
        {
            var distance = 0.0;
            for (var j = 0; j < row.Length; j++) distance += Math.Pow(row[j] - data.Row(i)[j], 2);
            if (distance < least) (nearest, least) = (i, distance);
        }

        return data.Targets[nearest];
    });

    public IScoreModel Fit(PreferenceData data, FitOptions options) => throw new NotSupportedException();
}
