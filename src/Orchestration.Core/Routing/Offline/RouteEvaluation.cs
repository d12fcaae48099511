using Orchestration.Core.Routing.Features;
using Orchestration.Core.Routing.Models;

namespace Orchestration.Core.Routing.Offline;

/// <summary>How routers are evaluated offline. Immutable.</summary>
public sealed record RouteEvaluation
{
    /// <summary>Policies as <see cref="OfflinePolicy.Parse"/> reads them; the first is the one that the report is about.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [RoutingHeads.Auto];

    /// <summary>Folds of whole prompts, 2 to 100; default 5.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>Draws of folds, at least 1; default 1.</summary>
    public int Draws { get; init; } = 1;

    /// <summary>True to hold out whole groups instead, one after another: what was learned meets a task that it has never seen.</summary>
    public bool LeaveOut { get; init; }

    /// <summary>How models are trained; its seed draws the folds too.</summary>
    public RoutingTraining Training { get; init; } = new();

    /// <summary>The embeddings of all prompts, those of a matrix to train on too; null for hashed words.</summary>
    public PromptEmbeddings? Embeddings { get; init; }

    /// <summary>Resamples of the prompts for the intervals, at least 20; default 500.</summary>
    public int Resamples { get; init; } = 500;

    /// <summary>Threads at most; the numbers do not depend on it.</summary>
    public int MaxThreads { get; init; } = 1;

    /// <summary>Told after each model that was trained: how many are done, and of how many.</summary>
    public Action<int, int>? Progress { get; init; }

    /// <summary>Stops between two models.</summary>
    public CancellationToken Cancellation { get; init; }
}
