using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Explaining;

/// <summary>How judges go together, whatever a model makes of them.</summary>
/// <param name="Matrix">Judges × judges, Pearson's correlation over the answers that both have scored; NaN with a judge whose scores do not vary there.</param>
/// <param name="EffectiveChannels">
/// The exponential of the entropy of the correlation matrix's eigenvalues, normalised to sum 1: as many independent judges would say as much. 1 to the number of judges that vary; NaN where none does.
/// </param>
/// <param name="Varying">Judges that vary, which alone are counted.</param>
public sealed record JudgeCorrelation(double[] Matrix, double EffectiveChannels, int Varying)
{
    /// <summary>The correlations over the answers of some rows.</summary>
    public static JudgeCorrelation Of(ExplainedRows rows) => Of(rows.Points, rows.Judges);

    /// <summary>The correlations of columns.</summary>
    /// <param name="scores">Answers × judges, NaN where a judge is missing.</param>
    /// <param name="judges">Number of judges.</param>
    public static JudgeCorrelation Of(double[] scores, int judges)
    {
        var matrix = new double[judges * judges];
        for (var a = 0; a < judges; a++)
        {
            for (var b = 0; b <= a; b++) matrix[a * judges + b] = matrix[b * judges + a] = Pearson(scores, judges, a, b);
        }

        var varying = Enumerable.Range(0, judges).Where(j => !double.IsNaN(matrix[j * judges + j])).ToArray();
        if (varying.Length == 0) return new JudgeCorrelation(matrix, double.NaN, 0);
        var kept = new double[varying.Length * varying.Length];
        for (var a = 0; a < varying.Length; a++)
        {
            // Two judges that never scored the same answer: nothing is known of them together.
            for (var b = 0; b < varying.Length; b++) kept[a * varying.Length + b] = matrix[varying[a] * judges + varying[b]] is var r && double.IsNaN(r) ? 0 : r;
        }

        // With gaps each cell rests on rows of its own and small eigenvalues may fall below zero: they count as none.
        var (values, _) = SymmetricEigen.Of(kept, varying.Length);
        var total = values.Sum(static v => Math.Max(v, 0));
        var entropy = 0.0;
        foreach (var value in values)
        {
            if (value > 0) entropy -= value / total * Math.Log(value / total);
        }

        return new JudgeCorrelation(matrix, Math.Exp(entropy), varying.Length);
    }

    private static double Pearson(double[] scores, int judges, int a, int b)
    {
        var (count, meanA, meanB) = (0, 0.0, 0.0);
        for (var at = 0; at < scores.Length; at += judges)
        {
            if (double.IsNaN(scores[at + a]) || double.IsNaN(scores[at + b])) continue;
            (count, meanA, meanB) = (count + 1, meanA + scores[at + a], meanB + scores[at + b]);
        }

        if (count < 2) return double.NaN;
        (meanA, meanB) = (meanA / count, meanB / count);
        var (products, squaresA, squaresB) = (0.0, 0.0, 0.0);
        for (var at = 0; at < scores.Length; at += judges)
        {
            if (double.IsNaN(scores[at + a]) || double.IsNaN(scores[at + b])) continue;
            var (x, y) = (scores[at + a] - meanA, scores[at + b] - meanB);
            (products, squaresA, squaresB) = (products + x * y, squaresA + x * x, squaresB + y * y);
        }

        if (!(squaresA > 1e-24 * count) || !(squaresB > 1e-24 * count)) return double.NaN;
        return a == b ? 1 : Math.Clamp(products / Math.Sqrt(squaresA * squaresB), -1, 1);
    }
}
