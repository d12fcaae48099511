using Orchestration.Core.Judging;

namespace Orchestration.Simulation.Replies;

/// <summary>The forms of reply that the script knows.</summary>
internal enum ReplyShape
{
    /// <summary>No judging at all: an answer to a prompt.</summary>
    Answer,

    /// <summary>A JSON object.</summary>
    Json,

    /// <summary>A number alone.</summary>
    Number,

    /// <summary><c>[[A&gt;B]]</c> and its like.</summary>
    Verdict,

    /// <summary><c>[[A]]</c>, <c>[[B]]</c> or <c>[[C]]</c>.</summary>
    Letter,

    /// <summary><c>Rating: [[n]]</c>.</summary>
    Rating,

    /// <summary><c>So, the final decision is Response 1</c>.</summary>
    Decision,

    /// <summary><c>Feedback: … [RESULT] n</c>.</summary>
    Result,

    /// <summary>A first line with one number.</summary>
    FirstLine,

    /// <summary>A first line with two numbers.</summary>
    TwoNumbers,

    /// <summary>A first line with 1, 2 or Tie.</summary>
    OneTwoTie,

    /// <summary>A JSON object with a critique of each answer and a verdict.</summary>
    CritiqueVerdict,

    /// <summary>A JSON object with quotes and a verdict for each criterion.</summary>
    Checklist,
}

/// <summary>
/// What a call's instructions ask for. Found in the part behind the last heading <c>Reply</c> where there is one, else in the whole system
/// message, so that a rubric that speaks of other forms does not mislead.
/// </summary>
internal sealed record ReplyPlan(ReplyShape Shape, Scale Scale, ReplyField? Json, ulong JudgeSeed)
{
    private static readonly Scale Default = new(0, 10, 0.1);

    public bool Compares => Shape is ReplyShape.Verdict or ReplyShape.Letter or ReplyShape.Decision or ReplyShape.TwoNumbers or ReplyShape.OneTwoTie or ReplyShape.CritiqueVerdict;

    /// <summary>The criteria of a checklist; empty for any other shape.</summary>
    public IReadOnlyList<string> Criteria { get; private init; } = [];

    public static ReplyPlan For(string system, string? responseFormat, string? schema)
    {
        var heading = system.LastIndexOf("## Reply", StringComparison.Ordinal);
        var instructions = heading < 0 ? system : system[(heading + "## Reply".Length)..];
        var scale = ScaleText.Find(instructions) ?? ScaleText.Find(system) ?? Default;
        var seed = ContentHash.Of(system);
        var described = schema is null ? null : ReplyField.FromSchema(schema, scale);
        var criteria = described is null ? ChecklistScript.Listed(system) : ChecklistScript.Described(described);
        if (criteria.Count != 0) return new ReplyPlan(ReplyShape.Checklist, scale, null, seed) { Criteria = criteria };
        if (described?.Fields.Any(static f => f.Name == "critique_a") == true) return new ReplyPlan(ReplyShape.CritiqueVerdict, scale, null, seed);
        if (described is not null) return new ReplyPlan(ReplyShape.Json, scale, described, seed);
        if (Spoken(instructions) is { } shape) return new ReplyPlan(shape, shape == ReplyShape.Number && Says(instructions, "one digit") ? scale with { Step = 1 } : scale, null, seed);
        if (ReplyField.FromExample(instructions, scale) is { } example) return new ReplyPlan(ReplyShape.Json, scale, example, seed);
        if (Says(instructions, "one digit") || Says(instructions, "single digit")) return new ReplyPlan(ReplyShape.Number, scale with { Step = 1 }, null, seed);
        if (Says(instructions, "score alone") || Says(instructions, "only the score") || Says(instructions, "only a number") || Says(instructions, "number only"))
            return new ReplyPlan(ReplyShape.Number, scale, null, seed);
        if (responseFormat == "json_object")
            return new ReplyPlan(ReplyShape.Json, scale, ReplyField.FromExample("{\"rationale\": \"\", \"score\": 0}", scale), seed);
        return new ReplyPlan(ReplyShape.Answer, scale, null, seed);
    }

    private static ReplyShape? Spoken(string text)
    {
        if (Says(text, "\"critique_a\"")) return ReplyShape.CritiqueVerdict;
        if (Says(text, "[[A>B]]")) return ReplyShape.Verdict;
        if (Says(text, "[[A]]")) return ReplyShape.Letter;
        if (Says(text, "final decision is")) return ReplyShape.Decision;
        if (Says(text, "[RESULT]")) return ReplyShape.Result;
        if (Says(text, "Rating: [[")) return ReplyShape.Rating;
        if (!Says(text, "first line")) return null;
        if (Says(text, "two numbers")) return ReplyShape.TwoNumbers;
        return Says(text, " Tie ") ? ReplyShape.OneTwoTie : ReplyShape.FirstLine;
    }

    private static bool Says(string text, string words) => text.Contains(words, StringComparison.Ordinal);
}
