using Orchestration.Learning.Intervals;
using Orchestration.Learning.Metrics;

namespace Orchestration.Learning.Statistics;

/// <summary>Whether a statistic with a standard error is other than 0.</summary>
public static class EstimateTest
{
    /// <summary>The two-sided p-value by Student's t with the groups less one.</summary>
    /// <param name="estimate">The statistic.</param>
    /// <param name="groups">Groups that its error comes from.</param>
    /// <returns>0–1; NaN without an error or with fewer than two groups; without any spread 1 at 0, and otherwise what equal signs of all groups would be by chance.</returns>
    public static double TwoSided(in Estimate estimate, int groups)
    {
        if (groups < 2 || double.IsNaN(estimate.Value) || double.IsNaN(estimate.StandardError)) return double.NaN;
        if (estimate.StandardError > 0) return StudentQuantile.TwoSided(estimate.Value / estimate.StandardError, groups - 1);
        return estimate.Value == 0 ? 1 : Math.Pow(2, 1 - groups);
    }
}
