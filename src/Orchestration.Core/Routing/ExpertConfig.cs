namespace Orchestration.Core.Routing;

/// <summary>A model that answers prompts, as configured. Prices, keys and limits are its deployment's. Immutable.</summary>
public sealed record ExpertConfig
{
    /// <summary>Default of <see cref="MaxOutputTokens"/>.</summary>
    public const int DefaultMaxOutputTokens = 4096;

    /// <summary>Its name: what a request may state as <c>model</c>, and what decisions and tables call it.</summary>
    public required string Name { get; init; }

    /// <summary>The deployment that is called.</summary>
    public required string Deployment { get; init; }

    /// <summary>Whose models it belongs to: a judge of the same family does not reward it unless told. The model's publisher where it is not stated; empty where nobody says.</summary>
    public string Family { get; init; } = "";

    /// <summary>Tokens of prompt and answer together, at most; null where nobody says.</summary>
    public int? ContextTokens { get; init; }

    /// <summary>Maximum output of a call whose request states none: every call carries one.</summary>
    public int MaxOutputTokens { get; init; } = DefaultMaxOutputTokens;

    /// <summary>What it is good at, in words of the user's own (<c>code</c>, <c>french</c>); the rule <c>skills</c> matches them.</summary>
    public IReadOnlyList<string> Skills { get; init; } = [];

    /// <summary>Who is asked, in this order, where it cannot answer; empty for the policy's next best.</summary>
    public IReadOnlyList<string> Fallback { get; init; } = [];

    /// <summary>A second expert is asked as well where no answer has begun after this long; null for never.</summary>
    public TimeSpan? HedgeAfter { get; init; }
}
