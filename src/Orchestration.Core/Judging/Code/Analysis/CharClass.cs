using System.Globalization;
using System.Text;

namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>What a character is to the tokeniser.</summary>
internal enum CharKind : byte
{
    /// <summary>Separates words.</summary>
    Other,

    /// <summary>Part of a word.</summary>
    Letter,

    /// <summary>Part of a word.</summary>
    Digit,

    /// <summary>White space.</summary>
    Space,

    /// <summary>Separates words, and joins the parts of a contraction.</summary>
    Apostrophe,

    /// <summary>Ends a sentence where white space follows: <c>. ! ? …</c>.</summary>
    Terminal,

    /// <summary>Ends a sentence wherever it stands: the full stops of East Asian scripts.</summary>
    WideTerminal,

    /// <summary>A word of its own: ideographs and kana, whose scripts put no spaces between words.</summary>
    Ideograph,

    /// <summary>One half of a surrogate pair: to be read together with its other half.</summary>
    Surrogate,
}

/// <summary>Classes of characters. Decided by the Unicode tables of the runtime and by nothing of the machine's language or region.</summary>
internal static class CharClass
{
    private static readonly CharKind[] Ascii = BuildAscii();

    /// <summary>The kind of a UTF-16 unit.</summary>
    public static CharKind KindOf(char unit) => unit < 128 ? Ascii[unit] : KindOfWide(unit);

    /// <summary>Reads the code point at a surrogate unit. A lone surrogate separates words.</summary>
    public static CharKind KindOfPair(ReadOnlySpan<char> rest, out int units)
    {
        if (Rune.DecodeFromUtf16(rest, out var rune, out units) != System.Buffers.OperationStatus.Done)
        {
            units = 1;
            return CharKind.Other;
        }

        if (rune.Value is >= 0x20000 and <= 0x3FFFF) return CharKind.Ideograph;
        return KindOf(Rune.GetUnicodeCategory(rune));
    }

    /// <summary>Letters A–Z with or without accents: Basic Latin, Latin-1 and Latin Extended-A and -B.</summary>
    public static bool IsLatin(char unit) => unit < 128
        ? char.IsAsciiLetter(unit)
        : unit is >= '\u00C0' and <= '\u024F' and not ('\u00D7' or '\u00F7');

    /// <summary>White space as Python's <c>str.split()</c> sees it, which the reference definitions of chrF and SQuAD are written in.</summary>
    public static bool IsSpace(char unit) => unit is ' ' or (>= '\t' and <= '\r') or (>= '\u001C' and <= '\u001F')
        || (unit >= 128 && char.IsWhiteSpace(unit));

    private static CharKind KindOfWide(char unit) => unit switch
    {
        '\u2019' => CharKind.Apostrophe,
        '\u2026' => CharKind.Terminal,
        '\u3002' or '\uFF01' or '\uFF1F' or '\uFF61' or '\uFF0E' => CharKind.WideTerminal,
        >= '\u3041' and <= '\u30FF' and not '\u30FB' => CharKind.Ideograph,
        (>= '\u3400' and <= '\u4DBF') or (>= '\u4E00' and <= '\u9FFF') or (>= '\uF900' and <= '\uFAFF') => CharKind.Ideograph,
        >= '\uD800' and <= '\uDFFF' => CharKind.Surrogate,
        _ => KindOf(CharUnicodeInfo.GetUnicodeCategory(unit)),
    };

    private static CharKind KindOf(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark => CharKind.Letter,
        UnicodeCategory.DecimalDigitNumber => CharKind.Digit,
        UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => CharKind.Space,
        _ => CharKind.Other,
    };

    private static CharKind[] BuildAscii()
    {
        var kinds = new CharKind[128];
        for (var unit = 0; unit < 128; unit++)
        {
            kinds[unit] = (char)unit switch
            {
                >= 'a' and <= 'z' or >= 'A' and <= 'Z' => CharKind.Letter,
                >= '0' and <= '9' => CharKind.Digit,
                '\'' => CharKind.Apostrophe,
                '.' or '!' or '?' => CharKind.Terminal,
                _ => IsSpace((char)unit) ? CharKind.Space : CharKind.Other,
            };
        }

        return kinds;
    }
}
