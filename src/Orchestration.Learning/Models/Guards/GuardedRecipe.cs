namespace Orchestration.Learning.Models.Guards;

/// <summary>
/// A recipe with guards around every model it fits, so that figures out of fold, the test for activation and intervals are those of the guarded model. It keeps the name of the recipe inside.
/// Of human scores only.
/// </summary>
/// <param name="inner">The recipe inside.</param>
/// <param name="guards">The rules.</param>
public sealed class GuardedRecipe(IModelRecipe inner, IReadOnlyList<Guard> guards) : IModelRecipe
{
    /// <inheritdoc/>
    public string Name => Inner.Name;

    /// <summary>As the recipe inside, but not with a veto: where its judge's score rises to the threshold, the number may fall from the veto's limit to what the others say.</summary>
    public bool IsMonotone => Inner.IsMonotone && guards.All(static g => g.Kind != GuardKind.Veto);

    /// <summary>The recipe inside.</summary>
    public IModelRecipe Inner { get; } = inner;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A guard is on a judge that the rows do not have, or impossible.</exception>
    public IScoreModel Fit(ScoreData data, FitOptions options) => new GuardedModel(Inner.Fit(data, options), guards);

    /// <summary>Refuses.</summary>
    /// <exception cref="ArgumentException">Always: a guard's limit is a human score, and comparisons have none.</exception>
    public IScoreModel Fit(PreferenceData data, FitOptions options) => throw new ArgumentException("Guards limit human scores; comparisons have none.", nameof(data));

    internal GuardedRecipe Around(IModelRecipe other) => new(other, guards);
}
