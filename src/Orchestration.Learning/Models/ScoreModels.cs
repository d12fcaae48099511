using Orchestration.Learning.Models.Additive;
using Orchestration.Learning.Models.Baselines;
using Orchestration.Learning.Models.Guards;
using Orchestration.Learning.Models.Linear;
using Orchestration.Learning.Models.Neural;
using Orchestration.Learning.Models.Stacked;
using Orchestration.Learning.Models.Trees;
using Orchestration.Learning.Robustness;

namespace Orchestration.Learning.Models;

/// <summary>Reads fitted models back from their states.</summary>
public static class ScoreModels
{
    private static readonly Dictionary<string, Func<ModelState, IScoreModel>> Kinds = new(StringComparer.Ordinal)
    {
        [MeanModel.Kind] = MeanModel.Restore,
        [GamModel.Kind] = GamModel.Restore,
        [IsotonicModel.Kind] = IsotonicModel.Restore,
        [LinearModel.Kind] = LinearModel.Restore,
        [MlpModel.Kind] = MlpModel.Restore,
        [OrderModel.Kind] = OrderModel.Restore,
        [StackedModel.Kind] = StackedModel.Restore,
        [GuardedModel.Kind] = GuardedModel.Restore,
        [TreeModel.Kind] = TreeModel.Restore,
        [BoundedModel.Kind] = BoundedModel.Restore,
    };

    /// <summary>The kinds that <see cref="Restore"/> reads, in ordinal order.</summary>
    public static IReadOnlyList<string> KnownKinds { get; } = [.. Kinds.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The model that a state was taken from: it predicts exactly the same numbers.</summary>
    /// <param name="state">What <see cref="IScoreModel.State"/> gave; its arrays are taken over.</param>
    /// <exception cref="ArgumentException">The kind or its format is unknown, or something is missing or misshapen; the message names it.</exception>
    public static IScoreModel Restore(ModelState state)
    {
        if (!Kinds.TryGetValue(state.Kind, out var restore))
            throw new ArgumentException($"Model kind {state.Kind} is unknown here. Known: {string.Join(", ", KnownKinds)}.", nameof(state));
        return restore(state);
    }
}
