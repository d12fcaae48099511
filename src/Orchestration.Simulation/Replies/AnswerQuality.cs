namespace Orchestration.Simulation.Replies;

/// <summary>
/// Guesses how good an answer is, 0–1, from what can be seen of it. Nobody should learn anything about answers from this; it makes the scores
/// of a demonstration move with the answers instead of at random.
/// </summary>
internal static class AnswerQuality
{
    private const int MaxTerms = 12;

    private static readonly string[] Declines = ["I can't help", "I cannot help", "I'm sorry", "I am sorry", "As an AI", "I don't know"];

    /// <summary>
    /// Weighted: how well the length fits the prompt's demand (0.4), how many of the prompt's longer words it takes up (0.25), with a reference
    /// how many of its words (within that share), whether it ends as a sentence does (0.1), and a part that lies in the content alone (0.25). Declining
    /// to answer costs 0.3.
    /// </summary>
    public static double Estimate(ScriptedMaterial material, ulong seed)
    {
        var answer = material.Answer.AsSpan().Trim();
        if (answer.IsEmpty) return 0;
        var demand = 160 + (3.0 * Math.Min(material.Prompt.Length, 400));
        var offset = Math.Log(answer.Length / demand) / 1.4;
        var fit = Math.Exp(-0.5 * offset * offset);
        var overlap = Overlap(material.Prompt, answer);
        if (material.Reference is { } reference) overlap = (overlap + (3 * Overlap(reference, answer))) / 4;
        var ending = answer[^1] is '.' or '!' or '?' or '`' or ')' or '|' ? 1 : 0;
        var own = ContentHash.Unit(ContentHash.Of(material.Answer, ContentHash.Of(material.Prompt, seed)));
        var quality = (0.4 * fit) + (0.25 * overlap) + (0.1 * ending) + (0.25 * own);
        return Math.Clamp(quality - (IsDeclined(answer) ? 0.3 : 0), 0, 1);
    }

    /// <summary>Share of the first dozen words of five and more letters that the answer holds.</summary>
    private static double Overlap(string source, ReadOnlySpan<char> answer)
    {
        var (terms, found) = (0, 0);
        var rest = source.AsSpan();
        while (!rest.IsEmpty && terms < MaxTerms)
        {
            var start = 0;
            while (start < rest.Length && !char.IsLetterOrDigit(rest[start])) start++;
            var end = start;
            while (end < rest.Length && char.IsLetterOrDigit(rest[end])) end++;
            var word = rest[start..end];
            rest = rest[end..];
            if (word.Length < 5) continue;
            terms++;

            // The first letter may be a capital in one of them.
            if (answer.Contains(word[1..], StringComparison.Ordinal)) found++;
        }

        return terms == 0 ? 0.5 : (double)found / terms;
    }

    private static bool IsDeclined(ReadOnlySpan<char> answer)
    {
        var head = answer[..Math.Min(answer.Length, 120)];
        foreach (var words in Declines)
        {
            if (head.Contains(words, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }
}
