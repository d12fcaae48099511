namespace Orchestration.Core.Routing.Deciding;

/// <summary>The random numbers of a route, each in [0, 1), independent of one another and made from the 128 bits of its id alone.</summary>
internal readonly struct RouteDraws(Hash128 id)
{
    private const ulong Other = 0xD1B5_4A32_D192_ED03;

    /// <summary>What a policy may draw by.</summary>
    public double Policy => Unit(Mix(id.High));

    /// <summary>Whether to explore.</summary>
    public double Explore => Unit(Mix(id.Low));

    /// <summary>Whom, where it explores.</summary>
    public double Which => Unit(Mix(id.High ^ Other));

    /// <summary>Whether the answer is judged.</summary>
    public double Sample => Unit(Mix(id.Low ^ Other));

    private static double Unit(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));

    // SplitMix64's finalizer: ids from a poor source still spread.
    private static ulong Mix(ulong z)
    {
        z += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }
}
