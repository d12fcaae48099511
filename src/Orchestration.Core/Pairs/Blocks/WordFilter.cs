using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Orchestration.Core.Pairs.Blocks;

/// <summary>
/// What the ids, prompts and answers of a shard cannot hold: a Bloom filter of the runs of 4, 6 and 8 ASCII letters and digits in them, without regard to case. A text is looked for in a shard only where every such run of
/// it may be there; it never says no of a text that is there. Texts without four letters or digits in a row are not told apart, nor are letters beyond ASCII.
/// </summary>
/// <remarks>
/// <para>Runs are taken within words. Runs across words, and runs of three, were measured on texts of questions and answers: most of all that a rare word is made of stands in any two megabytes of them, or the filter takes as
/// much room as the texts.</para>
/// <para>No character beyond ASCII equals an ASCII letter where case is ignored (a test asks about each of them), so that whatever matches a letter of the text looked for is that letter here.</para>
/// <para>Layout, little-endian: 'W', version, binary logarithm of the number of bits, 0, CRC-32C of everything else (4 bytes), the bits.</para>
/// </remarks>
internal static class WordFilter
{
    private const byte Section = (byte)'W';
    private const byte FormatVersion = 1;
    private const int HeaderBytes = 8;
    private const int LeastLog = 9;
    private const int MostLog = 22;
    private const ulong Four = 0xFFFF_FFFF;
    private const ulong Six = 0xFFFF_FFFF_FFFF;

    /// <summary>Runs of this many letters are the shortest that are told apart.</summary>
    public const int Shortest = 4;

    /// <summary>Runs that a text to look for is made of, as <see cref="MayHold"/> wants them; empty where a filter says nothing of it.</summary>
    public static ulong[] Probes(string text)
    {
        var runs = new HashSet<ulong>();
        Read(Encoding.UTF8.GetBytes(text), new Collected(runs));
        return [.. runs.Select(Hash)];
    }

    /// <summary>False where the shard holds no text with all of these runs. True also where there is no filter, or none that this build reads.</summary>
    public static bool MayHold(ReadOnlySpan<byte> filter, ReadOnlySpan<ulong> probes)
    {
        if (filter.Length < HeaderBytes || filter[0] != Section || filter[1] != FormatVersion || filter[2] is < LeastLog or > MostLog || filter.Length != HeaderBytes + (1 << (filter[2] - 3))) return true;
        if (BinaryPrimitives.ReadUInt32LittleEndian(filter[4..]) != Checksum(filter)) return true;
        var bits = filter[HeaderBytes..];
        var mask = (1UL << filter[2]) - 1;
        foreach (var probe in probes)
        {
            var bit = (int)(probe & mask);
            if ((bits[bit >> 3] & (1 << (bit & 7))) == 0) return false;
        }

        return true;
    }

    // Both halves of the product: every bit of a run counts in every bit of its hash.
    private static ulong Hash(ulong run) => Math.BigMul(run ^ 0xA0761D6478BD642F, 0xE7037ED1A0B428DB, out var low) ^ low;

    private static uint Checksum(ReadOnlySpan<byte> filter) => BlockFrame.Checksum(filter[..4], filter[HeaderBytes..]);

    /// <summary>Gathers the runs of a shard. Kept and refilled; one thread at a time.</summary>
    public sealed class Builder
    {
        // Words of up to eight letters that were met lately, as they are: most words are met again and again.
        private readonly ulong[] _met = new ulong[4096];
        private ulong[] _bits = [];

        /// <summary>Empties it, for texts of about so many bytes.</summary>
        public void Clear(long bytes)
        {
            var size = 1 << (Math.Clamp(BitOperations.Log2((ulong)Math.Max(1, bytes)) + 2, LeastLog, MostLog) - 6);
            if (_bits.Length == size) Array.Clear(_bits);
            else _bits = new ulong[size];
            Array.Clear(_met);
        }

        /// <summary>Adds a text, UTF-8.</summary>
        public void Add(ReadOnlySpan<byte> text) => Read(text, new Set(_bits, _met));

        /// <summary>The filter, a quarter of its bits set at most where that takes no more than <paramref name="mostBytes"/>; null where it would tell next to nothing apart.</summary>
        public byte[]? Encode(int mostBytes)
        {
            var bits = _bits.AsSpan();
            var log = BitOperations.Log2((uint)bits.Length) + 6;
            var set = Count(bits);
            while (log > LeastLog)
            {
                var half = bits.Length / 2;
                var low = bits[..half];
                var high = bits[half..];
                var folded = 0L;
                for (var i = 0; i < half; i++) folded += BitOperations.PopCount(low[i] | high[i]);
                if (folded > half * 16L && bits.Length * 8 <= mostBytes) break;
                for (var i = 0; i < half; i++) low[i] |= high[i];
                bits = low;
                (set, log) = (folded, log - 1);
            }

            if (set > bits.Length * 36L) return null;
            var filter = new byte[HeaderBytes + (bits.Length * 8)];
            (filter[0], filter[1], filter[2]) = (Section, FormatVersion, (byte)log);
            for (var i = 0; i < bits.Length; i++) BinaryPrimitives.WriteUInt64LittleEndian(filter.AsSpan(HeaderBytes + (i * 8)), bits[i]);
            BinaryPrimitives.WriteUInt32LittleEndian(filter.AsSpan(4), Checksum(filter));
            return filter;
        }

        private static long Count(ReadOnlySpan<ulong> bits)
        {
            var set = 0L;
            foreach (var word in bits) set += BitOperations.PopCount(word);
            return set;
        }
    }

    private interface IRuns
    {
        /// <summary>True where the runs of this word, of up to eight letters, were added already.</summary>
        bool HasMet(ulong word);

        void Add(ulong run);
    }

    // A letter in small, a digit, or 0 for whatever stands between words.
    private static ReadOnlySpan<byte> Letters =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 0, 0, 0, 0, 0, 0,
        0, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 0, 0, 0, 0, 0,
        0, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>Reads words letter by letter and finds the runs in them. One way for what is stored and what is looked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Read<TRuns>(ReadOnlySpan<byte> text, scoped in TRuns runs)
        where TRuns : struct, IRuns, allows ref struct
    {
        // The last eight letters of the word, the latest in the lowest byte.
        var (last, length) = (0UL, 0);
        foreach (var value in text)
        {
            ulong letter = Letters[value];
            if (letter == 0)
            {
                if (length >= Shortest) End(last, length, in runs);
                (last, length) = (0, 0);
                continue;
            }

            // Words of more than eight letters give their runs as they come.
            if (length == 8) AddAll(last, length, in runs);
            last = (last << 8) | letter;
            if (++length <= 8) continue;
            runs.Add(last & Four);
            runs.Add(last & Six);
            runs.Add(last);
        }

        End(last, length, in runs);
    }

    private static void End<TRuns>(ulong last, int length, scoped in TRuns runs)
        where TRuns : struct, IRuns, allows ref struct
    {
        if (length is >= Shortest and <= 8 && !runs.HasMet(last)) AddAll(last, length, in runs);
    }

    private static void AddAll<TRuns>(ulong last, int length, scoped in TRuns runs)
        where TRuns : struct, IRuns, allows ref struct
    {
        for (var i = 0; i <= length - 4; i++) runs.Add((last >> (i * 8)) & Four);
        for (var i = 0; i <= length - 6; i++) runs.Add((last >> (i * 8)) & Six);
        if (length == 8) runs.Add(last);
    }

    private readonly struct Collected(HashSet<ulong> runs) : IRuns
    {
        public bool HasMet(ulong word) => false;

        public void Add(ulong run) => runs.Add(run);
    }

    private readonly ref struct Set(Span<ulong> bits, Span<ulong> met) : IRuns
    {
        private readonly Span<ulong> _bits = bits;
        private readonly Span<ulong> _met = met;

        public bool HasMet(ulong word)
        {
            ref var place = ref _met[(int)((word * 0x9E3779B97F4A7C15) >> 52)];
            if (place == word) return true;
            place = word;
            return false;
        }

        public void Add(ulong run)
        {
            var bit = Hash(run) & (((ulong)_bits.Length << 6) - 1);
            _bits[(int)(bit >> 6)] |= 1UL << (int)(bit & 63);
        }
    }
}
