using System.Buffers;
using Orchestration.Core.Pairs;

namespace Orchestration.Core.Judging.Llm;

/// <summary>Reply forms whose answer stands in double brackets, and Auto-J's decision, which is a sentence.</summary>
internal static class BracketReply
{
    // The longest mark is a rating of many digits; anything longer between double brackets is a list or a link.
    private const int MaxMark = 40;

    private const string Decision = "final decision is ";

    private static readonly SearchValues<char> VerdictCharacters = SearchValues.Create("AB<>=");

    // What may follow Auto-J's answer, which ends its reply.
    private static readonly SearchValues<char> Closing = SearchValues.Create(" \t\r\n.*\"'");

    /// <summary>
    /// A verdict like <c>[[A&gt;B]]</c>, <c>[[A&gt;&gt;B]]</c> or <c>[[A=B]]</c>, once or several times the same. Different ones (also
    /// <c>[[A&gt;B]]</c> beside <c>[[A&gt;&gt;B]]</c>) leave open which of them is meant, and are unreadable.
    /// </summary>
    public static ReadOutcome Verdict(ReadOnlySpan<char> text) => Single(text, static mark => !mark.ContainsAnyExcept(VerdictCharacters), static mark =>
        mark.Length > 1 ? PreferenceText.Parse(mark) : null);

    /// <summary>Skywork critics: <c>[[A]]</c> or <c>[[B]]</c>, and <c>[[C]]</c> for a tie; different ones are unreadable.</summary>
    public static ReadOutcome Skywork(ReadOnlySpan<char> text) => Single(text, static mark => mark is "A" or "B" or "C", static mark => mark switch
    {
        "A" => Preference.A,
        "B" => Preference.B,
        _ => Preference.Tie,
    });

    /// <summary>Auto-J's rating: the reply ends with <c>[[n]]</c>; full stop, quotation marks and asterisks may follow.</summary>
    public static ReadOutcome Rating(ReadOnlySpan<char> text, Scale scale)
    {
        var end = text.LastIndexOfAnyExcept(Closing) + 1;
        if (!text[..end].EndsWith("]]", StringComparison.Ordinal)) return ReadOutcome.Unreadable;
        var start = text[..end].LastIndexOf("[[", StringComparison.Ordinal);
        if (start < 0 || !ReplyNumber.TryRead(text[(start + 2)..(end - 2)].Trim(), out var value)) return ReadOutcome.Unreadable;
        return LineReply.OnScale(value, scale, text[..start]);
    }

    /// <summary>Auto-J's decision: the reply ends with <c>final decision is Response 1</c>, <c>Response 2</c> or <c>Tie</c>.</summary>
    public static ReadOutcome FinalDecision(ReadOnlySpan<char> text)
    {
        var start = text.LastIndexOf(Decision, StringComparison.OrdinalIgnoreCase);
        if (start < 0) return ReadOutcome.Unreadable;
        var choice = text[(start + Decision.Length)..];
        choice = choice[..(choice.LastIndexOfAnyExcept(Closing) + 1)].TrimStart(" *\"'");
        double value;
        if (choice.Equals("response 1", StringComparison.OrdinalIgnoreCase)) value = 1;
        else if (choice.Equals("response 2", StringComparison.OrdinalIgnoreCase)) value = -1;
        else if (choice.Equals("tie", StringComparison.OrdinalIgnoreCase)) value = 0;
        else return ReadOutcome.Unreadable;
        return ReadOutcome.Of([value], text[..start]);
    }

    private delegate bool IsMark(ReadOnlySpan<char> mark);

    private delegate Preference? Meaning(ReadOnlySpan<char> mark);

    private static ReadOutcome Single(ReadOnlySpan<char> text, IsMark isMark, Meaning meaning)
    {
        ReadOnlySpan<char> only = default;
        for (var at = 0; ;)
        {
            var open = text[at..].IndexOf("[[", StringComparison.Ordinal);
            if (open < 0) break;
            at += open + 2;
            var close = text[at..Math.Min(text.Length, at + MaxMark)].IndexOf("]]", StringComparison.Ordinal);
            if (close <= 0) continue;
            var mark = text.Slice(at, close);
            if (!isMark(mark)) continue;
            if (only.IsEmpty) only = mark;
            else if (!only.SequenceEqual(mark)) return ReadOutcome.Unreadable;
        }

        if (only.IsEmpty) return ReadOutcome.Unreadable with { CanContinue = true };
        return meaning(only) is { } preference ? ReadOutcome.Of([(int)preference], text) : ReadOutcome.Unreadable;
    }
}
