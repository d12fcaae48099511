using Orchestration.Core.MetaEvaluation.Biases;
using Orchestration.Learning.Intervals;

namespace Orchestration.Core.MetaEvaluation.Consistency;

/// <summary>What a judge is held against itself over.</summary>
public enum ConsistencyProbe
{
    /// <summary>The answers shown in the other order (Sage's local consistency).</summary>
    Order,

    /// <summary>The same question asked again.</summary>
    Repeat,

    /// <summary>The rubric in other words.</summary>
    Rubric,

    /// <summary>The question in other words.</summary>
    Question,

    /// <summary>What nobody sees or should mind: white space, line ends, Unicode forms, bullets, ids.</summary>
    Surface,
}

/// <summary>One judge and one kind of probe.</summary>
public sealed record ConsistencyLine
{
    /// <summary>The judge's column.</summary>
    public required string Judge { get; init; }

    /// <summary>The kind of probe.</summary>
    public required ConsistencyProbe Probe { get; init; }

    /// <summary>One variant; empty for all of the probe together.</summary>
    public required string Variant { get; init; }

    /// <summary>Times that both judgments are there.</summary>
    public required int Rows { get; init; }

    /// <summary>Prompts that they are of.</summary>
    public required int Prompts { get; init; }

    /// <summary>Times that one of them is missing: counted, and neither agreement nor flip.</summary>
    public required int Unscored { get; init; }

    /// <summary>Share with the same verdict, or the same score.</summary>
    public required Estimate Same { get; init; }

    /// <summary>How far scores lie apart, in shares of the scale; not defined for verdicts.</summary>
    public required Estimate Apart { get; init; }

    /// <summary>
    /// How much less is the same than when the same question is asked again, by prompts with both: what the probe does beyond the judge's own unsteadiness. Not defined without repeats, and for them.
    /// </summary>
    public required Estimate BeyondRepeats { get; init; }
}

/// <summary>Cycles in what one judge prefers, over all answers to a prompt (Sage's global consistency).</summary>
public sealed record CycleLine
{
    /// <summary>The judge's column.</summary>
    public required string Judge { get; init; }

    /// <summary>Prompts with at least one decided triple.</summary>
    public required int Prompts { get; init; }

    /// <summary>Triples of answers with a strict preference, shared by both orders, between each two.</summary>
    public required int Triples { get; init; }

    /// <summary>Triples with a tie, a contradiction or no judgment between two of the answers.</summary>
    public required int Undecided { get; init; }

    /// <summary>Share of the decided triples in which A is preferred to B, B to C and C to A. Preferences by the toss of a coin have ¼.</summary>
    public required Estimate Cyclic { get; init; }

    /// <summary>Share of the prompts with at least one cycle of three.</summary>
    public required Estimate PromptsWithCycle { get; init; }
}

/// <summary>How consistent judges are with themselves.</summary>
/// <param name="Lines">A line a judge and probe, and behind it one a variant.</param>
/// <param name="Cycles">A line a judge that compares, where there are prompts with three answers or more.</param>
/// <param name="LeftOut">Judges or probes that took no part, and why.</param>
/// <param name="Meaning">What the figures mean, a sentence each.</param>
public sealed record ConsistencyOutcome(IReadOnlyList<ConsistencyLine> Lines, IReadOnlyList<CycleLine> Cycles, IReadOnlyList<LeftOutJudge> LeftOut, IReadOnlyList<string> Meaning);
