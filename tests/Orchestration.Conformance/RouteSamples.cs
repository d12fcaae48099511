using Orchestration.Core;
using Orchestration.Core.Routing;

namespace Orchestration.Conformance;

/// <summary>Routes for the ledger's suite: every field set to something of its own.</summary>
public static class RouteSamples
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static string Id(int number) => RouteId.Format(new Hash128(0x9E37_79B9_7F4A_7C15 * (ulong)(number + 1), (ulong)number));

    public static RouteRecord Route(int number, string expert = "small", DateTimeOffset? at = null, bool isAnswered = true)
    {
        var decision = new RouteDecision
        {
            Id = Id(number),
            At = at ?? Start.AddSeconds(number),
            Key = "key-1",
            Policy = "auto",
            PolicyVersion = new string('a', 64),
            FeaturesVersion = new string('b', 64),
            Choice = new RoutingChoice
            {
                Kind = number % 3 == 0 ? PlanKind.Cascade : PlanKind.Single,
                Experts = [expert, "large"],
                Estimates = [new ExpertEstimate(expert, 0.75, 0.5, 0.875, 0.0078125, 0.98), new ExpertEstimate("large", double.NaN, double.NaN, double.NaN, null, 0.02)],
                Reason = "best predicted quality: größer ≥ 0.5",
                IsAbstention = number % 5 == 0,
                Threshold = 0.6,
                Count = 2,
                Synthesizer = "large",
                Judges = "panel",
                Features = [0.25f, -1.5f],
            },
            Excluded = [new ExcludedExpert("other", "cooling down for 12 s after 5 failures")],
            IsExploration = number % 4 == 0,
            IsSampled = number % 2 == 0,
            Probability = 0.98 / 3,
        };
        return new RouteRecord
        {
            Decision = decision,
            Outcome = new RouteOutcome
            {
                Decision = decision,
                Steps = [new RouteStep(expert, "first", 200, 0.000_012_345m, 0, TimeSpan.FromMilliseconds(12.5), 0.5, null), new RouteStep("large", "fallback", 0, 0, 0.25m, TimeSpan.FromSeconds(1), double.NaN, "lost")],
                AnsweredBy = isAnswered ? expert : null,
                Status = isAnswered ? 200 : 502,
                Prompt = "What is a monad? 単子",
                Answer = null,
                InputTokens = 12,
                OutputTokens = 345,
                CostUsd = 0.000_012_345m,
                ChosenBy = ["clarity@gpt"],
                AggregatorVersion = new string('c', 64),
                Latency = TimeSpan.FromSeconds(2),
            },
        };
    }

    public static RouteReward Reward(int number, double? score = 0.625) => new()
    {
        RouteId = Id(number),
        DecidedAt = Start.AddSeconds(number),
        JudgedAt = Start.AddSeconds(number + 30),
        Expert = "small",
        Chosen = "large",
        Kind = PlanKind.Single,
        Policy = "auto",
        PolicyVersion = new string('a', 64),
        FeaturesVersion = new string('b', 64),
        Features = [0.25f, -1.5f],
        Estimates = [new ExpertEstimate("small", 0.7, 0.5, 0.9, 0.001, 0.02 / 3), new ExpertEstimate("large", double.NaN, double.NaN, double.NaN, null, 0.98 / 3)],
        Probability = 0.98 / 3,
        Score = score,
        Interval = score is null ? null : (0.5, 0.7),
        AggregatorVersion = "mean",
        Scores = new Dictionary<string, double> { ["clarity@gpt"] = 0.5, ["honesty@gpt"] = 0.75 },
        Unscored = new Dictionary<string, string> { ["safety@gpt"] = "timeout" },
        CostUsd = 0.01m,
    };

    public static StoredRating Rating(int number, string source, double rating, string? heldBack = null) =>
        new(new RouteFeedback(Id(number), rating, source, "fine"), "small", Start.AddMinutes(number), heldBack);

    /// <summary>All of a record as text, collections and all: records compare lists by reference.</summary>
    public static string Text(object? value) => System.Text.Json.JsonSerializer.Serialize(value, Options);

    private static readonly System.Text.Json.JsonSerializerOptions Options = new() { IncludeFields = true, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };
}
