namespace Orchestration.Core.Sweeps.Browsing;

/// <summary>Scores, added up: how many, from where to where, and how they are spread over their scale. Not safe for concurrent use while it is added to.</summary>
public sealed class ScoreTally
{
    /// <summary>Bins of the spread.</summary>
    public const int Bins = 20;

    private readonly long[]? _bins;

    /// <summary>An empty one.</summary>
    /// <param name="low">The low end of the scale; NaN where there is none, and then there is no spread.</param>
    /// <param name="high">The high end.</param>
    public ScoreTally(double low, double high)
    {
        (Low, High) = (low, high);
        if (high > low) _bins = new long[Bins];
    }

    /// <summary>The low end of the scale; NaN for none.</summary>
    public double Low { get; }

    /// <summary>The high end of the scale; NaN for none.</summary>
    public double High { get; }

    /// <summary>How many.</summary>
    public long Count { get; private set; }

    /// <summary>Rows that were met, with a score or without; counted for categories and sources alone.</summary>
    public long Rows { get; private set; }

    /// <summary>Their sum.</summary>
    public double Sum { get; private set; }

    /// <summary>The sum of their squares.</summary>
    public double Squares { get; private set; }

    /// <summary>The least; positive infinity for none.</summary>
    public double Min { get; private set; } = double.PositiveInfinity;

    /// <summary>The greatest; negative infinity for none.</summary>
    public double Max { get; private set; } = double.NegativeInfinity;

    /// <summary>How many lie in each of equal parts of the scale, low to high; empty where there is no scale. What lies off the scale counts in the nearest part.</summary>
    public IReadOnlyList<long> Spread => _bins ?? [];

    /// <summary>The mean; NaN for none.</summary>
    public double Mean => Count == 0 ? double.NaN : Sum / Count;

    /// <summary>The standard deviation of the scores; NaN for fewer than two.</summary>
    public double Deviation => Count < 2 ? double.NaN : Math.Sqrt(Math.Max(0, Squares - (Sum * Sum / Count)) / (Count - 1));

    internal void Add(double score)
    {
        Count++;
        Sum += score;
        Squares += score * score;
        if (score < Min) Min = score;
        if (score > Max) Max = score;
        if (_bins is not null) _bins[Math.Clamp((int)((score - Low) / (High - Low) * Bins), 0, Bins - 1)]++;
    }

    internal void CountRow() => Rows++;

    internal void Add(ScoreTally more)
    {
        Rows += more.Rows;
        Count += more.Count;
        Sum += more.Sum;
        Squares += more.Squares;
        Min = Math.Min(Min, more.Min);
        Max = Math.Max(Max, more.Max);
        for (var i = 0; _bins is not null && more._bins is not null && i < Bins; i++) _bins[i] += more._bins[i];
    }
}
