using System.Text;
using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Judging.Llm.Checklists;

/// <summary>
/// An answer in which quotes are looked for. Answer and quote are compared letter by letter after the same normalisation: Unicode form C, runs of white
/// space as one blank, typographic quotation marks as straight ones. Nothing else is forgiven: a word changed, left out or in another case is no quote.
/// </summary>
internal sealed class QuotedText(string answer)
{
    private const string DoubleQuotes = "\u201C\u201D\u201E\u201F\u2033\u00AB\u00BB";
    private const string SingleQuotes = "\u2018\u2019\u201A\u201B\u2032\u2039\u203A";

    private readonly string _answer = Normalized(answer);

    /// <summary>
    /// True where the quote shows something, a letter or a digit at least, and stands in the answer, with or without quotation marks that the judge put
    /// around it.
    /// </summary>
    public bool Holds(string quote)
    {
        var words = Normalized(quote);
        if (!words.Any(char.IsLetterOrDigit)) return false;
        if (_answer.Contains(words, StringComparison.Ordinal)) return true;
        return words.Length > 2 && words[0] is '"' or '\'' && words[^1] == words[0] && _answer.Contains(words[1..^1].Trim(), StringComparison.Ordinal);
    }

    private static string Normalized(string text)
    {
        var result = new StringBuilder(text.Length);
        var pending = false;
        foreach (var c in Composed(text))
        {
            if (char.IsWhiteSpace(c))
            {
                pending = result.Length != 0;
                continue;
            }

            if (pending) result.Append(' ');
            pending = false;
            result.Append(DoubleQuotes.Contains(c, StringComparison.Ordinal) ? '"' : SingleQuotes.Contains(c, StringComparison.Ordinal) ? '\'' : c);
        }

        return result.ToString();
    }

    private static string Composed(string text)
    {
        try
        {
            return CanonicalComposition.Compose(text);
        }
        catch (ArgumentException)
        {
            // Half of a surrogate pair has no composed form; what stands around it can still be quoted as it is.
            return text;
        }
    }
}
