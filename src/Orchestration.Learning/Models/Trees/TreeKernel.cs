using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Orchestration.Learning.Models.Trees;

/// <summary>
/// Trees laid out for prediction. A row becomes one small code a judge: the number of cuts that its score is above. Thirty-two rows go
/// through a tree side by side, a byte a row. Leaves are added in 32 bits in the order of the trees, for one row as for many.
/// </summary>
internal sealed class TreeKernel
{
    /// <summary>Rows that go through a tree side by side.</summary>
    public const int RowsAtOnce = 32;

    private const sbyte Above = sbyte.MaxValue;
    private readonly double[][] _cuts;
    private readonly int[] _judges;
    private readonly sbyte[] _codes;
    private readonly float[] _leaves;
    private readonly int _trees;

    /// <summary>Lays trees out.</summary>
    /// <param name="judges">Number of judges.</param>
    /// <param name="judge">Trees × 7: the judge of each question, −1 for none.</param>
    /// <param name="cut">Trees × 7: yes where the score is above.</param>
    /// <param name="leaves">Trees × 8.</param>
    public TreeKernel(int judges, int[] judge, double[] cut, double[] leaves)
    {
        _trees = leaves.Length / FittedTree.LeafCount;
        _cuts = new double[judges][];
        for (var j = 0; j < judges; j++) _cuts[j] = [.. cut.Where((_, n) => judge[n] == j).Distinct().Order()];
        if (_cuts.Any(c => c.Length >= Above)) throw new ArgumentException($"A judge has at most {Above - 1} cuts.", nameof(cut));
        _judges = new int[judge.Length];
        _codes = new sbyte[judge.Length];
        for (var n = 0; n < judge.Length; n++)
        {
            _codes[n] = judge[n] < 0 ? Above : (sbyte)Array.BinarySearch(_cuts[judge[n]], cut[n]);
            _judges[n] = Math.Max(judge[n], 0);
        }

        _leaves = Array.ConvertAll(leaves, l => (float)l);
    }

    /// <summary>Writes a row's codes, <paramref name="stride"/> bytes apart.</summary>
    public void Encode(ReadOnlySpan<double> row, Span<sbyte> codes, int stride)
    {
        for (var j = 0; j < _cuts.Length; j++)
        {
            var score = row[j];
            var code = 0;
            foreach (var cut in _cuts[j]) code += score > cut ? 1 : 0;
            codes[j * stride] = (sbyte)code;
        }
    }

    /// <summary>The sum over all trees for one row of codes.</summary>
    public float Sum(ReadOnlySpan<sbyte> codes)
    {
        ref var code = ref MemoryMarshal.GetReference(codes);
        ref var judge = ref MemoryMarshal.GetArrayDataReference(_judges);
        ref var cut = ref MemoryMarshal.GetArrayDataReference(_codes);
        ref var leaf = ref MemoryMarshal.GetArrayDataReference(_leaves);
        var sum = 0f;
        for (var tree = 0; tree < _trees; tree++)
        {
            var n = 1 + Bit(Unsafe.Add(ref code, judge) > cut);
            n = 2 * n + 1 + Bit(Unsafe.Add(ref code, Unsafe.Add(ref judge, n)) > Unsafe.Add(ref cut, n));
            n = 2 * n + 1 + Bit(Unsafe.Add(ref code, Unsafe.Add(ref judge, n)) > Unsafe.Add(ref cut, n));
            sum += Unsafe.Add(ref leaf, n - FittedTree.Questions);
            judge = ref Unsafe.Add(ref judge, FittedTree.Questions);
            cut = ref Unsafe.Add(ref cut, FittedTree.Questions);
            leaf = ref Unsafe.Add(ref leaf, FittedTree.LeafCount);
        }

        return sum;
    }

    /// <summary>True where <see cref="SumBlock"/> runs on this processor.</summary>
    public static bool HasBlocks => Avx2.IsSupported;

    /// <summary>The sums of 32 rows whose codes lie 32 bytes apart: the same bits as one row at a time.</summary>
    public void SumBlock(ReadOnlySpan<sbyte> codes, Span<float> sums)
    {
        ref var code = ref MemoryMarshal.GetReference(codes[..(_cuts.Length * RowsAtOnce)]);
        ref var judge = ref MemoryMarshal.GetArrayDataReference(_judges);
        ref var cut = ref MemoryMarshal.GetArrayDataReference(_codes);
        ref var leaf = ref MemoryMarshal.GetArrayDataReference(_leaves);
        Vector256<float> first = default, second = default, third = default, fourth = default;
        var (four, two, one) = (Vector256.Create((byte)4), Vector256.Create((byte)2), Vector256.Create((byte)1));
        for (var tree = 0; tree < _trees; tree++)
        {
            var top = Answer(ref code, ref judge, ref cut, 0);
            var middle = Vector256.ConditionalSelect(top, Answer(ref code, ref judge, ref cut, 2), Answer(ref code, ref judge, ref cut, 1));
            var left = Vector256.ConditionalSelect(middle, Answer(ref code, ref judge, ref cut, 4), Answer(ref code, ref judge, ref cut, 3));
            var right = Vector256.ConditionalSelect(middle, Answer(ref code, ref judge, ref cut, 6), Answer(ref code, ref judge, ref cut, 5));
            var bottom = Vector256.ConditionalSelect(top, right, left);
            var place = (top.AsByte() & four) | (middle.AsByte() & two) | (bottom.AsByte() & one);
            var values = Vector256.LoadUnsafe(ref leaf);
            var (low, high) = Vector256.Widen(place);
            var (a, b) = Vector256.Widen(low);
            var (c, d) = Vector256.Widen(high);
            first += Avx2.PermuteVar8x32(values, a.AsInt32());
            second += Avx2.PermuteVar8x32(values, b.AsInt32());
            third += Avx2.PermuteVar8x32(values, c.AsInt32());
            fourth += Avx2.PermuteVar8x32(values, d.AsInt32());
            judge = ref Unsafe.Add(ref judge, FittedTree.Questions);
            cut = ref Unsafe.Add(ref cut, FittedTree.Questions);
            leaf = ref Unsafe.Add(ref leaf, FittedTree.LeafCount);
        }

        first.CopyTo(sums);
        second.CopyTo(sums[8..]);
        third.CopyTo(sums[16..]);
        fourth.CopyTo(sums[24..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Answer(ref sbyte code, ref int judge, ref sbyte cut, int n) => Vector256.GreaterThan(
        Vector256.LoadUnsafe(ref Unsafe.Add(ref code, Unsafe.Add(ref judge, n) * RowsAtOnce)),
        Vector256.Create(Unsafe.Add(ref cut, n)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Bit(bool yes) => yes ? 1 : 0;
}
