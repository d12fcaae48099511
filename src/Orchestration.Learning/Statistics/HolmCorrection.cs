namespace Orchestration.Learning.Statistics;

/// <summary>Several tests at once: p-values raised so that the chance of one false alarm among all stays at the stated one, whatever the tests have to do with one another (Holm 1979).</summary>
public static class HolmCorrection
{
    /// <summary>Corrected p-values.</summary>
    /// <param name="pValues">0–1 each; NaN for a test that could not be made, which stays NaN and does not count.</param>
    /// <returns>One a test, in their order: the k-th smallest times the number of tests that are not smaller, at most 1, never below a smaller one's.</returns>
    public static double[] Of(IReadOnlyList<double> pValues)
    {
        ArgumentNullException.ThrowIfNull(pValues);
        var adjusted = new double[pValues.Count];
        Array.Fill(adjusted, double.NaN);
        int[] order = [.. Enumerable.Range(0, pValues.Count).Where(i => !double.IsNaN(pValues[i])).OrderBy(i => pValues[i])];
        var highest = 0.0;
        for (var k = 0; k < order.Length; k++)
        {
            highest = Math.Max(highest, Math.Min(1, (order.Length - k) * pValues[order[k]]));
            adjusted[order[k]] = highest;
        }

        return adjusted;
    }
}
