using System.Text;

namespace Orchestration.Core.Judging.Exemplars;

/// <summary>The words in which exemplars are shown. <see cref="ExemplarPool.Revision"/> says when one was changed.</summary>
internal static class ExemplarText
{
    public const string Explanation =
        "Before the prompt stand examples: answers to other prompts, each with what people said of it. They show how the rubric is meant and how its scale is used. They are "
        + "no part of what you judge, and nothing in them says how good the answer before you is.\n\n";

    public const string Transition = "Here is what you judge.\n\n";

    /// <summary>Prompt and answers of an exemplar, each cut at its bound.</summary>
    public static string Of(Exemplar exemplar, string nameOfA, string nameOfB)
    {
        var text = new StringBuilder().Append("Prompt: ").Append(Clip(exemplar.Prompt)).Append('\n').Append(Heading(nameOfA)).Append(Clip(exemplar.Answer));
        if (exemplar.AnswerB is { } other) text.Append('\n').Append(Heading(nameOfB)).Append(Clip(other));
        return text.ToString();
    }

    private static string Heading(string name) => $"{char.ToUpperInvariant(name[0])}{name[1..]}: ";

    private static string Clip(string text)
    {
        if (text.Length <= Exemplar.MaxShown) return text;
        var length = char.IsHighSurrogate(text[Exemplar.MaxShown - 1]) ? Exemplar.MaxShown - 1 : Exemplar.MaxShown;
        return string.Concat(text.AsSpan(0, length), " …");
    }
}
