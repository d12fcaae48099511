using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;

namespace Orchestration.Core.MetaEvaluation.Report;

/// <summary>One thing that was measured, or with what.</summary>
/// <param name="Name">Such as <c>rows</c>.</param>
/// <param name="Value">As it is shown.</param>
public sealed record CheckFact(string Name, string Value);

/// <summary>One table of a check with its drawing and what they mean. Each may be missing.</summary>
public sealed record CheckPart
{
    /// <summary>Its heading; empty for none.</summary>
    public string Heading { get; init; } = "";

    /// <summary>A drawing, with intervals where there are some; null for none.</summary>
    public Chart? Chart { get; init; }

    /// <summary>The figures; null for none.</summary>
    public ReportTable? Table { get; init; }

    /// <summary>What the figures mean and what they do not, a sentence each.</summary>
    public IReadOnlyList<string> Sentences { get; init; } = [];
}

/// <summary>
/// What a check found, in the one form that the terminal, a page of its own and the report of all checks are made from. It is part of a check's JSON, so that a report can be made
/// later, from files, without measuring or buying anything again.
/// </summary>
public sealed record CheckSection
{
    /// <summary>The check's name, as the command is called: lower-case letters, digits and '-'.</summary>
    public required string Check { get; init; }

    /// <summary>Its title.</summary>
    public required string Title { get; init; }

    /// <summary>What it comes to, in one sentence, for the head of a report of many checks; empty for the first sentence of all.</summary>
    public string Headline { get; init; } = "";

    /// <summary>What was measured: inputs, rows, prompts, seed.</summary>
    public IReadOnlyList<CheckFact> Measured { get; init; } = [];

    /// <summary>Tables and drawings, in their order.</summary>
    public IReadOnlyList<CheckPart> Parts { get; init; } = [];

    /// <summary>What must not be overlooked: a refusal, a judge that is no better than guessing, ratings that are simulated.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What all of it means, a sentence each.</summary>
    public IReadOnlyList<string> Meaning { get; init; } = [];

    /// <summary>What it does not mean: a sentence or two that stand beside every reading of the figures.</summary>
    public string DoesNotMean { get; init; } = "";
}
