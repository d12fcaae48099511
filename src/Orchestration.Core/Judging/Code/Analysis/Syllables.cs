namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>
/// Syllables of an English word by rule: groups of vowels (a e i o u y and their accented forms), less endings that are silent, plus
/// pairs of vowels that are spoken apart. The rules are stated in docs/design/code-judges.md.
/// </summary>
internal static class Syllables
{
    /// <summary>Syllables of a lower-case word; 0 where it has no vowel.</summary>
    public static int Count(ReadOnlySpan<char> word)
    {
        var groups = 0;
        var inGroup = false;
        for (var i = 0; i < word.Length; i++)
        {
            var isVowel = IsVowel(word[i]) && !(word[i] == 'y' && i == 0 && word.Length > 1 && IsVowel(word[1]));
            if (isVowel && (!inGroup || IsSpokenApart(word, i))) groups++;
            inGroup = isVowel;
        }

        if (groups > 1 && HasSilentEnding(word)) groups--;
        return groups;
    }

    private static bool IsVowel(char unit) => unit < 128
        ? unit is 'a' or 'e' or 'i' or 'o' or 'u' or 'y'
        : unit is (>= '\u00E0' and <= '\u00E6') or (>= '\u00E8' and <= '\u00EF') or (>= '\u00F2' and <= '\u00F6')
            or (>= '\u00F8' and <= '\u00FD') or '\u00FF' or '\u0153';

    // "ia" and "io" as in "media", "radio", but not after c, g, s, t, x ("special", "region", "nation"); "eo" at the end,
    // "video", but not in "people"; "iu" in "medium"; "ua" in "usual" but not after q or g; "uo" in "fluoride" but not after q; "-ing"
    // after a vowel, "studying".
    private static bool IsSpokenApart(ReadOnlySpan<char> word, int at)
    {
        var before = at >= 2 ? word[at - 2] : '\0';
        return (word[at - 1], word[at]) switch
        {
            ('i', 'a' or 'o') => before is not ('c' or 'g' or 's' or 't' or 'x'),
            ('i', 'u') => true,
            ('e', 'o') => at + 1 == word.Length,
            ('u', 'a') => before is not ('q' or 'g'),
            ('u', 'o') => before is not 'q',
            ('y' or 'e' or 'o' or 'i', 'i') => word[at..] is "ing" or "ings" && at > 1,
            _ => false,
        };
    }

    private static bool HasSilentEnding(ReadOnlySpan<char> word)
    {
        if (word.Length < 3) return false;
        if (word[^1] == 'e') return !IsVowel(word[^2]) && !EndsInConsonantL(word[..^1]);
        if (word[^2] != 'e' || word[^1] is not ('d' or 's') || IsVowel(word[^3]) || EndsInConsonantL(word[..^2])) return false;
        if (word[^1] == 'd') return word[^3] is not ('t' or 'd');
        return word[^3] is not ('s' or 'x' or 'z' or 'c' or 'g') && !(word[^3] == 'h' && word.Length > 3 && word[^4] is ('c' or 's'));
    }

    // "tabl-e" and "handl-ed" keep the syllable, "scal-e", "call-ed" and "curl-ed" do not.
    private static bool EndsInConsonantL(ReadOnlySpan<char> stem) =>
        stem.Length > 1 && stem[^1] == 'l' && !IsVowel(stem[^2]) && stem[^2] is not ('l' or 'r');
}
