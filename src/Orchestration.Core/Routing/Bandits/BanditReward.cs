namespace Orchestration.Core.Routing.Bandits;

/// <summary>What became of an answer, for a bandit.</summary>
public sealed record BanditReward
{
    /// <summary>The route that was answered.</summary>
    public required string RouteId { get; init; }

    /// <summary>When it was decided on: what its age is counted from.</summary>
    public required DateTimeOffset DecidedAt { get; init; }

    /// <summary>When this was said of it. Of two for one answer the later counts, whichever arrives first.</summary>
    public required DateTimeOffset RatedAt { get; init; }

    /// <summary>Whose answer it was.</summary>
    public required string Expert { get; init; }

    /// <summary>The features' version, as stored with the decision.</summary>
    public required string FeaturesVersion { get; init; }

    /// <summary>The features as stored with the decision (<see cref="RoutingChoice.Features"/>).</summary>
    public required IReadOnlyList<float> Features { get; init; }

    /// <summary>Judged quality, 0–1. What it cost is not part of it: the policy takes λ · expected cost off when it picks, so that a changed price or λ needs no new learning.</summary>
    public required double Quality { get; init; }

    /// <summary>How much it counts, above 0 to 1,000; 1 for one judged answer.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>
    /// What a judged answer teaches; null for nothing: it has no score or no features, or its answer was picked by judges out of several, whose score is then flattered by the picking.
    /// </summary>
    /// <param name="reward">The judged answer, as the ledger feeds it.</param>
    public static BanditReward? Of(RouteReward reward) => reward is { Score: { } score, Kind: PlanKind.Single, FeaturesVersion: not "" }
        ? new BanditReward
        {
            RouteId = reward.RouteId,
            DecidedAt = reward.DecidedAt,
            RatedAt = reward.JudgedAt,
            Expert = reward.Expert,
            FeaturesVersion = reward.FeaturesVersion,
            Features = reward.Features,
            Quality = score,
        }
        : null;
}

/// <summary>What became of rewards that a bandit was given.</summary>
/// <param name="Taken">Count now.</param>
/// <param name="Replaced">Took the place of an earlier one for the same answer.</param>
/// <param name="Repeated">Were known already, or older than what is known.</param>
/// <param name="TooLate">Decided on so long ago that it can no longer be told whether they were counted: left out.</param>
/// <param name="Foreign">Of an expert that is not the bandit's, of another features' version or length, or no reward at all: left out.</param>
public readonly record struct BanditIntake(long Taken, long Replaced, long Repeated, long TooLate, long Foreign)
{
    /// <summary>Both together.</summary>
    public static BanditIntake operator +(BanditIntake a, BanditIntake b) =>
        new(a.Taken + b.Taken, a.Replaced + b.Replaced, a.Repeated + b.Repeated, a.TooLate + b.TooLate, a.Foreign + b.Foreign);

    /// <summary>Both together.</summary>
    public static BanditIntake Add(BanditIntake left, BanditIntake right) => left + right;
}
