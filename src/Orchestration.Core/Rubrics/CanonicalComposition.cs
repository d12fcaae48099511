using System.Globalization;
using System.Text;

namespace Orchestration.Core.Rubrics;

/// <summary>
/// Unicode normalisation form C (Unicode Standard Annex 15), for texts whose hash must not depend on how an editor writes an accent.
/// </summary>
/// <remarks>
/// <see cref="string.Normalize(NormalizationForm)"/> returns its input unchanged where a program runs with invariant globalisation, as
/// ours do, and normalises where it does not: a version made from it would depend on the host. The table is that of Unicode 14.0 and
/// stays so; normalisation of characters that were assigned then is stable by Unicode's own policy, so a newer one would add nothing but
/// risk.
/// </remarks>
internal static class CanonicalComposition
{
    // Hangul syllables are composed by arithmetic (The Unicode Standard, section 3.12).
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TailCount = 28, SyllableCount = LeadCount * VowelCount * TailCount;

    private static readonly Lazy<Table> Data = new(Table.Read);

    /// <summary>The text in normalisation form C.</summary>
    /// <exception cref="ArgumentException">The text holds half of a surrogate pair.</exception>
    public static string Compose(string text)
    {
        if (IsInert(text)) return text;
        var runes = Decompose(text);
        Order(runes);
        Combine(runes);
        var result = new StringBuilder(text.Length);
        foreach (var rune in runes) result.Append(char.ConvertFromUtf32(rune));
        return result.ToString();
    }

    /// <summary>The text in normalisation form D.</summary>
    /// <exception cref="ArgumentException">The text holds half of a surrogate pair.</exception>
    public static string Decomposed(string text)
    {
        if (System.Text.Ascii.IsValid(text)) return text;
        var runes = Decompose(text);
        Order(runes);
        var result = new StringBuilder(text.Length + 16);
        foreach (var rune in runes) result.Append(char.ConvertFromUtf32(rune));
        return result.ToString();
    }

    // Latin letters up to U+02FF and the punctuation of ordinary prose (dashes, quotation marks, ellipsis) neither combine nor decompose
    // further: such a text is in form C already, and the table is not read for it.
    private static bool IsInert(string text)
    {
        foreach (var c in text)
        {
            if (c >= 0x300 && c is < '\u2010' or > '\u2027') return false;
        }

        return true;
    }

    private static List<int> Decompose(string text)
    {
        var runes = new List<int>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (!Rune.TryGetRuneAt(text, i, out var rune))
                throw new ArgumentException($"Half of a surrogate pair at character {RubricFault.Number(i)}.", nameof(text));
            if (!rune.IsBmp) i++;
            Append(runes, rune.Value);
        }

        return runes;
    }

    private static void Append(List<int> runes, int rune)
    {
        var syllable = rune - SyllableBase;
        if (syllable is >= 0 and < SyllableCount)
        {
            runes.Add(LeadBase + (syllable / (VowelCount * TailCount)));
            runes.Add(VowelBase + (syllable % (VowelCount * TailCount) / TailCount));
            if (syllable % TailCount != 0) runes.Add(TailBase + (syllable % TailCount));
        }
        else if (Data.Value.Decompositions.TryGetValue(rune, out var parts))
        {
            Append(runes, parts.First);
            if (parts.Second != 0) Append(runes, parts.Second);
        }
        else
        {
            runes.Add(rune);
        }
    }

    // Combining marks between two starters are put in the order of their classes; equal classes keep their order.
    private static void Order(List<int> runes)
    {
        for (var i = 1; i < runes.Count; i++)
        {
            var rune = runes[i];
            var rank = ClassOf(rune);
            if (rank == 0) continue;
            var at = i;
            for (; at > 0 && ClassOf(runes[at - 1]) > rank; at--) runes[at] = runes[at - 1];
            runes[at] = rune;
        }
    }

    private static void Combine(List<int> runes)
    {
        var starter = -1;
        var previousClass = 0;
        var kept = 0;
        foreach (var rune in runes.ToArray())
        {
            var rank = ClassOf(rune);

            // Blocked (definition D115): a starter, or a mark of the same or a higher class, stands between the starter and this one.
            var reaches = starter >= 0 && (starter == kept - 1 || (previousClass != 0 && previousClass < rank));
            if (reaches && TryCombine(runes[starter], rune, out var combined))
            {
                runes[starter] = combined;
                continue;
            }

            if (rank == 0) starter = kept;
            previousClass = rank;
            runes[kept++] = rune;
        }

        runes.RemoveRange(kept, runes.Count - kept);
    }

    private static bool TryCombine(int first, int second, out int combined)
    {
        combined = 0;
        if (first - LeadBase is >= 0 and < LeadCount && second - VowelBase is >= 0 and < VowelCount)
            combined = SyllableBase + ((((first - LeadBase) * VowelCount) + second - VowelBase) * TailCount);
        else if (first - SyllableBase is >= 0 and < SyllableCount && (first - SyllableBase) % TailCount == 0
            && second - TailBase is > 0 and < TailCount)
            combined = first + second - TailBase;
        return combined != 0 || Data.Value.Compositions.TryGetValue((first, second), out combined);
    }

    private static int ClassOf(int rune) => rune < 0x300 ? 0 : Data.Value.Classes.GetValueOrDefault(rune);

    /// <summary>CanonicalComposition.txt, whose head states its lines.</summary>
    private sealed record Table(
        Dictionary<int, (int First, int Second)> Decompositions,
        Dictionary<(int First, int Second), int> Compositions,
        Dictionary<int, int> Classes)
    {
        public static Table Read()
        {
            var table = new Table(new(2100), new(1000), new(1000));
            var name = typeof(CanonicalComposition).FullName + ".txt";
            using var stream = typeof(CanonicalComposition).Assembly.GetManifestResourceStream(name)
                ?? throw new InvalidOperationException($"The resource {name} is missing from the assembly.");
            using var reader = new StreamReader(stream, Encoding.ASCII);
            while (reader.ReadLine() is { } line)
            {
                if (!line.StartsWith('#')) table.Add(line);
            }

            return table;
        }

        private void Add(string line)
        {
            var mark = line.AsSpan().IndexOfAny('=', '>', '-');
            var left = Hex(line.AsSpan(0, mark));
            var rest = line.AsSpan(mark + 1);
            if (line[mark] == '-')
            {
                var colon = rest.IndexOf(':');
                var rank = int.Parse(rest[(colon + 1)..], CultureInfo.InvariantCulture);
                for (var rune = left; rune <= Hex(rest[..colon]); rune++) Classes.Add(rune, rank);
                return;
            }

            var space = rest.IndexOf(' ');
            var parts = space < 0 ? (Hex(rest), 0) : (Hex(rest[..space]), Hex(rest[(space + 1)..]));
            Decompositions.Add(left, parts);
            if (line[mark] == '=') Compositions.Add(parts, left);
        }

        private static int Hex(ReadOnlySpan<char> digits) =>
            int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
