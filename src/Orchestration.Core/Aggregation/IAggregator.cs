using Orchestration.Core.Aggregation.Versions;

namespace Orchestration.Core.Aggregation;

/// <summary>
/// The aggregator actor: holds the versions of one name, the active one, an optional shadow and canary. A batch is scored under one snapshot of these, so
/// no result mixes two versions, and each names the version that made it.
/// </summary>
public interface IAggregator
{
    /// <summary>The aggregator's name.</summary>
    string Name { get; }

    /// <summary>Scores a batch. An aggregator that cannot (nothing is active, a rubric is another one) says so in the reply.</summary>
    /// <exception cref="OrchestrationException">The store cannot be read, or the version in it is damaged.</exception>
    ValueTask<AggregatorReply> PredictAsync(AggregatorRequest request, CancellationToken cancellationToken);
}

/// <summary>A column of judge scores, as a version has to recognise it.</summary>
/// <param name="Name">The judge's column in results.</param>
/// <param name="Rubric">Hash of its rubric's text, where it has one and it is known.</param>
/// <param name="Version">The judge's version, where known.</param>
public sealed record AggregatorColumn(string Name, string? Rubric = null, string? Version = null);

/// <summary>The columns of a batch. Made once and used for many batches: what a version needs of them is worked out once.</summary>
public sealed class AggregatorColumns
{
    /// <summary>Takes over the columns.</summary>
    /// <param name="columns">The columns; names differ.</param>
    /// <param name="hold">Scores of answers, or mean verdicts on comparisons.</param>
    public AggregatorColumns(IReadOnlyList<AggregatorColumn> columns, LearnedFrom hold = LearnedFrom.Scores) => (Columns, Hold) = (columns, hold);

    /// <summary>Scores of answers, or mean verdicts on comparisons (−1 to 1): a version learned from the one makes no sense of the other.</summary>
    public LearnedFrom Hold { get; }

    /// <summary>The columns; names differ.</summary>
    public IReadOnlyList<AggregatorColumn> Columns { get; }
}

/// <summary>A batch to score. Immutable.</summary>
public sealed record AggregatorRequest
{
    /// <summary>What the columns of <see cref="Scores"/> are.</summary>
    public required AggregatorColumns Columns { get; init; }

    /// <summary>Rows × columns, row after row: scores on the judges' own scales; NaN where a judge is missing.</summary>
    public required ReadOnlyMemory<double> Scores { get; init; }

    /// <summary>A hash of each pair, by which a canary's share is chosen; empty where every pair goes to the active version.</summary>
    public ReadOnlyMemory<Hash128> Pairs { get; init; }

    /// <summary>The version to use whatever is active, without shadow and canary; null for what is active.</summary>
    public string? Version { get; init; }

    /// <summary>Least share of the version's judges that must have a score for a row to get one, 0–1. A row without any has none. Default 0.</summary>
    public double MinCoverage { get; init; }

    /// <summary>False leaves intervals out, which cost several times a score. Default true.</summary>
    public bool WithIntervals { get; init; } = true;
}

/// <summary>What a batch came to.</summary>
public sealed record AggregatorReply
{
    /// <summary>Why there is no result, with the cure; null where there is one.</summary>
    public string? Refusal { get; init; }

    /// <summary>The versions that made these results: one, or two with a canary.</summary>
    public IReadOnlyList<string> Versions { get; init; } = [];

    /// <summary>For each row the index of its version in <see cref="Versions"/>; empty where there is one version.</summary>
    public byte[] VersionOf { get; init; } = [];

    /// <summary>One score a row, on the target's scale; NaN where there is none.</summary>
    public double[] Scores { get; init; } = [];

    /// <summary>Lower ends of the intervals; empty where the version has none.</summary>
    public double[] Lower { get; init; } = [];

    /// <summary>Upper ends.</summary>
    public double[] Upper { get; init; } = [];

    /// <summary>Share of the version's judges that have a score, by row.</summary>
    public double[] Coverage { get; init; } = [];

    /// <summary>The version that made a row's result.</summary>
    public string Version(int row) => Versions[VersionOf.Length == 0 ? 0 : VersionOf[row]];
}
