using System.Globalization;
using System.Text.Json;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Routing.Valuing;

/// <summary>Reads logged decisions from files: a bad row goes to the rejects with its line and cure, the others are read.</summary>
public static class LoggedRouteReader
{
    /// <summary>How far probabilities of a row may be from adding up to 1: they are written by many hands.</summary>
    private const double Slack = 1e-4;

    /// <summary>Reads all rows.</summary>
    /// <param name="input">The files.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="OrchestrationException">A file cannot be read, or no row is good (<see cref="ErrorCodes.Input"/>).</exception>
    public static (IReadOnlyList<LoggedRoute> Routes, RowReport Report) Read(RowInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var routes = new List<LoggedRoute>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var report = RowSource.Read(input, "{id, expert, probability, candidates[{expert, probability}], reward}", row =>
        {
            var fault = Take(row, ids, out var route);
            if (route is not null) routes.Add(route);
            return fault;
        }, cancellationToken);
        return (routes, report);
    }

    private static RowFault? Take(JsonElement row, HashSet<string> ids, out LoggedRoute? route)
    {
        route = null;
        if (RowSource.Text(row, "id") is not { } id) return RowSource.Missing(row, "id");
        if (ids.Contains(id)) return new RowFault(RejectReason.DuplicateId, $"The id '{id}' is that of an earlier row. Leave one of the two out.");
        if (RowSource.Text(row, "expert") is not { } expert) return RowSource.Missing(row, "expert");
        if (Number(row, "probability", out var probability) is { } noProbability) return noProbability;
        if (probability is not (> 0 and <= 1)) return Wrong("The field 'probability' should be the chance, above 0 and at most 1, that the expert was chosen with. Without it nothing can be valued from the row.");
        var candidates = new List<LoggedCandidate>();
        if (Candidates(row, candidates) is { } fault) return fault;
        var sum = candidates.Sum(static c => c.Probability);
        if (Math.Abs(sum - 1) > Slack) return Wrong(string.Create(CultureInfo.InvariantCulture, $"The candidates' probabilities add up to {sum:R}. They add up to 1 over all who could have been asked."));
        if (!candidates.Any(c => c.Expert == expert && Math.Abs(c.Probability - probability.Value) <= Slack))
            return Wrong($"The expert '{expert}' is not among the candidates with the row's own probability.");
        if (Number(row, "reward", out var reward) is { } noReward) return noReward;
        if (reward is < 0 or > 1) return Wrong("The field 'reward' should be judged quality, 0 to 1; write null where the answer was not judged.");
        if (Number(row, "cost", out var cost) is { } noCost) return noCost;
        if (cost < 0) return Wrong("The field 'cost' should be US dollars, 0 or more; write null where it is not known.");
        var features = new List<float>();
        if (Features(row, features) is { } noFeatures) return noFeatures;
        if (!ids.Add(id)) return null;
        route = new LoggedRoute
        {
            Id = id,
            At = RowSource.Text(row, "at") is { } at && DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var when) ? when : default,
            Prompt = RowSource.Text(row, "prompt"),
            Features = features,
            Group = RowSource.Text(row, "group"),
            Policy = RowSource.Text(row, "policy") ?? "",
            PolicyVersion = RowSource.Text(row, "policy_version") ?? "",
            FeaturesVersion = RowSource.Text(row, "features_version") ?? "",
            Expert = expert,
            Probability = probability.Value,
            Candidates = candidates,
            CostUsd = cost,
            Reward = reward,
        };
        return null;
    }

    private static RowFault? Candidates(JsonElement row, List<LoggedCandidate> into)
    {
        if (!row.TryGetProperty("candidates", out var all) || all.ValueKind != JsonValueKind.Array || all.GetArrayLength() == 0)
            return Wrong("The field 'candidates' should be a list of all who could have been asked: [{expert, probability}, …].");
        foreach (var one in all.EnumerateArray())
        {
            if (one.ValueKind != JsonValueKind.Object || RowSource.Text(one, "expert") is not { } expert) return Wrong("A candidate should be an object with 'expert' and 'probability'.");
            if (into.Any(c => c.Expert == expert)) return Wrong($"The candidate '{expert}' is named twice.");
            if (Number(one, "probability", out var probability) is { } fault) return fault;
            if (probability is not (>= 0 and <= 1)) return Wrong($"The candidate '{expert}' should have a 'probability' from 0 to 1.");
            if (Number(one, "quality", out var quality) is { } noQuality) return noQuality;
            if (Number(one, "cost", out var cost) is { } noCost) return noCost;
            into.Add(new LoggedCandidate(expert, quality, cost, probability.Value));
        }

        return null;
    }

    private static RowFault? Features(JsonElement row, List<float> into)
    {
        if (!row.TryGetProperty("features", out var all) || all.ValueKind == JsonValueKind.Null) return null;
        if (all.ValueKind != JsonValueKind.Array) return Wrong("The field 'features' should be a list of numbers.");
        foreach (var one in all.EnumerateArray())
        {
            if (one.ValueKind != JsonValueKind.Number || !one.TryGetSingle(out var value) || !float.IsFinite(value)) return Wrong("The field 'features' should be a list of finite numbers.");
            into.Add(value);
        }

        return null;
    }

    private static RowFault? Number(JsonElement row, string field, out double? value)
    {
        value = null;
        if (!row.TryGetProperty(field, out var found) || found.ValueKind == JsonValueKind.Null) return null;
        if (found.ValueKind != JsonValueKind.Number || !found.TryGetDouble(out var number) || !double.IsFinite(number)) return Wrong($"The field '{field}' should be a number or null.");
        value = number;
        return null;
    }

    private static RowFault Wrong(string message) => new(RejectReason.WrongType, message);
}
