namespace Orchestration.Learning.Intervals;

/// <summary>Which residual an interval is made from.</summary>
public enum ResidualKind
{
    /// <summary>|target − number|: the same reach on both sides, whatever the number.</summary>
    Absolute,

    /// <summary>|target − number| over its expected size at that number, learned from the training rows of each fold: wider where errors are larger.</summary>
    Scaled,

    /// <summary>target − number, its lower and upper quantiles apart: the two sides may differ.</summary>
    Signed,
}

/// <summary>An interval for the human score of one row.</summary>
/// <param name="Low">Lower end; −∞ where there are too few groups for the level.</param>
/// <param name="High">Upper end; +∞ likewise.</param>
/// <param name="Groups">Held-out groups that it rests on.</param>
/// <param name="Dropped">Judges that scored this row but were left out, since too few held-out groups have all of the row's judges: the interval is that of a wider pattern. Empty as a rule.</param>
public readonly record struct PredictionInterval(double Low, double High, int Groups, IReadOnlyList<int> Dropped)
{
    /// <summary>High − low.</summary>
    public double Width => High - Low;

    /// <summary>Whether a number lies in it, ends included.</summary>
    public bool Covers(double value) => Low <= value && value <= High;
}
