using Orchestration.Learning.Intervals;
using Orchestration.Learning.Statistics;

namespace Orchestration.Core.Routing.Loop;

/// <summary>What judged answers say of policies, of what experts cost, and of how judges agree.</summary>
internal static class RewardFigures
{
    /// <summary>By policy, in ordinal order.</summary>
    public static IReadOnlyList<PolicyReport> Policies(IReadOnlyList<RouteReward> rewards) =>
    [
        .. rewards.GroupBy(static r => r.Policy, StringComparer.Ordinal).OrderBy(static g => g.Key, StringComparer.Ordinal).Select(static g =>
        {
            var (quality, usd) = (default(RunningMoments), default(RunningMoments));
            foreach (var reward in g)
            {
                if (reward.Score is { } score) quality = quality.Add(score);
                usd = usd.Add((double)reward.CostUsd);
            }

            return new PolicyReport(g.Key, (int)quality.Count, (int)(usd.Count - quality.Count), quality.ToEstimate(), usd.Mean);
        }),
    ];

    /// <summary>By expert, what policies expected it to cost over the decisions that it was on offer for.</summary>
    public static Dictionary<string, double> ExpectedUsd(IReadOnlyList<RouteReward> rewards)
    {
        var means = new Dictionary<string, RunningMoments>(StringComparer.Ordinal);
        foreach (var estimate in rewards.SelectMany(static r => r.Estimates))
        {
            if (estimate.CostUsd is { } usd && double.IsFinite(usd)) means[estimate.Expert] = means.GetValueOrDefault(estimate.Expert).Add(usd);
        }

        return means.ToDictionary(static m => m.Key, static m => m.Value.Mean, StringComparer.Ordinal);
    }

    /// <summary>Every two judges once, in ordinal order; those that never scored the same answer too.</summary>
    public static IReadOnlyList<JudgePair> Agreement(IReadOnlyList<RouteReward> rewards)
    {
        string[] judges = [.. rewards.SelectMany(static r => r.Scores.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var pairs = new List<JudgePair>();
        for (var a = 0; a < judges.Length; a++)
        {
            for (var b = a + 1; b < judges.Length; b++)
            {
                var both = default(PairSums);
                foreach (var reward in rewards)
                {
                    if (reward.Scores.TryGetValue(judges[a], out var one) && reward.Scores.TryGetValue(judges[b], out var other)) both = both.Add(one, other);
                }

                pairs.Add(new JudgePair(judges[a], judges[b], both.Count, both.Correlation, both.MeanDistance));
            }
        }

        return pairs;
    }

    /// <summary>A judge beside the mean of the others.</summary>
    public static double WithOthers(IReadOnlyList<RouteReward> rewards, string judge)
    {
        var both = default(PairSums);
        foreach (var reward in rewards)
        {
            if (reward.Scores.Count < 2 || !reward.Scores.TryGetValue(judge, out var own)) continue;

            // Ordered: dictionaries that hold the same in another order give the same sum.
            var others = reward.Scores.Where(s => s.Key != judge).OrderBy(static s => s.Key, StringComparer.Ordinal).Average(static s => s.Value);
            both = both.Add(own, others);
        }

        return both.Correlation;
    }

    /// <summary>Sums over numbers in twos, on 0–1: their squares do not cancel badly.</summary>
    private readonly record struct PairSums(int Count, double X, double Y, double Xx, double Yy, double Xy, double Distance)
    {
        public double MeanDistance => Count == 0 ? double.NaN : Distance / Count;

        public double Correlation
        {
            get
            {
                var (x, y, xy) = (Xx - (X * X / Count), Yy - (Y * Y / Count), Xy - (X * Y / Count));
                return Count > 1 && x > 1e-12 * Count && y > 1e-12 * Count ? Math.Clamp(xy / Math.Sqrt(x * y), -1, 1) : double.NaN;
            }
        }

        public PairSums Add(double x, double y) => new(Count + 1, X + x, Y + y, Xx + (x * x), Yy + (y * y), Xy + (x * y), Distance + Math.Abs(x - y));
    }
}
