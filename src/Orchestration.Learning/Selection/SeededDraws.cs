namespace Orchestration.Learning.Selection;

/// <summary>
/// SplitMix64 (Steele, Lea and Flood 2014): few lines in any language, so that others can draw the same folds.
/// </summary>
internal struct SeededDraws(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A whole number from 0 to below <paramref name="bound"/>: the high half of the product.</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>Fisher and Yates, from the end.</summary>
    public void Shuffle(Span<int> values)
    {
        for (var i = values.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }

    /// <summary>A seed of its own for a numbered part.</summary>
    public static ulong Part(ulong seed, ulong part) => new SeededDraws(seed ^ new SeededDraws(part + 1).Next()).Next();
}
