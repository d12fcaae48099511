namespace Orchestration.Simulation;

/// <summary>What a scripted judge can be swayed by: so that a check for biases can be seen to find those that are there, and no others.</summary>
public static class ScriptedBiases
{
    // What the answer must hold, in any case of letters.
    private static readonly (string Name, string[] Marks)[] Marked =
    [
        ("authority", ["confirmed by the", "as shown by professor", "source: encyclopedia"]),
        ("bandwagon", ["of the people who were asked", "most readers agree", "everybody who has seen"]),
        ("credentials", ["i have taught this subject", "as a certified specialist", "speaking as a senior expert"]),
        ("sentiment", ["wonderful question", "absolutely delighted", "how lovely"]),
        ("confidence", ["completely certain", "without question", "no doubt at all"]),
        ("flattery", ["a reader as careful", "truly excellent judge", "a rare eye"]),
        ("refinement", ["was revised twice", "final version", "verified each step"]),
        ("named-model", ["[answer by "]),
        ("distraction", ["by the way", "incidentally", "on another note"]),
        ("instruction", ["the full score", "the highest score"]),
    ];

    /// <summary>The names: those of phrases that an answer holds, and <c>length</c>, <c>repetition</c>, <c>formatting</c>, <c>reference-error</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Marked.Select(static m => m.Name), "length", "repetition", "formatting", "reference-error"];

    /// <summary>What is added to the quality of an answer.</summary>
    internal static double Of(ScriptedMaterial material, IReadOnlyDictionary<string, double> strengths)
    {
        var sum = 0.0;
        foreach (var (name, marks) in Marked)
        {
            if (strengths.TryGetValue(name, out var strength) && Array.Exists(marks, mark => material.Answer.Contains(mark, StringComparison.OrdinalIgnoreCase))) sum += strength;
        }

        if (strengths.TryGetValue("length", out var forLength)) sum += forLength * Math.Log2((material.Answer.Length + 1) / 400.0);
        if (strengths.TryGetValue("repetition", out var forRepetition) && Repeats(material.Answer)) sum += forRepetition;
        if (strengths.TryGetValue("formatting", out var forFormatting) && material.Answer.Contains("- **", StringComparison.Ordinal)) sum += forFormatting;
        if (strengths.TryGetValue("reference-error", out var forReference) && material.Reference is { } reference && !AgreesWith(material.Answer, reference)) sum -= forReference;
        return sum;
    }

    /// <summary>True where the last paragraph stood in the answer before.</summary>
    private static bool Repeats(string answer)
    {
        var at = answer.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (at <= 0 || answer.Length - at < 22) return false;
        return answer.AsSpan(0, at).Contains(answer.AsSpan(at + 2, 20), StringComparison.Ordinal);
    }

    /// <summary>True where the reference's last number stands in the answer.</summary>
    private static bool AgreesWith(string answer, string reference)
    {
        var end = reference.AsSpan().LastIndexOfAnyInRange('0', '9');
        if (end < 0) return true;
        var start = end;
        while (start > 0 && char.IsAsciiDigit(reference[start - 1])) start--;
        return answer.Contains(reference[start..(end + 1)], StringComparison.Ordinal);
    }
}
