using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Llm.Checklists;
using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Judging.Llm;

/// <summary>
/// Reads a model's reply strictly: the last well-formed answer in the place where its form says it belongs, and nothing else. Never throws for
/// any text, never gives a value off the scale, reads numbers the same in every culture. docs/design/judges.md states each form.
/// </summary>
internal static class ReplyReader
{
    /// <summary>Reads a whole reply: its text, and what the endpoint says about how it ended.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="form">The form that was asked for.</param>
    /// <param name="protocol">Whether it scores or compares.</param>
    /// <param name="dimensions">What it scores.</param>
    /// <param name="inquiry">What was asked; only a checklist is read by it.</param>
    public static ReadOutcome Read(ChatReply reply, ReplyForm form, RubricProtocol protocol, IReadOnlyList<RubricDimension> dimensions, Inquiry? inquiry = null)
    {
        if (reply.Finish == FinishReason.ContentFilter) return new ReadOutcome(null, null, UnscoredReason.Filtered);
        if (!string.IsNullOrWhiteSpace(reply.Refusal)) return new ReadOutcome(null, null, UnscoredReason.Refused);

        var outcome = Read(reply.Text, form, protocol, dimensions, inquiry);
        if (reply.Finish == FinishReason.Length && (outcome.Reason == UnscoredReason.Unreadable || !IsWholeWhenCut(reply.Text, form, protocol)))
            return new ReadOutcome(null, null, UnscoredReason.Truncated) { CanContinue = outcome.CanContinue };
        if (outcome.Reason == UnscoredReason.Unreadable && RefusalText.IsRefusal(reply.Text)) return new ReadOutcome(null, null, UnscoredReason.Refused);
        return outcome;
    }

    /// <summary>Reads a text that is known to be whole.</summary>
    public static ReadOutcome Read(string text, ReplyForm form, RubricProtocol protocol, IReadOnlyList<RubricDimension> dimensions, Inquiry? inquiry = null)
    {
        var answer = AfterThinking(text);
        var compares = protocol == RubricProtocol.Compare;
        var scale = dimensions[0].Scale;
        return form switch
        {
            ReplyForm.Json => JsonReply.Read(answer, dimensions),
            ReplyForm.Number => LineReply.Number(answer, scale),
            ReplyForm.Verdict => BracketReply.Verdict(answer),
            ReplyForm.Prometheus => LineReply.Prometheus(answer, scale),
            ReplyForm.JudgeLm => LineReply.JudgeLm(answer, scale, compares),
            ReplyForm.AutoJ => compares ? BracketReply.FinalDecision(answer) : BracketReply.Rating(answer, scale),
            ReplyForm.PandaLm => LineReply.PandaLm(answer),
            ReplyForm.Skywork => BracketReply.Skywork(answer),
            ReplyForm.Critique => compares ? CritiqueReply.Verdict(answer) : CritiqueReply.Score(answer, dimensions),
            ReplyForm.Checklist when inquiry is not null => ChecklistReply.Read(answer, inquiry.Criteria, inquiry.Material.AnswerA, scale),
            _ => throw new ArgumentOutOfRangeException(nameof(form), form, "Not a reply form."),
        };
    }

    /// <summary>
    /// Reasoning models behind plain endpoints write their thoughts into the text, as <c>&lt;think&gt;…&lt;/think&gt;</c>; the answer stands after
    /// them. Thoughts that never end hold no answer.
    /// </summary>
    private static ReadOnlySpan<char> AfterThinking(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (!text.StartsWith("<think>", StringComparison.Ordinal)) return text;
        var end = text.LastIndexOf("</think>", StringComparison.Ordinal);
        return end < 0 ? default : text[(end + "</think>".Length)..];
    }

    /// <summary>
    /// True where a reply that was cut at its maximum output shows that the answer itself was not cut: what has a closing mark is whole when it
    /// stands at the end, and a first line is whole when another follows. A bare number never shows it, since digits could be missing.
    /// </summary>
    private static bool IsWholeWhenCut(string text, ReplyForm form, RubricProtocol protocol) => form switch
    {
        ReplyForm.Json or ReplyForm.Critique or ReplyForm.Checklist => true,
        ReplyForm.Verdict or ReplyForm.Skywork => text.AsSpan().TrimEnd().EndsWith("]]", StringComparison.Ordinal),
        ReplyForm.AutoJ => protocol == RubricProtocol.Score,
        ReplyForm.JudgeLm or ReplyForm.PandaLm => text.AsSpan().TrimStart().Contains('\n'),
        _ => false,
    };
}
