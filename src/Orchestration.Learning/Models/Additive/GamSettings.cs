namespace Orchestration.Learning.Models.Additive;

/// <summary>How an additive model is fitted.</summary>
/// <param name="Splines">Functions a judge, at most.</param>
/// <param name="Monotone">Whether no curve may fall.</param>
/// <param name="Interactions">Interactions at most.</param>
internal sealed record GamSettings(int Splines, bool Monotone, int Interactions);
