using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Surrogates;

/// <summary>A stand-in fitted on training rows: what it says, how far off it expects to be, and up to which expected error calls are spared.</summary>
internal sealed class StandIn
{
    private readonly IScoreModel _model;
    private readonly IScoreModel _errors;

    private StandIn(IScoreModel model, IScoreModel errors, double limit) => (_model, _errors, Limit) = (model, errors, limit);

    /// <summary>The largest expected error at which the call is spared; below 0 for never.</summary>
    public double Limit { get; }

    /// <summary>Fits it. Errors are learned from, and the limit is chosen by, predictions of rows that were held out inside.</summary>
    public static StandIn Fit(ScoreData rows, IModelRecipe recipe, SurrogateOptions options, ulong seed)
    {
        var inner = Folds.ByGroup(rows.GroupOf, Math.Min(options.Folds, rows.Groups), SeededDraws.Part(seed, 1));
        var predicted = HeldOut(rows, inner, recipe, seed, options.Cancellation);
        var absolute = new double[rows.Rows];
        for (var i = 0; i < absolute.Length; i++) absolute[i] = Math.Abs(rows.Targets[i] - predicted[i]);
        var errorRows = new ScoreData(rows.Judges, rows.Scores, absolute, rows.GroupOf, rows.Weights);
        var expected = HeldOut(errorRows, inner, recipe, SeededDraws.Part(seed, 2), options.Cancellation);
        return new StandIn(
            recipe.Fit(rows, new FitOptions(seed, 1, options.Cancellation)), recipe.Fit(errorRows, new FitOptions(SeededDraws.Part(seed, 2), 1, options.Cancellation)),
            LimitOf(rows.Targets, predicted, expected, options.Fidelity));
    }

    /// <summary>What it says of rows that it has not seen.</summary>
    public (double[] Numbers, double[] Errors) Predict(ScoreData rows)
    {
        var (numbers, errors) = (new double[rows.Rows], new double[rows.Rows]);
        _model.Predict(rows.Scores, numbers);
        _errors.Predict(rows.Scores, errors);
        return (numbers, errors);
    }

    /// <summary>Rows by expected error, the smallest first; equal ones in their order.</summary>
    public static int[] ByExpected(double[] expected)
    {
        var order = Enumerable.Range(0, expected.Length).ToArray();
        Array.Sort(order, (a, b) => expected[a].CompareTo(expected[b]) is var c && c != 0 ? c : a.CompareTo(b));
        return order;
    }

    /// <summary>The limit up to which the mixed scores keep the fidelity, at the largest share that does.</summary>
    private static double LimitOf(double[] targets, double[] predicted, double[] expected, double fidelity)
    {
        var mean = targets.Average();
        var allowed = (1 - fidelity) * targets.Sum(y => (y - mean) * (y - mean));
        var (lost, limit) = (0.0, double.NegativeInfinity);
        var order = ByExpected(expected);
        for (var k = 0; k < order.Length; k++)
        {
            var off = targets[order[k]] - predicted[order[k]];
            lost += off * off;

            // Rows of one expected error are spared together or not at all.
            if (lost <= allowed && (k + 1 == order.Length || expected[order[k + 1]] > expected[order[k]])) limit = expected[order[k]];
        }

        return limit;
    }

    private static double[] HeldOut(ScoreData rows, Folds folds, IModelRecipe recipe, ulong seed, CancellationToken cancellationToken)
    {
        var numbers = new double[rows.Rows];
        for (var fold = 0; fold < folds.Count; fold++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var held = folds.HeldOut(fold);
            var said = new double[held.Length];
            recipe.Fit(rows.Select(folds.Training(fold)), new FitOptions(SeededDraws.Part(seed, (ulong)fold + 3), 1, cancellationToken)).Predict(rows.Select(held).Scores, said);
            for (var i = 0; i < held.Length; i++) numbers[held[i]] = said[i];
        }

        return numbers;
    }
}
