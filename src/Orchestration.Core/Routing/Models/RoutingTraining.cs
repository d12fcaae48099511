namespace Orchestration.Core.Routing.Models;

/// <summary>How a routing model is trained. Immutable.</summary>
public sealed record RoutingTraining
{
    /// <summary><see cref="RoutingHeads.Auto"/> or the name of a head; default <c>auto</c>.</summary>
    public string Kind { get; init; } = RoutingHeads.Auto;

    /// <summary>Penalty λ of the ridge on words and facts, above 0; null to choose it on training rows.</summary>
    public double? Penalty { get; init; }

    /// <summary>Inner folds by which features are cross-fitted and everything is chosen, 2 to 20; default 5.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>Neighbours, at least 1; default 100.</summary>
    public int Neighbours { get; init; } = HeadSet.DefaultNeighbours;

    /// <summary>Clusters, at least 1; default 24.</summary>
    public int Clusters { get; init; } = ClusterHead.DefaultCount;

    /// <summary>Share of the history, cross-fitted, that is so little like its own task that the model would abstain; 0 for never, below 1; default 0.04.</summary>
    public double Abstain { get; init; } = 0.04;

    /// <summary>Prompts of the history that are kept for neighbours and clusters, at most; drawn where there are more. Fewer where features are many, so that a decision stays quick.</summary>
    public int MostHistory { get; init; } = 8192;

    /// <summary>Seed of folds, clusters and draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>Threads at most; the numbers do not depend on it.</summary>
    public int MaxThreads { get; init; } = 1;

    /// <summary>Stops between two fits.</summary>
    public CancellationToken Cancellation { get; init; }
}
