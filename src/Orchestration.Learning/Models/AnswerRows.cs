namespace Orchestration.Learning.Models;

/// <summary>Comparisons as single rows: answers A and B of one comparison one behind the other.</summary>
internal static class AnswerRows
{
    /// <summary>Twice as many rows: A, B, A, B …</summary>
    public static double[] Of(double[] first, double[] second, int judges)
    {
        var rows = new double[2 * first.Length];
        for (var at = 0; at < first.Length; at += judges)
        {
            first.AsSpan(at, judges).CopyTo(rows.AsSpan(2 * at));
            second.AsSpan(at, judges).CopyTo(rows.AsSpan(2 * at + judges));
        }

        return rows;
    }

    /// <summary>The weight of a comparison for each of its answers.</summary>
    public static double[]? Weights(double[]? weights)
    {
        if (weights is null) return null;
        var rows = new double[2 * weights.Length];
        for (var i = 0; i < rows.Length; i++) rows[i] = weights[i / 2];
        return rows;
    }

    /// <summary>Weighted mean number of a model over rows: what centring takes away.</summary>
    public static double Mean(IScoreModel model, double[] rows, double[]? weights)
    {
        var numbers = new double[rows.Length / model.Judges];
        model.Predict(rows, numbers);
        return RowByRow.Average(numbers, weights);
    }
}
