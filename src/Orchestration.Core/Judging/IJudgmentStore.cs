using Orchestration.Core.Pairs;

namespace Orchestration.Core.Judging;

/// <summary>
/// The content address of a paid judgment. One pair's judgments lie together. For a judge that reads the reference, <paramref name="Judge"/>
/// is the hash of its version and the reference.
/// </summary>
/// <param name="Pair">Hash of prompt and answer (or of the comparison as shown).</param>
/// <param name="Judge">Hash of the judge's version, and of the reference where it reads one.</param>
/// <param name="Repeat">0 for the only one; 1, 2, … for repeated asking.</param>
public readonly record struct JudgmentAddress(Hash128 Pair, Hash128 Judge, int Repeat)
{
    /// <summary>The address of a judge's judgment of a pair.</summary>
    /// <param name="judge">The judge.</param>
    /// <param name="pairHash"><see cref="PairHash.Of(Pairs.Pair)"/> or its like for comparisons.</param>
    /// <param name="reference">The pair's reference; part of the address only where the judge reads it.</param>
    /// <param name="repeat">0 for the only one.</param>
    public static JudgmentAddress Of(JudgeDescriptor judge, Hash128 pairHash, string? reference, int repeat = 0) =>
        new(pairHash, judge.NeedsReference ? PairHash.Of("reference", judge.Version.ToString(), reference ?? "") : judge.Version, repeat);
}

/// <summary>A judgment as stored: only answers are stored, never failures.</summary>
public sealed record StoredJudgment
{
    /// <summary>Its address.</summary>
    public required JudgmentAddress Address { get; init; }

    /// <summary>One value per dimension of the judge, on its own scale, all finite.</summary>
    public required IReadOnlyList<double> Values { get; init; }

    /// <summary>Everything else that was said and what it took.</summary>
    public JudgmentDetail Detail { get; init; } = JudgmentDetail.None;
}

/// <summary>What a judgment carries beside its values. Read only on demand.</summary>
public sealed record JudgmentDetail
{
    /// <summary>Nothing known.</summary>
    public static JudgmentDetail None { get; } = new();

    /// <summary>The judge's own words, where it gave any.</summary>
    public string? Rationale { get; init; }

    /// <summary>The model that answered, as the endpoint named it.</summary>
    public string? ServedModel { get; init; }

    /// <summary>The endpoint's fingerprint.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Captured probability mass of an expected score, 0–1; null for other protocols.</summary>
    public double? Mass { get; init; }

    /// <summary>
    /// Criteria of a checklist whose points were voided, because what was quoted for them does not stand in the answer: their ids, a blank between
    /// them. Null where none was.
    /// </summary>
    public string? Voided { get; init; }

    /// <summary>What making it took, all attempts.</summary>
    public CallTotals Totals { get; init; }
}

/// <summary>
/// Judgments by content address: immutable, first writer wins, shared by every process that opens the same store. Safe for concurrent use.
/// </summary>
public interface IJudgmentStore
{
    /// <summary>
    /// The stored values of each address, in the order asked: null where nothing is stored. Fast for many addresses of the same pair in a row.
    /// </summary>
    ValueTask<IReadOnlyList<IReadOnlyList<double>?>> GetAsync(IReadOnlyList<JudgmentAddress> addresses, CancellationToken cancellationToken);

    /// <summary>The whole of one judgment, or null.</summary>
    ValueTask<StoredJudgment?> FindAsync(JudgmentAddress address, CancellationToken cancellationToken);

    /// <summary>
    /// Stores judgments durably. Completes when they would survive a kill of the process and a loss of power; concurrent calls share a commit.
    /// </summary>
    /// <returns>What the store holds now for each, in order: the given values, or those of whoever was first.</returns>
    /// <param name="judgments">What to store.</param>
    /// <param name="cancellationToken">Stops waiting for a turn; once a commit began it is awaited.</param>
    ValueTask<IReadOnlyList<IReadOnlyList<double>>> PutAsync(IReadOnlyList<StoredJudgment> judgments, CancellationToken cancellationToken);

    /// <summary>How many judgments are stored.</summary>
    ValueTask<long> CountAsync(CancellationToken cancellationToken);
}
