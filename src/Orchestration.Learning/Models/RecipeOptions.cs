namespace Orchestration.Learning.Models;

/// <summary>How a recipe is to be made; every setting has a default, and a recipe ignores those that are not about it.</summary>
public sealed record RecipeOptions
{
    /// <summary>
    /// True: no single judge's better score may lower the number. Null, the default, means false for human scores and true for comparisons.
    /// Ignored by the models that can be nothing else (mean, median, non-negative, isotonic …).
    /// </summary>
    public bool? Monotone { get; init; }

    /// <summary>
    /// The target's stated range, which the baselines without a fit stretch 0–1 onto. Null: from the smallest to the largest training target.
    /// Ignored for comparisons.
    /// </summary>
    public (double Low, double High)? TargetRange { get; init; }

    /// <summary>The share that the trimmed mean leaves out at each end, 0 to below ½. Default 0.1; at least one judge is left out at each end where three are.</summary>
    public double Trim { get; init; } = 0.1;

    /// <summary>Spline functions a judge in an additive model, 4 to 40. Default 10; a judge with fewer distinct scores has as many as those.</summary>
    public int Splines { get; init; } = 10;

    /// <summary>Interactions that an additive model with interactions may have, 0 or more. Default 8; only those that pay are kept.</summary>
    public int Interactions { get; init; } = 8;
}
