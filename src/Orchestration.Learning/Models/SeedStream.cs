namespace Orchestration.Learning.Models;

/// <summary>
/// Random numbers that follow from a seed alone, the same in every release and on every machine (SplitMix64: Steele, Lea and Flood 2014).
/// Streams of one seed with different numbers are independent for all that matters here, so parts that run side by side take one each.
/// </summary>
internal struct SeedStream
{
    private const ulong Increment = 0x9E3779B97F4A7C15;
    private ulong _state;

    /// <summary>Stream number <paramref name="stream"/> of a seed.</summary>
    public SeedStream(ulong seed, ulong stream) => _state = Mix(seed + Increment) ^ Mix(stream * 0xD1342543DE82EF95 + 1);

    /// <summary>64 random bits.</summary>
    public ulong Next() => Mix(_state += Increment);

    /// <summary>Uniform on [0, 1), 53 bits.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform on 0 … <paramref name="bound"/> − 1 (to one part in 2³² of its bias).</summary>
    public int NextBelow(int bound) => (int)(((Next() >> 32) * (ulong)(uint)bound) >> 32);

    /// <summary>Puts values into a random order (Fisher and Yates).</summary>
    public void Shuffle(Span<int> values)
    {
        for (var i = values.Length - 1; i > 0; i--)
        {
            var other = NextBelow(i + 1);
            (values[i], values[other]) = (values[other], values[i]);
        }
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
