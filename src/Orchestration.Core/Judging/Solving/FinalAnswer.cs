using System.Buffers;
using System.Text;
using Orchestration.Core.Judging.Code;
using Orchestration.Core.Pairs;

namespace Orchestration.Core.Judging.Solving;

/// <summary>How a final answer is marked in a text.</summary>
public enum AnswerForm
{
    /// <summary>An option's letter five times over (<c>FFFFF</c>), as JudgeBench's questions ask for.</summary>
    Letters,

    /// <summary>The last <c>\boxed{…}</c>.</summary>
    Boxed,

    /// <summary>The line after the last <c>####</c>.</summary>
    Hashes,

    /// <summary>The last text between double asterisks.</summary>
    Bold,

    /// <summary>The last line that begins with <c>Answer:</c>, of any case, in bold or not.</summary>
    Line,
}

/// <summary>
/// The final answer of a text, so that code can say whether it is the right one. Nothing is guessed: where a text marks none, there is none. docs/consistency.md has the rules.
/// </summary>
/// <param name="Form">How it is marked.</param>
/// <param name="Value">Its text, never empty.</param>
public sealed record FinalAnswer(AnswerForm Form, string Value)
{
    /// <summary>Raised whenever a rule of reading or comparing changes.</summary>
    public const int Revision = 2;

    /// <summary>Longer than this it is no final answer but prose.</summary>
    private const int MostCharacters = 200;

    private static readonly SearchValues<char> Symbols = SearchValues.Create("+-*/^=<>\\{}_%.");

    private static readonly AnswerForm[] Marked = [AnswerForm.Letters, AnswerForm.Boxed, AnswerForm.Hashes, AnswerForm.Bold];

    /// <summary>The final answer of a text in this form; null where it marks none.</summary>
    public static FinalAnswer? Read(string text, AnswerForm form)
    {
        ArgumentNullException.ThrowIfNull(text);
        var found = form switch
        {
            AnswerForm.Letters => Letters(text),
            AnswerForm.Boxed => Boxed(text),
            AnswerForm.Hashes => After(text, "####"),
            AnswerForm.Bold => Bold(text),
            _ => AnswerLine(text),
        };
        found = found?.Trim();
        return string.IsNullOrEmpty(found) || found.Length > MostCharacters ? null : new FinalAnswer(form, found);
    }

    /// <summary>
    /// What is right, from two answers of which one is known to be better: their final answers in the first form that both mark, where they differ. Null where code cannot tell the two apart.
    /// </summary>
    public static FinalAnswer? OfBetter(string better, string worse)
    {
        foreach (var form in Marked)
        {
            if (Read(better, form) is not { } right || Read(worse, form) is not { } wrong) continue;

            // As it will be read back from what is kept with the question.
            return right.IsSame(wrong.Value) ? null : OfReference(right.ToText());
        }

        return null;
    }

    /// <summary>What is right, from a reference: its marked answer, or the whole of a reference that is one short line.</summary>
    public static FinalAnswer? OfReference(string reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        foreach (var form in Marked)
        {
            if (Read(reference, form) is { } found) return found;
        }

        var text = reference.Trim();
        return text.Length is 0 or > 100 || text.Contains('\n', StringComparison.Ordinal) ? null : new FinalAnswer(AnswerForm.Line, text);
    }

    /// <summary>The text that marks this answer and nothing else, as it is kept with a question.</summary>
    public string ToText() => Form switch
    {
        AnswerForm.Letters => new string(Value[0], 5),
        AnswerForm.Boxed => $"\\boxed{{{Value}}}",
        AnswerForm.Hashes => $"#### {Value}",
        AnswerForm.Bold => $"**{Value}**",
        _ => Value,
    };

    /// <summary>Whether a text's final answer is this one; null where it marks none in this form.</summary>
    public bool? IsIn(string text) => Read(text, Form) is { } given ? IsSame(given.Value) : null;

    /// <summary>Same after SQuAD's normalisation (exact-match), or as numbers (numeric-match), where both are nothing but a number.</summary>
    private bool IsSame(string other)
    {
        if (Plain(Value) is var mine && Plain(other) is var theirs && string.Equals(mine, theirs, StringComparison.Ordinal)) return true;
        if (Form == AnswerForm.Letters) return false;
        if (IsNumber(mine) && IsNumber(theirs)) return Is("numeric-match", mine, theirs);
        return !HasSymbols(mine) && !HasSymbols(theirs) && Is("exact-match", Value, other);
    }

    private static bool Is(string judge, string reference, string answer) =>
        CodeJudges.Find(judge)!.Score(new Pair { Id = "", Group = "", Prompt = "?", Answer = answer, Reference = reference }) is { IsScored: true, Value: 1 };

    // Deleting punctuation would make -1 of 1 and x+1 of x1: what holds mathematics is compared as it stands.
    private static bool HasSymbols(string text) => text.AsSpan().ContainsAny(Symbols);

    private static bool IsNumber(string text) => text.Length != 0 && text.Any(char.IsAsciiDigit) && text.All(static c => char.IsAsciiDigit(c) || c is '.' or ',' or '-' or '/' or '%' or '$' or ' ');

    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var c in text.Replace("\\dfrac", "\\frac", StringComparison.Ordinal).Replace("\\tfrac", "\\frac", StringComparison.Ordinal))
        {
            if (!char.IsWhiteSpace(c) && c != '$') plain.Append(char.ToLowerInvariant(c));
        }

        return plain.ToString().Trim('"', '\'', '.', ';', ':');
    }

    private static string? Letters(string text)
    {
        for (var end = text.Length; end >= 5; end--)
        {
            var run = text.AsSpan(end - 5, 5);
            if (!char.IsAsciiLetterUpper(run[0]) || run.IndexOfAnyExcept(run[0]) >= 0) continue;
            var isWhole = (end == text.Length || !char.IsLetterOrDigit(text[end])) && (end == 5 || !char.IsLetterOrDigit(text[end - 6]));
            if (isWhole) return run[..1].ToString();
        }

        return null;
    }

    private static string? Boxed(string text)
    {
        const string Mark = "\\boxed{";
        var at = text.LastIndexOf(Mark, StringComparison.Ordinal);
        if (at < 0) return null;
        var depth = 1;
        for (var i = at + Mark.Length; i < text.Length; i++)
        {
            depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
            if (depth == 0) return text[(at + Mark.Length)..i];
        }

        return null;
    }

    private static string? After(string text, string mark)
    {
        var at = text.LastIndexOf(mark, StringComparison.Ordinal);
        if (at < 0) return null;
        var rest = text.AsSpan(at + mark.Length);
        var end = rest.IndexOf('\n');
        return (end < 0 ? rest : rest[..end]).ToString();
    }

    private static string? Bold(string text)
    {
        var end = text.LastIndexOf("**", StringComparison.Ordinal);
        while (end > 1)
        {
            var start = text.LastIndexOf("**", end - 1, StringComparison.Ordinal);
            if (start < 0) return null;
            var inside = text.AsSpan(start + 2, Math.Max(0, end - start - 2));
            if (!inside.Trim().IsEmpty && !inside.Contains('\n')) return inside.ToString();
            end = start;
        }

        return null;
    }

    private static string? AnswerLine(string text)
    {
        var last = (string?)null;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            // In bold as models write it: the whole line, the word, or the word and its colon.
            var trimmed = line.Trim().TrimStart('*').TrimStart();
            if (!trimmed.StartsWith("Answer", StringComparison.OrdinalIgnoreCase)) continue;
            var rest = trimmed[6..].TrimStart('*').TrimStart();
            if (rest.StartsWith(':')) last = rest[1..].Trim().Trim('*').ToString();
        }

        return last;
    }
}
