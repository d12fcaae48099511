using System.Buffers.Binary;
using Orchestration.Core.Routing;

namespace Orchestration.Storage.Formats;

/// <summary>A judged reward as bytes; its route's id stands beside it.</summary>
internal static class RewardFormat
{
    private const byte Format = 1;

    public static byte[] Write(RouteReward reward)
    {
        var to = new ByteWriter();
        to.Byte(Format);
        to.Count(reward.DecidedAt.UtcTicks);
        to.Count(reward.JudgedAt.UtcTicks);
        to.Text(reward.Expert);
        to.Text(reward.Chosen);
        to.Byte((byte)reward.Kind);
        to.Text(reward.Policy);
        to.Text(reward.PolicyVersion);
        to.Text(reward.FeaturesVersion);
        to.Count(reward.Features.Count);
        Span<byte> single = stackalloc byte[4];
        foreach (var feature in reward.Features)
        {
            BinaryPrimitives.WriteSingleLittleEndian(single, feature);
            to.Bytes(single);
        }

        to.Count(reward.Estimates.Count);
        foreach (var e in reward.Estimates)
        {
            to.Text(e.Expert);
            foreach (var value in (ReadOnlySpan<double>)[e.Quality, e.Lower, e.Upper, e.CostUsd ?? double.NaN, e.Probability]) to.Double(value);
        }

        to.Double(reward.Probability);
        to.Double(reward.Score ?? double.NaN);
        to.Double(reward.Interval?.Lower ?? double.NaN);
        to.Double(reward.Interval?.Upper ?? double.NaN);
        to.Text(reward.AggregatorVersion);
        to.Count(reward.Scores.Count);
        foreach (var (judge, score) in reward.Scores.OrderBy(static s => s.Key, StringComparer.Ordinal))
        {
            to.Text(judge);
            to.Double(score);
        }

        to.Count(reward.Unscored.Count);
        foreach (var (judge, reason) in reward.Unscored.OrderBy(static s => s.Key, StringComparer.Ordinal))
        {
            to.Text(judge);
            to.Text(reason);
        }

        to.Money(reward.CostUsd);
        return to.Written.ToArray();
    }

    public static RouteReward Read(string routeId, ReadOnlySpan<byte> bytes)
    {
        var from = new ByteReader(bytes);
        var format = from.Byte();
        if (format != Format) throw new InvalidDataException($"A stored reward is of format {format}, which this program does not know.");
        var (decidedAt, judgedAt) = (new DateTimeOffset(from.Count(), TimeSpan.Zero), new DateTimeOffset(from.Count(), TimeSpan.Zero));
        var (expert, chosen, kind) = (from.Text(), from.Text(), (PlanKind)from.Byte());
        var (policy, policyVersion, featuresVersion) = (from.Text(), from.Text(), from.Text());
        var features = new float[from.Int()];
        for (var i = 0; i < features.Length; i++) features[i] = BinaryPrimitives.ReadSingleLittleEndian(from.Bytes(4));
        var estimates = new ExpertEstimate[from.Int()];
        for (var i = 0; i < estimates.Length; i++)
        {
            var name = from.Text();
            var (quality, low, high, cost) = (from.Double(), from.Double(), from.Double(), from.Double());
            estimates[i] = new ExpertEstimate(name, quality, low, high, double.IsNaN(cost) ? null : cost, from.Double());
        }

        var (probability, score, lower, upper) = (from.Double(), from.Double(), from.Double(), from.Double());
        var version = from.Text();
        var scores = new Dictionary<string, double>(StringComparer.Ordinal);
        for (var left = from.Int(); left > 0; left--) scores[from.Text()] = from.Double();
        var unscored = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var left = from.Int(); left > 0; left--) unscored[from.Text()] = from.Text();
        return new RouteReward
        {
            RouteId = routeId,
            DecidedAt = decidedAt,
            JudgedAt = judgedAt,
            Expert = expert,
            Chosen = chosen,
            Kind = kind,
            Policy = policy,
            PolicyVersion = policyVersion,
            FeaturesVersion = featuresVersion,
            Features = features,
            Estimates = estimates,
            Probability = probability,
            Score = double.IsNaN(score) ? null : score,
            Interval = double.IsNaN(lower) ? null : (lower, upper),
            AggregatorVersion = version,
            Scores = scores,
            Unscored = unscored,
            CostUsd = from.Money(),
        };
    }
}
