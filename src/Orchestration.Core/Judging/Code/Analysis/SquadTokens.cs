using System.Globalization;

namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>
/// The answer normalisation of SQuAD (P. Rajpurkar et al. 2016, evaluation script 1.1): lower case, ASCII punctuation deleted, the words
/// a, an and the removed, cut at white space. Two texts are an exact match where their tokens are the same.
/// </summary>
internal static class SquadTokens
{
    /// <summary>Fills the list with the ids of a text's tokens.</summary>
    public static void Read(string text, Vocabulary vocabulary, IdList tokens, ref char[] buffer)
    {
        tokens.Clear();
        if (buffer.Length < text.Length) buffer = new char[Math.Max(buffer.Length * 2, text.Length)];
        var length = 0;
        foreach (var unit in text)
        {
            if (CharClass.IsSpace(unit))
            {
                AddField(buffer.AsSpan(0, length), vocabulary, tokens);
                length = 0;
            }
            else if (!IsAsciiPunctuation(unit))
            {
                buffer[length++] = unit < 128 ? (char.IsAsciiLetterUpper(unit) ? (char)(unit | 0x20) : unit) : char.ToLowerInvariant(unit);
            }
        }

        AddField(buffer.AsSpan(0, length), vocabulary, tokens);
    }

    // The script replaces an article by a blank wherever it stands between two word boundaries, so that "the—end" is "—end".
    private static void AddField(Span<char> field, Vocabulary vocabulary, IdList tokens)
    {
        if (field.Length > 1 && HasWide(field))
        {
            for (var at = 0; at < field.Length;)
            {
                var run = at;
                while (run < field.Length && IsWordUnit(field[run])) run++;
                if (IsArticle(field[at..run]))
                {
                    AddField(field[..at], vocabulary, tokens);
                    field = field[run..];
                    at = 0;
                }
                else
                {
                    at = run == at ? run + 1 : run;
                }
            }
        }

        if (!field.IsEmpty && !IsArticle(field)) tokens.Add(vocabulary.Intern(field, WordTable.Hash(field)));
    }

    private static bool IsArticle(ReadOnlySpan<char> word) => word is "a" or "an" or "the";

    private static bool HasWide(ReadOnlySpan<char> field) => field.ContainsAnyExceptInRange('\0', '\u007F');

    private static bool IsAsciiPunctuation(char unit) => unit is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~');

    // What "\w" of the script's language matches; a surrogate pair counts as a word character, for most of them are letters.
    private static bool IsWordUnit(char unit) => unit < 128
        ? char.IsAsciiLetterOrDigit(unit)
        : char.IsLetter(unit) || char.IsSurrogate(unit) || CharUnicodeInfo.GetUnicodeCategory(unit)
            is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
}
