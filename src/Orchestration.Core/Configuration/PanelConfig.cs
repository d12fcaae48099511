using System.Text.Json.Serialization;

namespace Orchestration.Core.Configuration;

/// <summary>How a panel comes from its members' judgments to its own.</summary>
public enum PanelFinal
{
    /// <summary><c>mean</c>: the mean of the members' scores. For rubrics that score.</summary>
    Mean,

    /// <summary><c>vote</c>: what most members say. For comparisons and for scales with steps.</summary>
    Vote,

    /// <summary><c>judge</c>: a closing judge who sees what all members said.</summary>
    Judge,
}

/// <summary>A member of a panel, or its closing judge.</summary>
/// <param name="Deployment">The deployment that it calls. No part of a version; its model is.</param>
/// <param name="Profile">How it is told to look at the material, 1–2,000 characters; null for the rubric alone. Part of the version.</param>
/// <param name="Protocol">As in a judge's specification: <c>score</c>, <c>expected</c> or <c>samples=5</c>; null for <c>score</c>.</param>
public sealed record PanelMemberConfig(string Deployment, string? Profile = null, string? Protocol = null);

/// <summary>A judge made of several judges over one rubric. Immutable.</summary>
public sealed record PanelConfig
{
    /// <summary>Name in the configuration, and the judge's id.</summary>
    public required string Name { get; init; }

    /// <summary>The rubric's id.</summary>
    public required string Rubric { get; init; }

    /// <summary>2–20 members.</summary>
    public required IReadOnlyList<PanelMemberConfig> Members { get; init; }

    /// <summary>1 for an independent jury; in each further one, up to 5, members see what the others said in the one before. Default 1.</summary>
    public int Rounds { get; init; } = 1;

    /// <summary>How the panel decides; null for <see cref="PanelFinal.Vote"/> of comparisons and <see cref="PanelFinal.Mean"/> of scores.</summary>
    public PanelFinal? Final { get; init; }

    /// <summary>The closing judge of <see cref="PanelFinal.Judge"/>; null otherwise.</summary>
    public PanelMemberConfig? Closing { get; init; }

    /// <summary>Least share of members with a judgment in every round, above 0 to 1; null for more than half.</summary>
    public double? MinShare { get; init; }

    /// <summary>The deployments it calls, each once, in the members' order and the closing judge's last.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Deployments =>
        [.. Members.Select(m => m.Deployment).Concat(Closing is { } closing ? [closing.Deployment] : []).Distinct(StringComparer.Ordinal)];
}
