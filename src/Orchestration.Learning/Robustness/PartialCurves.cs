using Orchestration.Learning.Models;

namespace Orchestration.Learning.Robustness;

/// <summary>Partial dependence by asking the model: works for every kind, the same way for all.</summary>
public static class PartialCurves
{
    /// <summary>Rows that a curve is averaged over at most, evenly spaced in the data.</summary>
    public const int RowsAtMost = 400;

    /// <summary>The mean of f over rows with one judge's score set to each point of a grid, less the mean of the curve.</summary>
    /// <param name="model">The model.</param>
    /// <param name="scores">Rows × judges, mapped.</param>
    /// <param name="grid">Mapped scores, 0–1, at least one.</param>
    /// <returns>[judge][point], on the model's scale.</returns>
    public static double[][] Of(IScoreModel model, double[] scores, double[] grid)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(grid);
        var judges = model.Judges;
        var rows = scores.Length / judges;
        if (rows == 0 || grid.Length == 0) throw new ArgumentException("A curve needs a row and a point.", nameof(scores));
        var some = Math.Min(rows, RowsAtMost);
        var taken = new double[some * judges];
        for (var i = 0; i < some; i++) scores.AsSpan((int)((long)i * rows / some) * judges, judges).CopyTo(taken.AsSpan(i * judges));
        var changed = new double[taken.Length];
        var numbers = new double[some];
        var curves = new double[judges][];
        for (var j = 0; j < judges; j++)
        {
            var curve = curves[j] = new double[grid.Length];
            taken.CopyTo(changed, 0);
            for (var p = 0; p < grid.Length; p++)
            {
                for (var i = 0; i < some; i++) changed[i * judges + j] = grid[p];
                model.Predict(changed, numbers);
                foreach (var number in numbers) curve[p] += number / some;
            }

            var mean = RowByRow.Average(curve);
            for (var p = 0; p < curve.Length; p++) curve[p] -= mean;
        }

        return curves;
    }
}
