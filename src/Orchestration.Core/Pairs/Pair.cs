namespace Orchestration.Core.Pairs;

/// <summary>One (prompt, answer), the thing that judges score.</summary>
public sealed record Pair
{
    /// <summary>Identity within its data set; unique there.</summary>
    public required string Id { get; init; }

    /// <summary>What was asked of the model.</summary>
    public required string Prompt { get; init; }

    /// <summary>What the model answered. May be empty: an empty answer is an answer.</summary>
    public required string Answer { get; init; }

    /// <summary>A reference answer, where the data has one.</summary>
    public string? Reference { get; init; }

    /// <summary>What the answer was to work from (a retrieved text, a policy, a record), where the data has it.</summary>
    public string? Context { get; init; }

    /// <summary>The prompt this pair belongs to; all answers to one prompt share it. See <see cref="PairHash.Group(string)"/>.</summary>
    public required string Group { get; init; }

    /// <summary>Category of the prompt, where known.</summary>
    public string? Category { get; init; }

    /// <summary>The model that wrote the answer, where known.</summary>
    public string? Source { get; init; }

    /// <summary>Human score on the data set's own scale, where known.</summary>
    public double? Target { get; init; }
}
