using Orchestration.Learning.Metrics;
using Orchestration.Learning.Models;

namespace Orchestration.Learning.Selection;

/// <summary>What choosing a model needs to know of rows, be they human scores or comparisons.</summary>
internal abstract class LearningRows
{
    public abstract int Rows { get; }

    public abstract int Groups { get; }

    public abstract int[] GroupOf { get; }

    public abstract double[]? Weights { get; }

    public abstract LearningRows Select(ReadOnlySpan<int> rows);

    public abstract IScoreModel Fit(IModelRecipe recipe, FitOptions options);

    /// <summary>One number a row: f, or f(A) − f(B).</summary>
    public abstract double[] Predict(IScoreModel model);

    /// <summary>What is lost by a number on a row: its squared error, or the log loss.</summary>
    public abstract double Loss(int row, double number);

    public RowGroups ByGroup => new(GroupOf, Groups, Weights);

    public double[] Losses(double[] numbers)
    {
        var losses = new double[numbers.Length];
        for (var i = 0; i < losses.Length; i++) losses[i] = Loss(i, numbers[i]);
        return losses;
    }
}

/// <summary>Rows with human scores.</summary>
internal sealed class ScoreRows(ScoreData data) : LearningRows
{
    public ScoreData Data => data;

    public override int Rows => data.Rows;

    public override int Groups => data.Groups;

    public override int[] GroupOf => data.GroupOf;

    public override double[]? Weights => data.Weights;

    public override LearningRows Select(ReadOnlySpan<int> rows) => new ScoreRows(data.Select(rows));

    public override IScoreModel Fit(IModelRecipe recipe, FitOptions options) => recipe.Fit(data, options);

    public override double[] Predict(IScoreModel model)
    {
        var numbers = new double[data.Rows];
        model.Predict(data.Scores, numbers);
        return numbers;
    }

    public override double Loss(int row, double number) => (data.Targets[row] - number) * (data.Targets[row] - number);
}

/// <summary>Comparisons.</summary>
internal sealed class PreferenceRows(PreferenceData data) : LearningRows
{
    public PreferenceData Data => data;

    public override int Rows => data.Rows;

    public override int Groups => data.Groups;

    public override int[] GroupOf => data.GroupOf;

    public override double[]? Weights => data.Weights;

    public override LearningRows Select(ReadOnlySpan<int> rows) => new PreferenceRows(data.Select(rows));

    public override IScoreModel Fit(IModelRecipe recipe, FitOptions options) => recipe.Fit(data, options);

    public override double[] Predict(IScoreModel model)
    {
        var numbers = new double[data.Rows];
        var second = new double[data.Rows];
        model.Predict(data.First, numbers);
        model.Predict(data.Second, second);
        for (var i = 0; i < numbers.Length; i++) numbers[i] -= second[i];
        return numbers;
    }

    public override double Loss(int row, double number) => PreferenceFigures.RowLoss(data.Labels[row], number);
}
