using Orchestration.Core.Aggregation.Training;
using Orchestration.Learning.Models;

namespace Orchestration.Core.Experiments;

/// <summary>What all experiments have in common.</summary>
public sealed record ExperimentSettings
{
    /// <summary>Recipes; mean-then-fit is added where it is not named, because everything is compared with it.</summary>
    public IReadOnlyList<string> Models { get; init; } = DefaultModels;

    /// <summary>Folds a draw, all of whole groups; default 5.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>Draws of folds that every figure is averaged over; default 2.</summary>
    public int Repeats { get; init; } = 2;

    /// <summary>Seed of everything random.</summary>
    public ulong Seed { get; init; }

    /// <summary>Monotone terms asked for or forbidden; null for each recipe's own way.</summary>
    public bool? Monotone { get; init; }

    /// <summary>The target's stated range; null for that of the rows.</summary>
    public (double Low, double High)? TargetRange { get; init; }

    /// <summary>Threads at most; no number depends on it.</summary>
    public int MaxThreads { get; init; } = 1;

    /// <summary>The plain mean, the three that a learned model has to beat, and two learned ones that are quick enough to be fitted hundreds of times.</summary>
    public static IReadOnlyList<string> DefaultModels { get; } = ["mean", TrainSettings.Baseline, "best-judge", "ridge", "gam"];

    /// <summary>The recipes, mean-then-fit among them.</summary>
    /// <param name="range">The target's range that the plain mean is stretched onto.</param>
    public IReadOnlyList<IModelRecipe> Recipes((double Low, double High) range)
    {
        var names = Models.Contains(TrainSettings.Baseline, StringComparer.Ordinal) ? Models : [TrainSettings.Baseline, .. Models];
        return [.. names.Distinct(StringComparer.Ordinal).Select(n => AggregatorTrainer.RecipeOf(n, Monotone, range))];
    }
}

/// <summary>How far an experiment is.</summary>
/// <param name="Done">Parts done.</param>
/// <param name="Parts">Parts in all.</param>
/// <param name="What">What a part is.</param>
public readonly record struct ExperimentProgress(int Done, int Parts, string What);
