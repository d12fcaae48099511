namespace Orchestration.Backends.Exchanges;

/// <summary>Numbers from 0 to 1 for spreading waits: SplitMix64 from a seed, safe for concurrent use.</summary>
internal sealed class SeededJitter(ulong seed)
{
    private const ulong Step = 0x9E37_79B9_7F4A_7C15;

    private ulong _state = seed;

    /// <summary>The next number, at least 0 and less than 1.</summary>
    public double Next()
    {
        var z = Interlocked.Add(ref _state, Step);
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        z ^= z >> 31;
        return (z >> 11) * (1.0 / (1UL << 53));
    }
}
