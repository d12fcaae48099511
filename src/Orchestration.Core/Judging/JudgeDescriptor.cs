namespace Orchestration.Core.Judging;

/// <summary>What makes a judge's scores.</summary>
public enum JudgeKind
{
    /// <summary>Deterministic code.</summary>
    Code,

    /// <summary>A rubric over a language model.</summary>
    Llm,

    /// <summary>A reward model behind an HTTP endpoint.</summary>
    Reward,

    /// <summary>Recorded judgments.</summary>
    Replay,

    /// <summary>Several judges over one rubric, in rounds.</summary>
    Panel,
}

/// <summary>One thing a judge scores.</summary>
/// <param name="Name">The column's name in results: the judge's id, or <c>judge/dimension</c> where the judge has several.</param>
/// <param name="Scale">Its stated scale; null where it has no bounds (reward models), which leaves it out of every aggregate.</param>
public sealed record JudgeDimension(string Name, Scale? Scale);

/// <summary>What is fixed of a judge when a sweep starts.</summary>
public sealed record JudgeDescriptor
{
    /// <summary>The judge's id, as in results (<c>relevance</c>, <c>truthfulness@gpt-mini</c>).</summary>
    public required string Id { get; init; }

    /// <summary>What makes its scores.</summary>
    public required JudgeKind Kind { get; init; }

    /// <summary>
    /// Hash of everything that decides what it says: kind, code version or rubric text, model (publisher, name, snapshot), parameters,
    /// protocol and exemplars; never an endpoint, a deployment's name or a key.
    /// </summary>
    public required Hash128 Version { get; init; }

    /// <summary>What it scores; at least one.</summary>
    public required IReadOnlyList<JudgeDimension> Dimensions { get; init; }

    /// <summary>True where a pair without a reference cannot be judged.</summary>
    public bool NeedsReference { get; init; }

    /// <summary>True where a call costs money: its judgments are stored before they count and are never bought twice.</summary>
    public bool IsPaid { get; init; }

    /// <summary>
    /// True where one stored judgment at repeat 0 is the whole of what this judge says of a pair, so that it can be looked up without asking the
    /// judge. False for judges that reduce several samples, and for panels.
    /// </summary>
    public bool HasSingleAddress { get; init; } = true;

    /// <summary>True where it compares two answers in one call, false where it scores one answer.</summary>
    public bool ComparesDirectly { get; init; }
}
