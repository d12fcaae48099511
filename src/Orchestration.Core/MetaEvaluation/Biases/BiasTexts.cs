using System.Globalization;
using System.Text;

namespace Orchestration.Core.MetaEvaluation.Biases;

/// <summary>What transformations are made of, and the checks that nothing of an answer's content was touched.</summary>
internal static class BiasTexts
{
    private static readonly string[] Verbs = ["is", "are", "was", "were", "can", "will", "does", "did", "has", "have", "should", "must"];

    /// <summary>Puts a sentence before or behind an answer, and a neutral one of the same length into the same place.</summary>
    public static BiasInjection? Around(in BiasMaterial material, string[] wordings, bool before)
    {
        var sentence = wordings[material.Seed % (ulong)wordings.Length];
        var neutral = NeutralText.Of(sentence.Length, material.Seed);
        return before
            ? new BiasInjection($"{sentence}\n\n{material.Answer}", material.Reference, $"{neutral}\n\n{material.Answer}")
            : new BiasInjection($"{material.Answer}\n\n{sentence}", material.Reference, $"{material.Answer}\n\n{neutral}");
    }

    /// <summary>The answer with neutral sentences behind it, about half as long again: longer, and no word more on the question.</summary>
    public static BiasInjection? Pad(in BiasMaterial material)
    {
        var length = Math.Clamp(material.Answer.Length / 2, 120, 4000);
        return new BiasInjection($"{material.Answer}\n\n{NeutralText.Of(length, material.Seed)}", material.Reference, null);
    }

    /// <summary>The answer's beginning once more at its end, against neutral text of the same length.</summary>
    public static BiasInjection? Repeat(in BiasMaterial material)
    {
        var sentences = Sentences(material.Answer);
        if (sentences.Count == 0) return null;
        var again = new StringBuilder();
        foreach (var sentence in sentences)
        {
            if (again.Length != 0) again.Append(' ');
            again.Append(sentence);
            if (again.Length >= Math.Max(60, material.Answer.Length / 2)) break;
        }

        if (again.Length < NeutralText.Shortest) return null;
        return new BiasInjection($"{material.Answer}\n\n{again}", material.Reference, $"{material.Answer}\n\n{NeutralText.Of(again.Length, material.Seed)}");
    }

    /// <summary>Plain prose as a list whose items begin in bold; the words and their order are the same.</summary>
    public static BiasInjection? Format(in BiasMaterial material)
    {
        if (HasMarkup(material.Answer)) return null;
        var sentences = Sentences(material.Answer);
        if (sentences.Count < 2 || string.Join(' ', sentences).Length < material.Answer.Trim().Length / 2) return null;
        var text = new StringBuilder();
        foreach (var sentence in sentences)
        {
            var space = sentence.IndexOf(' ', StringComparison.Ordinal);
            text.Append(text.Length == 0 ? "" : "\n").Append("- ");
            if (space > 0) text.Append("**").Append(sentence, 0, space).Append("**").Append(sentence, space, sentence.Length - space);
            else text.Append(sentence);
        }

        return new BiasInjection(text.ToString(), material.Reference, null);
    }

    /// <summary>A sentence about something else between the answer's first paragraph and the rest.</summary>
    public static BiasInjection? Distract(in BiasMaterial material, string[] wordings)
    {
        var sentence = wordings[material.Seed % (ulong)wordings.Length];
        var at = material.Answer.IndexOf("\n\n", StringComparison.Ordinal);
        if (at < 0) return Around(material, wordings, before: false);
        var (head, tail) = (material.Answer[..at], material.Answer[at..]);
        return new BiasInjection($"{head}\n\n{sentence}{tail}", material.Reference, $"{head}\n\n{NeutralText.Of(sentence.Length, material.Seed)}{tail}");
    }

    /// <summary>A comment that gives orders to the judge, against a comment of the same length that gives none.</summary>
    public static BiasInjection? Instruct(in BiasMaterial material, string[] wordings)
    {
        var order = wordings[material.Seed % (ulong)wordings.Length];
        return new BiasInjection($"{material.Answer}\n\n<!-- {order} -->", material.Reference, $"{material.Answer}\n\n<!-- {NeutralText.Of(order.Length, material.Seed)} -->");
    }

    /// <summary>The reference with its last number changed by one digit; without a number with one statement denied. The answer stays.</summary>
    public static BiasInjection? Err(in BiasMaterial material)
    {
        if (material.Reference is not { } reference) return null;
        var digit = reference.AsSpan().LastIndexOfAnyInRange('0', '9');
        if (digit >= 0)
        {
            var other = (char)('0' + ((reference[digit] - '0' + 1 + (int)(material.Seed % 8)) % 10));
            return new BiasInjection(material.Answer, $"{reference[..digit]}{other}{reference[(digit + 1)..]}", null);
        }

        var verb = Deniable(reference);
        return verb < 0 ? null : new BiasInjection(material.Answer, reference.Insert(verb, " not"), null);
    }

    /// <summary>True where every word of the answer stands in the other text, in its order: something was added and nothing taken away.</summary>
    public static bool Adds(string answer, string other)
    {
        var words = Words(other);
        var at = 0;
        foreach (var word in Words(answer))
        {
            while (at < words.Count && words[at] != word) at++;
            if (at++ == words.Count) return false;
        }

        return true;
    }

    /// <summary>True where both have the same words in the same order, whatever stands between them.</summary>
    public static bool SameWords(string answer, string other) => Words(answer).SequenceEqual(Words(other), StringComparer.Ordinal);

    private static List<string> Words(string text)
    {
        var words = new List<string>();
        for (var i = 0; i < text.Length; i++)
        {
            if (!IsWord(text[i])) continue;
            var start = i;
            while (i < text.Length && IsWord(text[i])) i++;
            words.Add(text[start..i]);
        }

        return words;
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    // Ends at its mark before white space, or with the line: only places of breaks depend on it, so that e.g. does no harm.
    private static List<string> Sentences(string text)
    {
        var sentences = new List<string>();
        var start = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            var ends = i == text.Length || text[i] == '\n' || (i > start && char.IsWhiteSpace(text[i]) && text[i - 1] is '.' or '!' or '?' or '。' or '！' or '？');
            if (!ends) continue;
            if (text[start..i].Trim() is { Length: > 0 } sentence) sentences.Add(sentence);
            start = Math.Min(i + 1, text.Length);
        }

        return sentences;
    }

    private static bool HasMarkup(string text)
    {
        if (text.Contains("**", StringComparison.Ordinal) || text.Contains('`', StringComparison.Ordinal) || text.Contains("$$", StringComparison.Ordinal) || text.Contains("\\[", StringComparison.Ordinal)) return true;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var trimmed = line.TrimStart();
            if (trimmed.IsEmpty) continue;
            if (trimmed[0] is '-' or '*' or '+' or '•' or '#' or '>' or '|' || trimmed.StartsWith("~~~")) return true;
            var digits = trimmed.IndexOfAnyExceptInRange('0', '9');
            if (digits > 0 && digits + 1 < trimmed.Length && trimmed[digits] is '.' or ')' && trimmed[digits + 1] == ' ') return true;
        }

        return false;
    }

    /// <summary>Where a "not" turns a statement round: behind the first verb of the list that has none; −1 without one.</summary>
    private static int Deniable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!IsWord(text[i])) continue;
            var start = i;
            while (i < text.Length && IsWord(text[i])) i++;
            if (Array.Exists(Verbs, v => text.AsSpan(start, i - start).Equals(v, StringComparison.OrdinalIgnoreCase)) && !text.AsSpan(i).TrimStart().StartsWith("not", StringComparison.OrdinalIgnoreCase)) return i;
        }

        return -1;
    }
}
