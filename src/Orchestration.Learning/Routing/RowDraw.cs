using Orchestration.Learning.Models;

namespace Orchestration.Learning.Routing;

/// <summary>Draws rows by a seed.</summary>
public static class RowDraw
{
    /// <summary>Puts rows into a random order: the same for the same seed and length.</summary>
    /// <param name="rows">The rows, in place.</param>
    /// <param name="seed">Another seed, another order.</param>
    public static void Shuffle(Span<int> rows, ulong seed)
    {
        var random = new SeedStream(seed, 0x52);
        random.Shuffle(rows);
    }
}
