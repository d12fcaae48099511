using Orchestration.Learning.Intervals;
using Orchestration.Learning.Metrics;

namespace Orchestration.Learning.Statistics;

/// <summary>The interval of a mean from its moments.</summary>
public static class MomentsInterval
{
    /// <summary>The mean with Student's t interval of independent numbers; without an interval below two of them.</summary>
    /// <param name="moments">The numbers.</param>
    /// <param name="level">Chance of the interval, between 0 and 1.</param>
    public static Estimate ToEstimate(this RunningMoments moments, double level = 0.95)
    {
        if (moments.Count < 2) return Estimate.Of(moments.Mean);
        var error = moments.StandardDeviation / Math.Sqrt(moments.Count);
        var width = StudentQuantile.Of((1 + level) / 2, (int)Math.Min(moments.Count - 1, int.MaxValue)) * error;
        return new Estimate(moments.Mean, moments.Mean - width, moments.Mean + width, error);
    }
}
