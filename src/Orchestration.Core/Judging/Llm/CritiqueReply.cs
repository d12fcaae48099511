using System.Text.Json;
using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Judging.Llm;

/// <summary>
/// Reads a critique and the judgment behind it: <c>{"strengths": …, "weaknesses": …, "suggestion": …, "score": n}</c>, with <c>"scores"</c> for several
/// dimensions; of a comparison <c>{"critique_a": …, "critique_b": …, "suggestion": …, "verdict": "A"}</c>. A reply without any critique is unreadable: it
/// is what was asked for.
/// </summary>
internal static class CritiqueReply
{
    /// <summary>The members of a critique of one answer, with their headings in a rationale.</summary>
    public static readonly (string Member, string Heading)[] OfScore = [("strengths", "Strengths"), ("weaknesses", "Weaknesses"), ("suggestion", "Suggestion")];

    /// <summary>The members of a critique of two answers.</summary>
    public static readonly (string Member, string Heading)[] OfComparison = [("critique_a", "Answer A"), ("critique_b", "Answer B"), ("suggestion", "Suggestion")];

    public static ReadOutcome Score(ReadOnlySpan<char> text, IReadOnlyList<RubricDimension> dimensions)
    {
        using var reply = JsonObjects.Last(text);
        if (reply is null) return ReadOutcome.Unreadable;
        var root = reply.RootElement;
        var values = new double[dimensions.Count];
        var scores = root;
        if (dimensions.Count > 1 && (!root.TryGetProperty("scores", out scores) || scores.ValueKind != JsonValueKind.Object)) return ReadOutcome.Unreadable;
        for (var d = 0; d < values.Length; d++)
        {
            if (!scores.TryGetProperty(dimensions.Count == 1 ? "score" : dimensions[d].Name!, out var score) || score.ValueKind != JsonValueKind.Number) return ReadOutcome.Unreadable;

            // A number too large for a double is off every scale. Adding zero turns −0 into 0.
            values[d] = (score.TryGetDouble(out var value) ? value : double.PositiveInfinity) + 0.0;
        }

        if (Words(root, OfScore) is not { } critique) return ReadOutcome.Unreadable;
        for (var d = 0; d < values.Length; d++)
        {
            if (!dimensions[d].Scale.Contains(values[d])) return ReadOutcome.OffScale;
        }

        return ReadOutcome.Of(values, critique);
    }

    public static ReadOutcome Verdict(ReadOnlySpan<char> text)
    {
        using var reply = JsonObjects.Last(text);
        if (reply is null || Words(reply.RootElement, OfComparison) is not { } critique) return ReadOutcome.Unreadable;
        return JsonObjects.Text(reply.RootElement, "verdict") switch
        {
            "A" => ReadOutcome.Of([1], critique),
            "B" => ReadOutcome.Of([-1], critique),
            "tie" or "Tie" => ReadOutcome.Of([0], critique),
            _ => ReadOutcome.Unreadable,
        };
    }

    private static string? Words(JsonElement root, (string Member, string Heading)[] members)
    {
        var lines = new List<string>(members.Length);
        foreach (var (member, heading) in members)
        {
            if (!root.TryGetProperty(member, out var value)) continue;
            var words = value.ValueKind == JsonValueKind.Array
                ? string.Join("; ", value.EnumerateArray().Select(JsonObjects.Text).Where(static t => !string.IsNullOrWhiteSpace(t)).Select(static t => t!.Trim()))
                : JsonObjects.Text(value)?.Trim();
            if (!string.IsNullOrEmpty(words)) lines.Add($"{heading}: {words}");
        }

        return lines.Count == 0 ? null : string.Join('\n', lines);
    }
}
