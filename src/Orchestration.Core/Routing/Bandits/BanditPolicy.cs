using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orchestration.Core.Routing.Features;
using Orchestration.Learning.Bandits;

namespace Orchestration.Core.Routing.Bandits;

/// <summary>
/// A contextual bandit as it stands after some rewards: disjoint linear models of each expert's quality (Li, Chu, Langford and Schapire 2010), asked by upper confidence
/// bounds or by Thompson sampling (Agrawal and Goyal 2013). Immutable: more rewards make another one (<see cref="BanditLearner"/>).
/// </summary>
/// <remarks>
/// Thompson sampling: the chance of each expert to be the best is computed by integration, and <see cref="RoutingQuestion.Draw"/> draws among those chances. So the
/// probability that a decision stores is the one it was made with, not an estimate of it. Upper confidence bounds give the largest probability 1; experts that tie
/// (all of them, before the first reward) share evenly.
/// </remarks>
public sealed class BanditPolicy : IEmbeddedPolicy
{
    /// <summary>The normal quantile of 97.5%.</summary>
    private const double Z = 1.959963984540054;

    private const double Tie = 1e-12;
    private readonly BanditSettings _settings;
    private readonly IPromptFeatures _features;
    private readonly Dictionary<string, LinearPosterior> _posteriors;

    internal BanditPolicy(BanditSettings settings, IPromptFeatures features, BanditStatistics statistics)
    {
        (_settings, _features) = (settings, features);
        _posteriors = settings.Experts.Select(static (name, i) => (name, i))
            .ToDictionary(static e => e.name, e => statistics.Posterior(e.i, settings.Ridge, settings.PriorMean), StringComparer.Ordinal);
        Rewards = Enumerable.Range(0, statistics.Arms).Sum(statistics.Count);
        Version = VersionOf(settings, features, statistics);
    }

    /// <inheritdoc/>
    public string Name => _settings.Name;

    /// <inheritdoc/>
    public string Version { get; }

    /// <inheritdoc/>
    public string FeaturesVersion => _features.Version;

    /// <inheritdoc/>
    public EmbeddingNeed? Embedding => (_features as TrainedFeatures)?.Embedding;

    /// <summary>Rewards that it has learned from.</summary>
    public long Rewards { get; }

    /// <inheritdoc/>
    public RoutingChoice Choose(RoutingQuestion question)
    {
        var offers = question.Offers;
        if (offers.Count == 0) throw new ArgumentException("A policy is asked with at least one expert on offer.", nameof(question));
        var features = new float[_features.Dimension];

        // Nothing is known of a prompt without its embedding: nothing is asked by it, and nothing learned from what comes of it.
        if (_features is not TrainedFeatures { Embedding: not null } embedded) _features.Fill(question.Prompt, features);
        else if (!embedded.TryMeasure(question.Prompt, features)) return Abstain(question, [], $"abstained: no embedding of the prompt ({question.Prompt.EmbeddingProblem ?? "none was asked for"})");
        var (known, dearest) = (0, 0.0);
        for (var i = 0; i < offers.Count; i++)
        {
            if (!_posteriors.ContainsKey(offers[i].Expert)) continue;
            known++;
            dearest = Math.Max(dearest, offers[i].CostUsd ?? 0);
        }

        if (known == 0) return Abstain(question, features, "abstained: none of the policy's experts is on offer");
        var count = offers.Count;
        Span<double> numbers = count <= 64 ? stackalloc double[4 * count] : new double[4 * count];
        var means = numbers[..count];
        var widths = numbers.Slice(count, count);
        var values = numbers.Slice(2 * count, count);
        var chances = numbers.Slice(3 * count, count);
        for (var i = 0; i < count; i++)
        {
            if (!_posteriors.TryGetValue(offers[i].Expert, out var posterior))
            {
                (means[i], widths[i], values[i]) = (double.NaN, double.NaN, double.NegativeInfinity);
                continue;
            }

            (means[i], widths[i]) = posterior.Of(features);

            // Who states no price is not thereby free: it counts as the dearest on offer.
            values[i] = means[i] - (_settings.Lambda > 0 ? _settings.Lambda * (offers[i].CostUsd ?? dearest) : 0);
        }

        var isUpper = _settings.Rule == RoutingRule.LinUcb;
        if (isUpper) Upper(widths, values, chances);
        else Thompson(widths, values, known, chances);
        return Choice(question, features, BestChances.Draw(chances, question.Draw), means, widths, values, chances);
    }

    /// <summary>Adds the bounds to the values; the largest share the chance.</summary>
    private void Upper(ReadOnlySpan<double> widths, Span<double> values, Span<double> chances)
    {
        var best = double.NegativeInfinity;
        for (var i = 0; i < values.Length; i++)
        {
            if (double.IsNegativeInfinity(values[i])) continue;
            values[i] += _settings.UsedWidth * widths[i];
            best = Math.Max(best, values[i]);
        }

        var ties = 0;
        foreach (var value in values)
        {
            if (value >= best - Tie) ties++;
        }

        for (var i = 0; i < values.Length; i++) chances[i] = values[i] >= best - Tie ? 1.0 / ties : 0;
    }

    private void Thompson(ReadOnlySpan<double> widths, ReadOnlySpan<double> values, int known, Span<double> chances)
    {
        Span<double> scratch = known <= 64 ? stackalloc double[3 * known] : new double[3 * known];
        var k = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (double.IsNegativeInfinity(values[i])) continue;
            scratch[k] = values[i];
            scratch[known + k++] = _settings.UsedWidth * widths[i];
        }

        var found = scratch.Slice(2 * known, known);
        BestChances.Of(scratch[..known], scratch.Slice(known, known), found);
        k = 0;
        for (var i = 0; i < values.Length; i++) chances[i] = double.IsNegativeInfinity(values[i]) ? 0 : found[k++];
    }

    private RoutingChoice Choice(
        RoutingQuestion question, float[] features, int chosen, ReadOnlySpan<double> means, ReadOnlySpan<double> widths, ReadOnlySpan<double> values, ReadOnlySpan<double> chances)
    {
        var offers = question.Offers;
        var isUpper = _settings.Rule == RoutingRule.LinUcb;
        var half = _settings.UsedWidth * (isUpper ? 1 : Z);
        var estimates = new ExpertEstimate[offers.Count];
        var order = new int[offers.Count];
        var keys = new double[offers.Count];
        for (var i = 0; i < estimates.Length; i++)
        {
            var (mean, width) = (means[i], widths[i]);
            estimates[i] = new ExpertEstimate(offers[i].Expert, Math.Clamp(mean, 0, 1), Math.Clamp(mean - half * width, 0, 1), Math.Clamp(mean + half * width, 0, 1), offers[i].CostUsd, chances[i]);
            order[i] = i;
            keys[i] = i == chosen ? double.NegativeInfinity : -values[i];
        }

        // Whoever the policy does not know of comes last: still better than no answer.
        Array.Sort(keys, order);
        var experts = new string[order.Length];
        for (var i = 0; i < experts.Length; i++) experts[i] = offers[order[i]].Expert;
        return new RoutingChoice
        {
            Experts = experts,
            Estimates = estimates,
            Features = features,
            Reason = isUpper
                ? chances[chosen] < 1 ? "drawn among equal upper confidence bounds" : "highest upper confidence bound"
                : string.Create(CultureInfo.InvariantCulture, $"Thompson sampling: best with chance {chances[chosen]:0.000}"),
        };
    }

    private static RoutingChoice Abstain(RoutingQuestion question, float[] features, string reason) => new()
    {
        Experts = [.. question.Offers.Select(static o => o.Expert)],
        Estimates = [.. question.Offers.Select(static (o, i) => new ExpertEstimate(o.Expert, double.NaN, double.NaN, double.NaN, o.CostUsd, i == 0 ? 1 : 0))],
        Features = features,
        IsAbstention = true,
        Reason = reason,
    };

    private static string VersionOf(BanditSettings settings, IPromptFeatures features, BanditStatistics statistics)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var facts = string.Create(
            CultureInfo.InvariantCulture,
            $"bandit 1\n{settings.Rule}\n{settings.Lambda:R}\n{settings.UsedWidth:R}\n{settings.Ridge:R}\n{settings.PriorMean:R}\n{features.Version}\n{string.Join('\n', settings.Experts)}\n");
        hash.AppendData(Encoding.UTF8.GetBytes(facts));
        hash.AppendData(statistics.ToBytes());
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
