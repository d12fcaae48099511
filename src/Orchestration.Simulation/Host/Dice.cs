namespace Orchestration.Simulation.Host;

/// <summary>Chance by a seed: SplitMix64 (Steele, Lea and Flood 2014), the same numbers with every version of the platform.</summary>
internal sealed class Dice(ulong seed)
{
    private ulong _state = seed;

    public ulong Next() => Mix(_state += 0x9E3779B97F4A7C15);

    /// <summary>0 to <paramref name="count"/> − 1.</summary>
    public int Below(int count) => (int)Math.BigMul(Next(), (ulong)count, out _);

    public bool Chance(double probability) => Share() < probability;

    /// <summary>0 to 1, 1 left out.</summary>
    public double Share() => (Next() >> 11) * (1.0 / (1UL << 53));

    public TimeSpan Between(TimeSpan least, TimeSpan most) => least + ((most - least) * Share());

    /// <summary>Dice of their own, so that what one part of a world throws does not move another's.</summary>
    public Dice Fork() => new(Next());

    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
