namespace Orchestration.Core.Judging;

/// <summary>Which end of a scale is good.</summary>
public enum Direction
{
    /// <summary>A higher score is better.</summary>
    HigherIsBetter,

    /// <summary>A lower score is better (toxicity, repetition).</summary>
    LowerIsBetter,
}

/// <summary>A stated scale: its bounds, its step and which end is good.</summary>
/// <param name="Min">Lowest score, inclusive.</param>
/// <param name="Max">Highest score, inclusive; greater than <paramref name="Min"/>.</param>
/// <param name="Step">Distance between neighbouring scores; 0 for a continuous scale.</param>
/// <param name="Direction">Which end is good.</param>
public sealed record Scale(double Min, double Max, double Step = 0, Direction Direction = Direction.HigherIsBetter)
{
    /// <summary>0 to 1, continuous, higher is better.</summary>
    public static Scale Unit { get; } = new(0, 1);

    /// <summary>0 to 1, continuous, lower is better.</summary>
    public static Scale UnitLowerIsBetter { get; } = new(0, 1, 0, Direction.LowerIsBetter);

    /// <summary>True where the value lies on the scale, bounds included. The step is a wish, not a bound: 2.55 on a step of 0.1 is on the scale.</summary>
    public bool Contains(double value) => value >= Min && value <= Max;

    /// <summary>The mapped score: linear to 0–1 with 1 at the good end. A value off the scale is NaN, never clipped.</summary>
    public double Map(double value)
    {
        if (!Contains(value)) return double.NaN;
        var unit = (value - Min) / (Max - Min);
        return Direction == Direction.HigherIsBetter ? unit : 1 - unit;
    }
}
