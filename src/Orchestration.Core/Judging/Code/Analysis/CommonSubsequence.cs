using System.Buffers;
using System.Numerics;

namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>
/// Length of the longest common subsequence by the bit-parallel recurrence of H. Hyyrö, "Bit-parallel LCS-length computation
/// revisited" (AWOCA 2004): V ← (V + (V and M)) or (V and not M), where bit i of V is 0 where the i-th row's length grows.
/// One word of 64 rows is touched only where the token stands in it or a carry comes in, so common texts cost little more than their length.
/// </summary>
internal static class CommonSubsequence
{
    /// <summary>How many tokens of each text are compared; bounds the work at 2^15 · 2^9 steps.</summary>
    public const int MostTokens = 1 << 15;

    /// <summary>The length for two texts of at most <see cref="MostTokens"/> tokens.</summary>
    /// <param name="rows">One text.</param>
    /// <param name="columns">The other.</param>
    /// <param name="heads">A counter for every id, all 0; all 0 again afterwards.</param>
    public static int Length(ReadOnlySpan<Token> rows, ReadOnlySpan<Token> columns, Span<int> heads)
    {
        var words = (rows.Length + 63) / 64;
        var vector = ArrayPool<ulong>.Shared.Rent(words);
        var blocks = ArrayPool<Block>.Shared.Rent(rows.Length);
        vector.AsSpan(0, words).Fill(ulong.MaxValue);
        var used = Index(rows, blocks, heads);

        foreach (ref readonly var column in columns)
        {
            ulong carry = 0;
            var word = 0;
            for (var at = heads[column.Id] - 1; at >= 0; at = blocks[at].Next)
            {
                ref readonly var block = ref blocks[at];
                for (; carry != 0 && word < block.Word; word++) carry = Step(ref vector[word], 0, carry);
                word = block.Word;
                carry = Step(ref vector[word++], block.Mask, carry);
            }

            for (; carry != 0 && word < words; word++) carry = Step(ref vector[word], 0, carry);
        }

        foreach (ref readonly var row in rows) heads[row.Id] = 0;
        var length = 0;
        for (var word = 0; word < words; word++)
        {
            var isLast = word == words - 1 && rows.Length % 64 != 0;
            var rowsHere = isLast ? (1UL << (rows.Length % 64)) - 1 : ulong.MaxValue;
            length += BitOperations.PopCount(~vector[word] & rowsHere);
        }

        ArrayPool<ulong>.Shared.Return(vector);
        ArrayPool<Block>.Shared.Return(blocks);
        return used == 0 ? 0 : length;
    }

    // For each token a chain of the words of 64 rows in which it stands, lowest first: built from the end, so that heads come out right.
    private static int Index(ReadOnlySpan<Token> rows, Block[] blocks, Span<int> heads)
    {
        var used = 0;
        for (var row = rows.Length - 1; row >= 0; row--)
        {
            ref var head = ref heads[rows[row].Id];
            if (head == 0 || blocks[head - 1].Word != row / 64)
            {
                blocks[used] = new Block { Word = row / 64, Next = head - 1 };
                head = ++used;
            }

            blocks[head - 1].Mask |= 1UL << (row % 64);
        }

        return used;
    }

    private static ulong Step(ref ulong vector, ulong mask, ulong carry)
    {
        var matched = vector & mask;
        var sum = vector + matched;
        var overflow = sum < vector ? 1UL : 0;
        sum += carry;
        if (sum < carry) overflow = 1;
        vector = sum | (vector & ~mask);
        return overflow;
    }

    private struct Block
    {
        public ulong Mask;
        public int Word;
        public int Next;
    }
}
