using Orchestration.Core.Routing.Features;

namespace Orchestration.Core.Routing;

/// <summary>
/// Picks among experts for a prompt. Sees the prompt alone: no label, no group, nobody's answer. Immutable and safe for concurrent use;
/// what it learns from comes as another policy (another version).
/// </summary>
public interface IRoutingPolicy
{
    /// <summary>The policy's name.</summary>
    string Name { get; }

    /// <summary>Hash of everything that its choices depend on: rule, options, experts, weights. 64 hexadecimal digits.</summary>
    string Version { get; }

    /// <summary>Hash of what turns a prompt into features; empty where the policy does not look at the prompt.</summary>
    string FeaturesVersion { get; }

    /// <summary>Picks. Deterministic: the same question gives the same choice.</summary>
    /// <param name="question">The prompt and who is on offer; at least one.</param>
    RoutingChoice Choose(RoutingQuestion question);
}

/// <summary>A policy that may look at the prompt through an embedding. Whoever asks it fills <see cref="RoutingPrompt.Embedding"/> first; without one it abstains.</summary>
public interface IEmbeddedPolicy : IRoutingPolicy
{
    /// <summary>The embeddings that it was trained on; null where it reads the words itself.</summary>
    EmbeddingNeed? Embedding { get; }
}

/// <summary>What a policy sees of a request.</summary>
/// <param name="Text">The text of the messages that a policy judges by: the last user message, after it the system message. Not to be kept beyond the call.</param>
/// <param name="PromptTokens">Tokens of the whole prompt, estimated.</param>
/// <param name="OutputTokens">Maximum output that the request asks for; 0 where it states none.</param>
public sealed record RoutingPrompt(string Text, int PromptTokens = 0, int OutputTokens = 0)
{
    /// <summary>The text's embedding by the deployment that the policy names (<see cref="IEmbeddedPolicy"/>); empty where there is none, or none arrived in time.</summary>
    public ReadOnlyMemory<float> Embedding { get; init; }

    /// <summary>Why there is no embedding where one was asked for, in a phrase for people; null where none was, or it is there.</summary>
    public string? EmbeddingProblem { get; init; }
}

/// <summary>An expert that can be asked now.</summary>
/// <param name="Expert">Its name.</param>
/// <param name="CostUsd">What the call is expected to cost, in US dollars; null where its deployment states no prices.</param>
public readonly record struct ExpertOffer(string Expert, double? CostUsd);

/// <summary>A question to a policy. Immutable.</summary>
public sealed record RoutingQuestion
{
    /// <summary>The prompt.</summary>
    public required RoutingPrompt Prompt { get; init; }

    /// <summary>Healthy, affordable, able to take the prompt; in the order of the configuration.</summary>
    public required IReadOnlyList<ExpertOffer> Offers { get; init; }

    /// <summary>A number in [0, 1) made from the route's id: the only randomness of a choice.</summary>
    public double Draw { get; init; }
}

/// <summary>What is to be done with the experts that were chosen.</summary>
public enum PlanKind
{
    /// <summary>Ask the first; the others, in this order, only where it cannot answer.</summary>
    Single,

    /// <summary>Ask one after another until a judge's score of an answer is at least the threshold; the last one's answer counts in any case.</summary>
    Cascade,

    /// <summary>Ask the first <see cref="RoutingChoice.Count"/> at once, and take the answer that judges score best.</summary>
    BestOf,

    /// <summary>Ask the first <see cref="RoutingChoice.Count"/> at once, and have the synthesizer make one answer of theirs.</summary>
    FusionOf,
}

/// <summary>What a policy predicts of one expert.</summary>
/// <param name="Expert">Its name.</param>
/// <param name="Quality">Predicted quality, 0–1; NaN where the policy predicts none.</param>
/// <param name="Lower">Lower end of the interval; NaN where there is none.</param>
/// <param name="Upper">Upper end.</param>
/// <param name="CostUsd">Expected cost in US dollars; null where unknown.</param>
/// <param name="Probability">Probability, 0–1, that the policy asks this expert first.</param>
public readonly record struct ExpertEstimate(string Expert, double Quality, double Lower, double Upper, double? CostUsd, double Probability);

/// <summary>A policy's choice. Immutable.</summary>
public sealed record RoutingChoice
{
    /// <summary>What to do.</summary>
    public PlanKind Kind { get; init; }

    /// <summary>The experts in the order of the plan; for <see cref="PlanKind.Single"/> the chosen one and then the next best.</summary>
    public required IReadOnlyList<string> Experts { get; init; }

    /// <summary>What the policy predicts of every expert on offer, in the order of the offers; probabilities add up to 1.</summary>
    public required IReadOnlyList<ExpertEstimate> Estimates { get; init; }

    /// <summary>The rule that chose, in a phrase for people: <c>best predicted quality</c>, <c>abstained: nothing like it in the history</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>True where the policy is not sure and leaves the choice to the default expert.</summary>
    public bool IsAbstention { get; init; }

    /// <summary>Least score, 0–1, at which a cascade accepts an answer.</summary>
    public double Threshold { get; init; }

    /// <summary>How many experts are asked at once.</summary>
    public int Count { get; init; } = 1;

    /// <summary>The expert that makes one answer of several; null for other plans.</summary>
    public string? Synthesizer { get; init; }

    /// <summary>The judge set that decides; null for the router's.</summary>
    public string? Judges { get; init; }

    /// <summary>The prompt's features, where the policy learns from rewards that come later: at most 256 numbers. Empty otherwise.</summary>
    public IReadOnlyList<float> Features { get; init; } = [];
}
