using Orchestration.Learning.Models;

namespace Orchestration.Learning.Selection;

/// <summary>What to fit, and on which folds to judge it.</summary>
public sealed record TrainingPlan
{
    /// <summary>
    /// Everything that is fitted and reported, baselines among them, in the order of the report; names differ. <see cref="Baseline"/> and
    /// <see cref="Candidate"/> are among them.
    /// </summary>
    public required IReadOnlyList<IModelRecipe> Recipes { get; init; }

    /// <summary>The name of the recipe that the others have to beat: mean-then-fit.</summary>
    public required string Baseline { get; init; }

    /// <summary>The name of the recipe whose model becomes the version.</summary>
    public required string Candidate { get; init; }

    /// <summary>Folds a draw, at least 2; with fewer groups there are as many folds as groups. Default 5.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>Draws of folds that every figure is averaged over; the test for activation asks for 5 at least. Default 5. Ignored with <see cref="Parts"/>.</summary>
    public int Repeats { get; init; } = 5;

    /// <summary>Draw r uses the seed <c>Seed + r</c>; fits have seeds that follow from it.</summary>
    public ulong Seed { get; init; }

    /// <summary>Rows drawn one by one: figures are flattered by rows of one prompt on both sides and are marked. Default false.</summary>
    public bool RandomFolds { get; init; }

    /// <summary>The part (such as the category) of each row, 0 … P − 1: each is held out whole instead of drawn folds. Null draws folds.</summary>
    public int[]? Parts { get; init; }

    /// <summary>Names of the parts, for sentences; null numbers them.</summary>
    public IReadOnlyList<string>? PartNames { get; init; }

    /// <summary>The version that is active, to be compared with; null where none is.</summary>
    public ActiveVersion? Active { get; init; }

    /// <summary>For a recipe that is not monotone the recipe that stands for the same with monotone terms, for what monotony would cost; null where there is none.</summary>
    public Func<IModelRecipe, IModelRecipe?>? MonotoneOf { get; init; }

    /// <summary>Told how many folds are fitted and how many there are, over all draws; calls may come from several threads. Null, the default, for nobody.</summary>
    public Action<int, int>? Progress { get; init; }

    /// <summary>Threads at most. Default 1. No number depends on it.</summary>
    public int MaxThreads { get; init; } = 1;
}

/// <summary>The active version, as a candidate is compared with it.</summary>
/// <param name="Model">Its model, over the same judges in the same order.</param>
/// <param name="Seen">True for each row that stands in its training data (by row hash).</param>
/// <param name="Recipe">How it was fitted, for when too few groups are unseen; null where nobody knows, which leaves the comparison out and says so.</param>
public sealed record ActiveVersion(IScoreModel Model, bool[] Seen, IModelRecipe? Recipe);
