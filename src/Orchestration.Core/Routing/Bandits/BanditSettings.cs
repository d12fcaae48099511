using System.Globalization;

namespace Orchestration.Core.Routing.Bandits;

/// <summary>What a bandit is made of, apart from what it has learned. Immutable.</summary>
public sealed record BanditSettings
{
    /// <summary>Width of <see cref="RoutingRule.LinUcb"/> where none is configured: α, in units of the reward.</summary>
    public const double DefaultUpperWidth = 0.1;

    /// <summary>Width of <see cref="RoutingRule.Thompson"/> where none is configured: the posterior's scale, in units of the reward.</summary>
    public const double DefaultThompsonWidth = 0.1;

    /// <summary>The policy's name.</summary>
    public required string Name { get; init; }

    /// <summary><see cref="RoutingRule.LinUcb"/> or <see cref="RoutingRule.Thompson"/>.</summary>
    public required RoutingRule Rule { get; init; }

    /// <summary>The experts it picks among, each once, at least one.</summary>
    public required IReadOnlyList<string> Experts { get; init; }

    /// <summary>Quality that one US dollar is worth, at least 0: what is picked is quality − λ · expected cost.</summary>
    public double Lambda { get; init; }

    /// <summary>α of LinUCB, the posterior's scale of Thompson sampling, at least 0; null for the rule's own.</summary>
    public double? Width { get; init; }

    /// <summary>How many observations the prior is worth, above 0.</summary>
    public double Ridge { get; init; } = 1;

    /// <summary>Quality, 0–1, that is expected of an expert of which nothing is known.</summary>
    public double PriorMean { get; init; } = 0.5;

    /// <summary>Age at which a reward counts half, for experts that change; null where age does not matter.</summary>
    public TimeSpan? HalfLife { get; init; }

    /// <summary>How many rewards are remembered one by one, so that a second one for the same answer replaces the first; at least 1. About 100 bytes each.</summary>
    public int Remembered { get; init; } = 131_072;

    /// <summary>Settings of a configured policy.</summary>
    /// <param name="policy">With rule <c>lin-ucb</c> or <c>thompson</c>.</param>
    /// <param name="experts">All experts, for a policy that names none.</param>
    /// <exception cref="OrchestrationException">Another rule, or an option out of its range.</exception>
    public static BanditSettings Of(PolicyConfig policy, IReadOnlyList<string> experts)
    {
        var settings = new BanditSettings
        {
            Name = policy.Name,
            Rule = policy.Rule,
            Experts = policy.Experts.Count != 0 ? policy.Experts : experts,
            Lambda = policy.Lambda,
            Width = policy.Width,
        };
        settings.Check();
        return settings;
    }

    internal double UsedWidth => Width ?? (Rule == RoutingRule.LinUcb ? DefaultUpperWidth : DefaultThompsonWidth);

    /// <summary>Throws where something is out of its range, naming it.</summary>
    internal void Check()
    {
        if (Rule is not (RoutingRule.LinUcb or RoutingRule.Thompson)) throw Wrong("rule", "is no bandit's. Write 'lin-ucb' or 'thompson'.");
        if (Experts.Count == 0 || Experts.Distinct(StringComparer.Ordinal).Count() != Experts.Count) throw Wrong("experts", "name nobody, or somebody twice.");
        if (!(Lambda >= 0 && double.IsFinite(Lambda))) throw Wrong("lambda", Invariant($"is {Lambda}. Write quality for a US dollar, 0 or more."));
        if (!(UsedWidth >= 0 && double.IsFinite(UsedWidth))) throw Wrong("width", Invariant($"is {UsedWidth}. Write 0 or more."));
        if (!(Ridge > 0 && double.IsFinite(Ridge))) throw Wrong("ridge", Invariant($"is {Ridge}. Write a number above 0."));
        if (!(PriorMean is >= 0 and <= 1)) throw Wrong("prior mean", Invariant($"is {PriorMean}. Write a quality, 0 to 1."));
        if (HalfLife is { } halfLife && halfLife <= TimeSpan.Zero) throw Wrong("half-life", Invariant($"is {halfLife}. Write a time above 0."));
        if (Remembered < 1) throw Wrong("remembered rewards", Invariant($"are {Remembered}. Write 1 or more."));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private OrchestrationException Wrong(string option, string what) => new(ErrorCodes.Configuration, $"The {option} of policy '{Name}' {what}");
}
