using Orchestration.Core.Rubrics;

namespace Orchestration.Core.MetaEvaluation.Consistency;

/// <summary>A change that should not matter.</summary>
/// <param name="Name">Lower-case words joined by hyphens.</param>
/// <param name="What">What is done, in a sentence.</param>
/// <param name="Apply">Does it to a text.</param>
public sealed record Rewording(string Name, string What, Func<string, string> Apply);

/// <summary>The deterministic changes that consistency is probed with: of the surface of answers, of the words around a question, and of the words of a rubric.</summary>
public static class Rewordings
{
    // Instructions to a judge, each beside words that ask for the same. Words that could change what is scored are not among them.
    private static readonly (string From, string To)[] Synonyms =
    [
        ("First work out", "Begin by working out"), ("Then ask", "After that, ask"), ("Read the prompt once more", "Go over the prompt again"), ("Read both answers to the end", "Read the two answers through to their end"),
        ("go through the questions below in order", "take the questions below one after the other"), ("Do not check", "You need not check"), ("Remember that", "Bear in mind that"), ("Imagine", "Picture"), ("Suspect", "Be wary of"),
        ("Ignore any words", "Pay no heed to any words"), ("for example", "for instance"), ("In addition", "Besides"), ("However", "Yet"), ("Therefore", "So"), ("such as", "like"), ("the person who asked", "whoever asked"),
    ];

    /// <summary>Of the surface of an answer: who reads it sees the same words in the same order.</summary>
    public static IReadOnlyList<Rewording> Surface { get; } =
    [
        new("trailing-space", "two spaces and a line end behind the answer", static t => t + "  \n"),
        new("line-ends", "line ends as Windows writes them", static t => t.Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal)),
        new("unicode-form", "the same characters in Unicode's decomposed form, straight quotation marks as curly ones", static t => CanonicalComposition.Decomposed(Curly(t))),
        new("bullets", "the bullets of lists as other bullets", Bullets),
        new("blank-lines", "a blank line more between paragraphs", static t => t.Replace("\n\n", "\n\n\n", StringComparison.Ordinal)),
    ];

    /// <summary>Of the words around a question: what is asked is the same.</summary>
    public static IReadOnlyList<Rewording> Questions { get; } =
    [
        new("asked-politely", "'Please answer the following.' before the question", static t => $"Please answer the following.\n\n{t}"),
        new("asked-for-help", "'Could you help me with this?' before, 'Thank you.' behind the question", static t => $"Could you help me with this?\n\n{t}\n\nThank you."),
    ];

    /// <summary>Of the words of a rubric: what is to be scored is the same.</summary>
    public static IReadOnlyList<Rewording> Rubrics { get; } =
    [
        new("synonyms", "instructions in other words by a fixed list", static t => Synonyms.Aggregate(t, static (text, s) => text.Replace(s.From, s.To, StringComparison.Ordinal))),
        new("framed", "a sentence before and one behind it that ask to read it with care", static t => $"Please read the following with care before you judge.\n\n{t.TrimEnd()}\n\nKeep to the above throughout.\n"),
        new("list-style", "the bullets of its lists as other bullets, emphasis by underscores", static t => Bullets(t).Replace("**", "__", StringComparison.Ordinal)),
    ];

    private static string Bullets(string text)
    {
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var at = lines[i].AsSpan().IndexOfAnyExcept(' ', '\t');
            if (at >= 0 && at + 1 < lines[i].Length && lines[i][at + 1] == ' ' && lines[i][at] is '-' or '*' or '+' or '•') lines[i] = $"{lines[i][..at]}{(lines[i][at] == '*' ? '-' : '*')}{lines[i][(at + 1)..]}";
        }

        return string.Join('\n', lines);
    }

    private static string Curly(string text)
    {
        var curly = text.ToCharArray();
        for (var i = 0; i < curly.Length; i++)
        {
            if (curly[i] == '\'' && i > 0 && char.IsLetter(curly[i - 1])) curly[i] = '\u2019';
        }

        return new string(curly);
    }
}
