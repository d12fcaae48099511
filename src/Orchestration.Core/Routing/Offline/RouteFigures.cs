using Orchestration.Learning.Intervals;

namespace Orchestration.Core.Routing.Offline;

/// <summary>What a router is worth: each figure with its interval. NaN where it is not defined: APGR and CPT but for two experts, costs where rows have none.</summary>
public sealed record RouteFigures
{
    /// <summary>The policy or baseline.</summary>
    public required string Name { get; init; }

    /// <summary>Mean quality of the chosen experts' answers, 0–1.</summary>
    public required Estimate Quality { get; init; }

    /// <summary>Mean cost, US dollars a prompt.</summary>
    public required Estimate Cost { get; init; }

    /// <summary>Average performance gap recovered.</summary>
    public required Estimate Apgr { get; init; }

    /// <summary>Share of strong calls that recovers half of the gap.</summary>
    public required Estimate Cpt50 { get; init; }

    /// <summary>Share of strong calls that recovers 80% of the gap.</summary>
    public required Estimate Cpt80 { get; init; }

    /// <summary>RouterBench's AIQ.</summary>
    public required Estimate Aiq { get; init; }

    /// <summary>RouterArena's score.</summary>
    public required Estimate Arena { get; init; }

    /// <summary>Quality of the oracle less this.</summary>
    public required Estimate Regret { get; init; }

    /// <summary>Quality less that of the best single expert, paired.</summary>
    public required Estimate OverBestSingle { get; init; }

    /// <summary>Quality less that of the table that is told the task, paired.</summary>
    public required Estimate OverTaskTable { get; init; }

    /// <summary>Quality of each draw of folds.</summary>
    public IReadOnlyList<double> Draws { get; init; } = [];

    /// <summary>Share of the rows on which it abstained.</summary>
    public double Abstained { get; init; }
}
