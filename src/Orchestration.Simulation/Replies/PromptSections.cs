namespace Orchestration.Simulation.Replies;

/// <summary>
/// Finds prompt, reference and answers in a user message: between marker lines <c>[answer CODE]</c> and <c>[end of answer CODE]</c>, or between
/// tags <c>&lt;answer&gt;</c> and <c>&lt;/answer&gt;</c>. Where neither stands, the whole message is the answer.
/// </summary>
internal readonly record struct PromptSections(string Prompt, string? Reference, string First, string? Second)
{
    public static PromptSections Find(string user)
    {
        var prompt = Section(user, "prompt") ?? Section(user, "question") ?? "";
        var reference = Section(user, "reference");
        var first = Section(user, "answer A") ?? Section(user, "answer 1") ?? Section(user, "answer_a");
        var second = Section(user, "answer B") ?? Section(user, "answer 2") ?? Section(user, "answer_b");
        if (first is not null && second is not null) return new PromptSections(prompt, reference, first, second);
        return new PromptSections(prompt, reference, Section(user, "answer") ?? Section(user, "response") ?? user, null);
    }

    private static string? Section(string text, string name)
    {
        for (var at = text.IndexOf(name, StringComparison.Ordinal); at > 0; at = text.IndexOf(name, at + 1, StringComparison.Ordinal))
        {
            var close = text[at - 1];
            var after = at + name.Length;
            if (close == '<' && after < text.Length && text[after] == '>') return Between(text, after + 1, $"</{name}>");
            if (close == '[' && Marker(text, at - 1, after) is { } marker) return Between(text, marker.Start, marker.End);
        }

        // The marker may be the first thing in the message.
        return null;
    }

    /// <summary>A marker line has a name, one space, a code and a closing bracket at the line's end.</summary>
    private static (int Start, string End)? Marker(string text, int open, int after)
    {
        if (after >= text.Length || text[after] != ' ' || (open > 0 && text[open - 1] != '\n')) return null;
        var lineEnd = text.IndexOf('\n', after);
        if (lineEnd < 0 || text[lineEnd - 1] != ']') return null;
        var code = text.AsSpan(after + 1, lineEnd - after - 2);
        if (code.IsEmpty || code.Contains(' ')) return null;
        return (lineEnd + 1, string.Concat("\n[end of ", text.AsSpan(open + 1, lineEnd - open - 1)));
    }

    private static string? Between(string text, int start, string end)
    {
        var at = text.IndexOf(end, Math.Max(start - 1, 0), StringComparison.Ordinal);
        return at < 0 ? null : text[start..Math.Max(at, start)];
    }
}
