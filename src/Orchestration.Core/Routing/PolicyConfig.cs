namespace Orchestration.Core.Routing;

/// <summary>How a policy picks.</summary>
public enum RoutingRule
{
    /// <summary><c>best</c>: the best predicted quality.</summary>
    Best,

    /// <summary><c>cheapest</c>: the cheapest whose predicted quality is at least <see cref="PolicyConfig.Threshold"/>; the best where none is.</summary>
    Cheapest,

    /// <summary><c>net-value</c>: the largest predicted quality less <see cref="PolicyConfig.Lambda"/> × cost in US dollars.</summary>
    NetValue,

    /// <summary><c>nearest</c>: the best mean quality over the nearest prompts of the judged history.</summary>
    Nearest,

    /// <summary><c>clusters</c>: the best mean quality in the prompt's cluster of the judged history.</summary>
    Clusters,

    /// <summary><c>skills</c>: the best of those that have the prompt's inferred skill (its task in the history).</summary>
    Skills,

    /// <summary><c>two-model</c>: the strong one where the predicted gain over the weak one is at least <see cref="PolicyConfig.Threshold"/>.</summary>
    TwoModel,

    /// <summary><c>lin-ucb</c>: a contextual bandit by upper confidence bounds.</summary>
    LinUcb,

    /// <summary><c>thompson</c>: a contextual bandit by Thompson sampling.</summary>
    Thompson,

    /// <summary><c>cascade</c>: from cheap to dear, until a judge's score of the answer is at least <see cref="PolicyConfig.Threshold"/>.</summary>
    Cascade,

    /// <summary><c>best-of</c>: several answers, the one that judges score best.</summary>
    BestOf,

    /// <summary><c>fusion-of</c>: several answers, of which <see cref="PolicyConfig.Synthesizer"/> makes one; judges check it against the best of them.</summary>
    FusionOf,

    /// <summary><c>always</c>: one expert.</summary>
    Always,
}

/// <summary>A policy as configured. Immutable; what a rule does not read must not be stated.</summary>
public sealed record PolicyConfig
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>How it picks.</summary>
    public required RoutingRule Rule { get; init; }

    /// <summary>The experts it picks among, in the order in which ties and cascades go; empty for all.</summary>
    public IReadOnlyList<string> Experts { get; init; } = [];

    /// <summary>A routing model made by <c>orchestrate route train</c>: its file, absolute. Null where the rule needs none.</summary>
    public string? Model { get; init; }

    /// <summary>Quality, 0–1, or a gain in it; null for the rule's own.</summary>
    public double? Threshold { get; init; }

    /// <summary>Quality that one US dollar is worth, for <see cref="RoutingRule.NetValue"/> and the bandits' penalty.</summary>
    public double Lambda { get; init; }

    /// <summary>Answers of <see cref="RoutingRule.BestOf"/> and <see cref="RoutingRule.FusionOf"/>; neighbours of <see cref="RoutingRule.Nearest"/>; clusters; null for the rule's own.</summary>
    public int? Count { get; init; }

    /// <summary>Width of a bandit's exploration: α of LinUCB, the posterior's scale of Thompson sampling; null for the rule's own.</summary>
    public double? Width { get; init; }

    /// <summary>The judge set that decides on answers; null for the router's.</summary>
    public string? Judges { get; init; }

    /// <summary>The expert that makes one answer of several.</summary>
    public string? Synthesizer { get; init; }
}
