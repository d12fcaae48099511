using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Judging.Llm;

/// <summary>Reply forms whose answer is a number or a choice on a line of its own, or at the very end.</summary>
internal static class LineReply
{
    private const string Result = "[RESULT]";

    /// <summary>The whole reply is one number, or its last line is <c>Score: n</c> (asterisks of Markdown are passed over there).</summary>
    public static ReadOutcome Number(ReadOnlySpan<char> text, Scale scale)
    {
        text = text.Trim();
        if (ReplyNumber.TryRead(text, out var alone)) return OnScale(alone, scale, default);

        var start = text.LastIndexOf('\n') + 1;
        Span<char> line = stackalloc char[64];
        if (text.Length - start > line.Length) return ReadOutcome.Unreadable;
        var length = 0;
        foreach (var c in text[start..])
        {
            if (c != '*') line[length++] = c;
        }

        ReadOnlySpan<char> last = line[..length];
        last = last.Trim();
        if (!last.StartsWith("score:", StringComparison.OrdinalIgnoreCase)) return ReadOutcome.Unreadable;
        return ReplyNumber.TryRead(last["score:".Length..].Trim(), out var value) ? OnScale(value, scale, text[..start]) : ReadOutcome.Unreadable;
    }

    /// <summary>Prometheus: the reply ends with <c>[RESULT] n</c>; what stands before it is the feedback.</summary>
    public static ReadOutcome Prometheus(ReadOnlySpan<char> text, Scale scale)
    {
        var mark = text.LastIndexOf(Result, StringComparison.Ordinal);
        if (mark < 0 || !ReplyNumber.TryRead(text[(mark + Result.Length)..].Trim(), out var value)) return ReadOutcome.Unreadable;
        var feedback = text[..mark].Trim();
        if (feedback.StartsWith("Feedback:", StringComparison.OrdinalIgnoreCase)) feedback = feedback["Feedback:".Length..];
        return OnScale(value, scale, feedback);
    }

    /// <summary>
    /// JudgeLM: the first line holds one number for each answer and nothing else. Two are apart by white space, with or without a comma before it;
    /// <c>3,5</c> is neither two numbers nor one. A comparison's verdict is which of the two is greater.
    /// </summary>
    public static ReadOutcome JudgeLm(ReadOnlySpan<char> text, Scale scale, bool compares)
    {
        var line = FirstLine(text, out var rest);
        if (!compares) return ReplyNumber.TryRead(line, out var only) ? OnScale(only, scale, rest) : ReadOutcome.Unreadable;

        var space = line.IndexOfAny(' ', '\t');
        if (space < 0) return ReadOutcome.Unreadable;
        var first = line[..space];
        if (first.EndsWith(',')) first = first[..^1];
        if (!ReplyNumber.TryRead(first, out var a) || !ReplyNumber.TryRead(line[space..].Trim(), out var b)) return ReadOutcome.Unreadable;
        if (!scale.Contains(a) || !scale.Contains(b)) return ReadOutcome.OffScale;
        var better = a.CompareTo(b) * (scale.Direction == Direction.HigherIsBetter ? 1 : -1);
        return ReadOutcome.Of([better], rest);
    }

    /// <summary>PandaLM: the first line is <c>1</c>, <c>2</c> or <c>Tie</c>.</summary>
    public static ReadOutcome PandaLm(ReadOnlySpan<char> text)
    {
        var line = FirstLine(text, out var rest);
        if (line is "1") return ReadOutcome.Of([1], rest);
        if (line is "2") return ReadOutcome.Of([-1], rest);
        return line.Equals("tie", StringComparison.OrdinalIgnoreCase) ? ReadOutcome.Of([0], rest) : ReadOutcome.Unreadable;
    }

    private static ReadOnlySpan<char> FirstLine(ReadOnlySpan<char> text, out ReadOnlySpan<char> rest)
    {
        text = text.Trim();
        var end = text.IndexOf('\n');
        rest = end < 0 ? default : text[(end + 1)..];
        return end < 0 ? text : text[..end].TrimEnd();
    }

    internal static ReadOutcome OnScale(double value, Scale scale, ReadOnlySpan<char> rationale) =>
        scale.Contains(value) ? ReadOutcome.Of([value], rationale) : ReadOutcome.OffScale;
}
