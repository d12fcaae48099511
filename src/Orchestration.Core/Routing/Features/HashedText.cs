namespace Orchestration.Core.Routing.Features;

/// <summary>
/// A text as counts of its words and pairs of neighbouring words, each hashed to one of <see cref="Buckets"/> (the hashing trick: Weinberger and others 2009). A word is a run of letters, digits and '_', in
/// lower case; any other mark that is no white space is a word of its own. The first and the last word count once more, as such. For reuse: not safe for concurrent use.
/// </summary>
internal sealed class HashedText
{
    /// <summary>Number of buckets.</summary>
    public const int Buckets = 1 << Bits;

    /// <summary>Revision of words and hash: part of every version of features that has them.</summary>
    public const int Revision = 1;

    /// <summary>Characters of a text that are read: from longer ones the beginning and the end.</summary>
    public const int MostCharacters = HeadCharacters + TailCharacters;

    private const int Bits = 15;
    private const int HeadCharacters = 12_000;
    private const int TailCharacters = 4_000;
    private const ulong Basis = 0xCBF29CE484222325;
    private const ulong Prime = 0x100000001B3;
    private const ulong FirstMark = 0x5F1D36F10A4B8E21;
    private const ulong LastMark = 0x2C97A3E1D65B40F7;

    private readonly ushort[] _counts = new ushort[Buckets];
    private int[] _touched = new int[1024];
    private int _used;

    /// <summary>The buckets of the last text, in the order in which they came first.</summary>
    public ReadOnlySpan<int> Touched => _touched.AsSpan(0, _used);

    /// <summary>How often a bucket came in the last text.</summary>
    public int Count(int bucket) => _counts[bucket];

    /// <summary>Takes a text in; what was there before is forgotten.</summary>
    public void Read(ReadOnlySpan<char> text)
    {
        foreach (var bucket in Touched) _counts[bucket] = 0;
        _used = 0;
        var last = 0UL;
        if (text.Length <= MostCharacters)
        {
            Words(text, ref last);
        }
        else
        {
            Words(text[..HeadCharacters], ref last);
            Words(text[^TailCharacters..], ref last);
        }

        if (last != 0) Take(last ^ LastMark);
    }

    private void Words(ReadOnlySpan<char> text, ref ulong before)
    {
        var i = 0;
        while (i < text.Length)
        {
            var c = text[i];
            ulong hash;
            if (IsInWord(c))
            {
                hash = Basis;
                do hash = (hash ^ Lower(c)) * Prime;
                while (++i < text.Length && IsInWord(c = text[i]));
            }
            else
            {
                i++;
                if (c <= ' ' || (c >= 128 && char.IsWhiteSpace(c))) continue;
                hash = (Basis ^ c) * Prime;
            }

            // Zero is kept for "no word yet".
            hash |= 1;
            Take(hash);
            Take(before == 0 ? hash ^ FirstMark : (before * 0x9E3779B97F4A7C15) ^ hash);
            before = hash;
        }
    }

    private void Take(ulong hash)
    {
        hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93;
        var bucket = (int)(hash >> (64 - Bits));
        if (_counts[bucket] == ushort.MaxValue || ++_counts[bucket] != 1) return;
        if (_used == _touched.Length) Array.Resize(ref _touched, 2 * _used);
        _touched[_used++] = bucket;
    }

    private static bool IsInWord(char c) => c < 128 ? (uint)((c | 0x20) - 'a') < 26 || (uint)(c - '0') < 10 || c == '_' : char.IsLetterOrDigit(c);

    private static ulong Lower(char c) => c < 128 ? (uint)(c - 'A') < 26 ? (uint)(c | 0x20) : c : char.ToLowerInvariant(c);
}
