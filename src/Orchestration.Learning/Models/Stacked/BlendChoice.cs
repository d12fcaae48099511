namespace Orchestration.Learning.Models.Stacked;

/// <summary>What a blend was put together from.</summary>
/// <param name="Members">Each member and its weight, the weights of sum 1; those without weight are left out.</param>
/// <param name="Kept">True where the blend is used; false where <c>auto</c> kept mean-then-fit.</param>
/// <param name="Reason">Why, in one sentence.</param>
public sealed record BlendChoice(IReadOnlyList<KeyValuePair<string, double>> Members, bool Kept, string Reason)
{
    /// <summary>The choice inside a model made by <c>stacked</c> or <c>auto</c>; null for every other model.</summary>
    public static BlendChoice? Of(IScoreModel model) => (model as StackedModel)?.Choice;
}
