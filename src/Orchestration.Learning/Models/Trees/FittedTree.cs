namespace Orchestration.Learning.Models.Trees;

/// <summary>
/// One tree of three levels: question n is followed by 2n + 1 (no) and 2n + 2 (yes), questions 3–6 by the leaves 2n − 6 and 2n − 5. A judge
/// of −1 is no question: its answer is no.
/// </summary>
/// <param name="Judges">Seven judges.</param>
/// <param name="Cuts">Seven cuts: yes where the score's bin is above; 255 with no question.</param>
/// <param name="Leaves">Eight numbers, each one exact in 32 bits.</param>
internal sealed record FittedTree(int[] Judges, byte[] Cuts, float[] Leaves)
{
    /// <summary>Levels of questions.</summary>
    public const int Depth = 3;

    /// <summary>Places for questions.</summary>
    public const int Questions = 7;

    /// <summary>Places for leaves.</summary>
    public const int LeafCount = 8;

    /// <summary>A tree without questions.</summary>
    public static FittedTree Empty()
    {
        var tree = new FittedTree(new int[Questions], new byte[Questions], new float[LeafCount]);
        Array.Fill(tree.Judges, -1);
        Array.Fill(tree.Cuts, byte.MaxValue);
        return tree;
    }

    /// <summary>The answer of question <paramref name="n"/> for a row of bins.</summary>
    public bool Yes(int n, ReadOnlySpan<byte> bins) => Judges[n] >= 0 && bins[Judges[n]] > Cuts[n];

    /// <summary>The leaf of a row of bins.</summary>
    public float Leaf(ReadOnlySpan<byte> bins)
    {
        var n = 0;
        for (var level = 0; level < Depth; level++) n = 2 * n + (Yes(n, bins) ? 2 : 1);
        return Leaves[n - Questions];
    }
}
