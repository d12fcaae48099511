using System.Text.Json;
using Orchestration.Core.Pairs;

namespace Orchestration.Core.Routing.Valuing;

/// <summary>An expert that could have been asked.</summary>
/// <param name="Expert">Its name.</param>
/// <param name="Quality">What the policy predicted of it, 0–1; null where it predicted nothing.</param>
/// <param name="CostUsd">What it was expected to cost, US dollars; null where nobody says.</param>
/// <param name="Probability">Probability, 0–1, of asking it first, exploration included.</param>
public readonly record struct LoggedCandidate(string Expert, double? Quality, double? CostUsd, double Probability);

/// <summary>
/// A decision with what came of it: what policies are valued from. As a line of JSON: <c>{id, at, prompt?, features?, group?, policy, policy_version, features_version, expert, probability,
/// candidates[{expert, quality, cost, probability}], cost, reward}</c>. Immutable.
/// </summary>
public sealed record LoggedRoute
{
    /// <summary>The route.</summary>
    public required string Id { get; init; }

    /// <summary>When it was decided, UTC.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The prompt; null where texts are not kept.</summary>
    public string? Prompt { get; init; }

    /// <summary>The prompt's numbers; empty where the policy does not learn.</summary>
    public IReadOnlyList<float> Features { get; init; } = [];

    /// <summary>Routes of one group may depend on one another: a conversation, say. Null for the prompt, or the id without one.</summary>
    public string? Group { get; init; }

    /// <summary>The policy; empty where the request named an expert.</summary>
    public string Policy { get; init; } = "";

    /// <summary>Its version.</summary>
    public string PolicyVersion { get; init; } = "";

    /// <summary>The features' version.</summary>
    public string FeaturesVersion { get; init; } = "";

    /// <summary>Who was asked first.</summary>
    public required string Expert { get; init; }

    /// <summary>Probability, above 0 to 1, of asking it first, exploration included.</summary>
    public required double Probability { get; init; }

    /// <summary>Who could have been asked, the expert included; probabilities add up to 1.</summary>
    public required IReadOnlyList<LoggedCandidate> Candidates { get; init; }

    /// <summary>What it cost, US dollars; null where that is not known.</summary>
    public double? CostUsd { get; init; }

    /// <summary>Judged quality, 0–1, of this expert's own answer; null where it was not judged, or the answer was another's.</summary>
    public double? Reward { get; init; }

    /// <summary>
    /// A route of the ledger. Null where its request named the expert (nobody decided) or it has no outcome. The reward is left out where the answer is not the chosen expert's alone (a fallback's, one picked out
    /// of several): its probability does not weigh it.
    /// </summary>
    public static LoggedRoute? Of(RouteRecord route)
    {
        var (decision, outcome) = (route.Decision, route.Outcome);
        if (decision.Policy.Length == 0 || outcome is null) return null;
        var isOwn = decision.Choice.Kind == PlanKind.Single && outcome.AnsweredBy == decision.Expert;
        return new LoggedRoute
        {
            Id = decision.Id,
            At = decision.At,
            Prompt = outcome.Prompt,
            Features = decision.Choice.Features,
            Policy = decision.Policy,
            PolicyVersion = decision.PolicyVersion,
            FeaturesVersion = decision.FeaturesVersion,
            Expert = decision.Expert,
            Probability = decision.Probability,
            Candidates = [.. decision.Choice.Estimates.Select(static e => new LoggedCandidate(e.Expert, double.IsNaN(e.Quality) ? null : e.Quality, e.CostUsd, e.Probability))],
            CostUsd = (double)outcome.CostUsd,
            Reward = isOwn ? route.Score : null,
        };
    }

    /// <summary>What makes routes of one prompt dependent.</summary>
    internal string GroupKey => Group is not null ? "group " + Group : Prompt is not null ? "prompt " + PairHash.Group(Prompt) : "id " + Id;

    /// <summary>Writes it as one JSON object, numbers in round-trip form.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id", Id);
        writer.WriteString("at", At.UtcDateTime);
        if (Prompt is not null) writer.WriteString("prompt", Prompt);
        if (Features.Count != 0)
        {
            writer.WriteStartArray("features");
            foreach (var feature in Features) writer.WriteNumberValue(feature);
            writer.WriteEndArray();
        }

        if (Group is not null) writer.WriteString("group", Group);
        writer.WriteString("policy", Policy);
        writer.WriteString("policy_version", PolicyVersion);
        writer.WriteString("features_version", FeaturesVersion);
        writer.WriteString("expert", Expert);
        writer.WriteNumber("probability", Probability);
        writer.WriteStartArray("candidates");
        foreach (var candidate in Candidates)
        {
            writer.WriteStartObject();
            writer.WriteString("expert", candidate.Expert);
            Number(writer, "quality", candidate.Quality);
            Number(writer, "cost", candidate.CostUsd);
            writer.WriteNumber("probability", candidate.Probability);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        Number(writer, "cost", CostUsd);
        Number(writer, "reward", Reward);
        writer.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number)) writer.WriteNumber(name, number);
        else writer.WriteNull(name);
    }
}
