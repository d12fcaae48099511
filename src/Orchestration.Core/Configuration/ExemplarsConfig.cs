namespace Orchestration.Core.Configuration;

/// <summary>A pool of judged pairs of which judges are shown the nearest: <c>RUBRIC:exemplars=NAME@DEPLOYMENT</c>. Immutable.</summary>
public sealed record ExemplarsConfig
{
    /// <summary>Name in the configuration.</summary>
    public required string Name { get; init; }

    /// <summary>The file, absolute: JSON lines of pairs with a target or of comparisons with a label.</summary>
    public required string File { get; init; }

    /// <summary>How many a judge is shown, at most: 1–10. Default 3.</summary>
    public int Count { get; init; } = 3;

    /// <summary>Lowest target on the targets' own scale; null where they are on the rubric's, and for comparisons.</summary>
    public double? Min { get; init; }

    /// <summary>Highest target; null together with <see cref="Min"/>.</summary>
    public double? Max { get; init; }
}
