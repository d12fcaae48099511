namespace Orchestration.Core.Sweeps;

/// <summary>
/// Sweeps, their data, shards with fenced leases, checkpoints and result blocks, shared by every process that opens the same store.
/// Asynchronous and batched; safe for concurrent use. A shard is worked by the holder of its lease; each claim raises the shard's epoch, and
/// everything written under an older epoch is refused, as a value.
/// </summary>
public interface ISweepStore
{
    /// <summary>Registers a sweep in state <see cref="SweepState.Registering"/>; its data follows. Ids are short and never reused (<c>s1</c>, <c>s2</c>, …).</summary>
    ValueTask<SweepRecord> CreateAsync(NewSweep sweep, CancellationToken cancellationToken);

    /// <summary>Appends shards of data while registering; indices follow one another from 0.</summary>
    ValueTask AppendShardsAsync(string sweepId, IReadOnlyList<ShardData> shards, CancellationToken cancellationToken);

    /// <summary>Replaces a shard while registering: rows found to be duplicates at the end of reading are taken out.</summary>
    ValueTask ReplaceShardAsync(string sweepId, ShardData shard, CancellationToken cancellationToken);

    /// <summary>
    /// Ends registration: the sweep is <see cref="SweepState.Running"/> and its shards can be claimed. A sweep that was never sealed is removed by
    /// <see cref="DeleteUnsealedAsync"/>, never worked.
    /// </summary>
    ValueTask<SweepRecord> SealAsync(string sweepId, SweepSeal seal, CancellationToken cancellationToken);

    /// <summary>Removes sweeps whose registration was cut off: their owner is no more.</summary>
    ValueTask<int> DeleteUnsealedAsync(CancellationToken cancellationToken);

    /// <summary>One sweep, or null.</summary>
    ValueTask<SweepRecord?> FindAsync(string sweepId, CancellationToken cancellationToken);

    /// <summary>All sweeps, newest first.</summary>
    ValueTask<IReadOnlyList<SweepRecord>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Moves a sweep from one state to another, if it is in <paramref name="from"/>; false where it is not.</summary>
    ValueTask<bool> TryChangeStateAsync(string sweepId, SweepState from, SweepState to, CancellationToken cancellationToken);

    /// <summary>
    /// Claims up to <paramref name="most"/> shards that are neither done nor held by a living owner within its lease, lowest index first.
    /// A shard of an owner that is known to be dead is claimable at once, without waiting for its lease to run out.
    /// </summary>
    ValueTask<IReadOnlyList<ShardLease>> ClaimAsync(string sweepId, string owner, int most, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Renews leases. Returns those that still stand under their epoch; the others have been taken over.</summary>
    ValueTask<IReadOnlyList<ShardLease>> RenewAsync(IReadOnlyList<ShardLease> leases, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Gives shards back undone, at once claimable by anybody.</summary>
    ValueTask ReleaseAsync(IReadOnlyList<ShardLease> leases, CancellationToken cancellationToken);

    /// <summary>
    /// Commits a shard's result block and marks it done, in one step, under the lease's epoch; false where the epoch is stale, and then nothing is written.
    /// The shard's recorded unscored outcomes are removed in the same step: the block holds them.
    /// </summary>
    ValueTask<bool> CheckpointAsync(ShardLease lease, ShardResult result, CancellationToken cancellationToken);

    /// <summary>Records outcomes without a score of a shard in work, durably, so that a rerun keeps them. False where the epoch is stale. Concurrent calls share a commit.</summary>
    ValueTask<bool> RecordUnscoredAsync(ShardLease lease, IReadOnlyList<UnscoredOutcome> outcomes, CancellationToken cancellationToken);

    /// <summary>The recorded outcomes without a score of a shard in work.</summary>
    ValueTask<IReadOnlyList<UnscoredOutcome>> UnscoredAsync(string sweepId, int shard, CancellationToken cancellationToken);

    /// <summary>
    /// Reads one shard: its data and, where done, its result. <paramref name="parts"/> says which blobs are wanted, as the others cost time.
    /// Null where there is no such shard.
    /// </summary>
    ValueTask<StoredShard?> ReadShardAsync(string sweepId, int shard, ShardParts parts, CancellationToken cancellationToken);

    /// <summary>
    /// Reads what is known of some shards' texts without reading the texts (<see cref="ShardData.Words"/>), in one exchange: those from <paramref name="first"/> on, <paramref name="count"/> at most, in order; fewer at the end
    /// of the data, none for a sweep that is not there.
    /// </summary>
    ValueTask<IReadOnlyList<ShardWords>> ReadWordsAsync(string sweepId, int first, int count, CancellationToken cancellationToken);

    /// <summary>How far a sweep is.</summary>
    ValueTask<SweepProgress> ProgressAsync(string sweepId, CancellationToken cancellationToken);

    /// <summary>The sweeps in state <see cref="SweepState.Running"/> that have shards not done, oldest first, with how many of them living owners hold.</summary>
    ValueTask<IReadOnlyList<OpenSweep>> OpenAsync(CancellationToken cancellationToken);

    /// <summary>The shards that are held within their leases, by owner and sweep.</summary>
    ValueTask<IReadOnlyList<HeldShards>> HeldAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Adds to a sweep's running totals (calls, tokens, money), which outlive the process that made them.
    /// </summary>
    ValueTask AddTotalsAsync(string sweepId, SweepTotals totals, CancellationToken cancellationToken);

    /// <summary>
    /// Reopens done shards whose results hold unscored judgments (for <c>--retry-unscored</c>): their blocks are dropped and the sweep is
    /// <see cref="SweepState.Running"/> again. Returns how many.
    /// </summary>
    ValueTask<int> ReopenUnscoredAsync(string sweepId, CancellationToken cancellationToken);

    /// <summary>Removes a sweep with its data and results. Stored judgments stay. False where there is no such sweep or living owners work on it.</summary>
    ValueTask<bool> DeleteAsync(string sweepId, CancellationToken cancellationToken);
}

/// <summary>Where a sweep stands.</summary>
public enum SweepState
{
    /// <summary>Its data is being read; it cannot be worked yet.</summary>
    Registering,

    /// <summary>Shards are being worked or wait to be; also after a kill.</summary>
    Running,

    /// <summary>Stopped by its user; can be resumed.</summary>
    Interrupted,

    /// <summary>Stopped at its cost cap; can be resumed with a higher one.</summary>
    Capped,

    /// <summary>Every shard is done.</summary>
    Completed,

    /// <summary>Given up; can not be resumed.</summary>
    Cancelled,
}

/// <summary>What is registered of a sweep.</summary>
/// <param name="Definition">The sweep as fixed at its start: JSON text owned by the sweep engine.</param>
/// <param name="Fingerprint">Hash of everything that decides its results; a rerun of the same command finds its unfinished sweep by it.</param>
/// <param name="OutputFolder">Where results go.</param>
/// <param name="Owner">The process that registers it.</param>
public sealed record NewSweep(string Definition, string Fingerprint, string OutputFolder, string Owner)
{
    /// <summary>Sweeps of a higher priority are worked before those of a lower one, where a process works several; 0 unless stated.</summary>
    public int Priority { get; init; }
}

/// <summary>What is known at the end of registration.</summary>
/// <param name="Definition">The definition, completed with what reading the data told.</param>
/// <param name="Rows">Accepted rows.</param>
/// <param name="Rejected">Rejected rows.</param>
public sealed record SweepSeal(string Definition, long Rows, long Rejected);

/// <summary>One sweep as stored.</summary>
public sealed record SweepRecord
{
    /// <summary>Short id.</summary>
    public required string Id { get; init; }

    /// <summary>Where it stands.</summary>
    public required SweepState State { get; init; }

    /// <summary>The definition: JSON text.</summary>
    public required string Definition { get; init; }

    /// <summary>See <see cref="NewSweep"/>.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Where results go.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>When it was registered, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Accepted rows.</summary>
    public required long Rows { get; init; }

    /// <summary>Rejected rows.</summary>
    public required long Rejected { get; init; }

    /// <summary>How many shards its data was cut into.</summary>
    public required int Shards { get; init; }

    /// <summary>See <see cref="NewSweep.Priority"/>.</summary>
    public int Priority { get; init; }

    /// <summary>Running totals of all processes that worked on it.</summary>
    public required SweepTotals Totals { get; init; }
}

/// <summary>One shard of data, as the pair reader encodes it.</summary>
/// <param name="Index">From 0.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Head">Encoded ids, groups, categories, sources, targets, kept fields and recorded judgments.</param>
/// <param name="Text">Encoded prompts, answers and references.</param>
public sealed record ShardData(int Index, int Rows, byte[] Head, byte[] Text)
{
    /// <summary>What tells that a text stands in none of its rows, so that the shard need not be read to look for it; null where nothing does. Stored and removed with <see cref="Head"/>.</summary>
    public byte[]? Words { get; init; }
}

/// <summary>The right to work one shard.</summary>
/// <param name="SweepId">The sweep.</param>
/// <param name="Shard">Index of the shard.</param>
/// <param name="Epoch">Raised with every claim; the fence.</param>
/// <param name="Owner">Who holds it.</param>
public sealed record ShardLease(string SweepId, int Shard, long Epoch, string Owner);

/// <summary>A finished shard.</summary>
/// <param name="Block">The encoded result block.</param>
/// <param name="Judgments">Judgments in it, scored or not.</param>
/// <param name="Unscored">Those without a score.</param>
/// <param name="FromStore">Paid judgments that were found in the store.</param>
public sealed record ShardResult(byte[] Block, long Judgments, long Unscored, long FromStore);

/// <summary>A judgment without a score, in a shard in work.</summary>
/// <param name="Row">Row within the shard.</param>
/// <param name="Column">Column of the sweep.</param>
/// <param name="Reason">Why.</param>
public readonly record struct UnscoredOutcome(int Row, int Column, string Reason);

/// <summary>Which parts of a shard to read.</summary>
[Flags]
public enum ShardParts
{
    /// <summary>Neither.</summary>
    None = 0,

    /// <summary><see cref="ShardData.Head"/>.</summary>
    Head = 1,

    /// <summary><see cref="ShardData.Text"/>.</summary>
    Text = 2,

    /// <summary><see cref="ShardResult.Block"/>.</summary>
    Block = 4,
}

/// <summary>A shard as stored; blobs not asked for are null, as is the block of a shard that is not done.</summary>
/// <param name="Index">From 0.</param>
/// <param name="FirstRow">Number of accepted rows before it.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="IsDone">True where its result is committed.</param>
/// <param name="Head">See <see cref="ShardData"/>.</param>
/// <param name="Text">See <see cref="ShardData"/>.</param>
/// <param name="Block">See <see cref="ShardResult"/>.</param>
public sealed record StoredShard(int Index, long FirstRow, int Rows, bool IsDone, byte[]? Head, byte[]? Text, byte[]? Block);

/// <summary>What is known of a shard's texts without reading them.</summary>
/// <param name="Index">From 0.</param>
/// <param name="FirstRow">Number of accepted rows before it.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="IsDone">True where its result is committed.</param>
/// <param name="Words">See <see cref="ShardData.Words"/>; null where it was registered without, as by a build that made none.</param>
public sealed record ShardWords(int Index, long FirstRow, int Rows, bool IsDone, byte[]? Words);

/// <summary>A sweep that can be worked.</summary>
/// <param name="SweepId">Which.</param>
/// <param name="Priority">See <see cref="NewSweep.Priority"/>.</param>
/// <param name="Open">Shards not done; a store may stop counting at some thousands.</param>
/// <param name="Held">Of these, held within a lease.</param>
public sealed record OpenSweep(string SweepId, int Priority, int Open, int Held);

/// <summary>Shards of one sweep that one owner holds.</summary>
/// <param name="Owner">The owner, without the name of a worker of it.</param>
/// <param name="SweepId">The sweep.</param>
/// <param name="Shards">How many.</param>
public sealed record HeldShards(string Owner, string SweepId, int Shards);

/// <summary>How far a sweep is.</summary>
/// <param name="ShardsDone">Shards whose result is committed.</param>
/// <param name="Shards">All its shards.</param>
/// <param name="RowsDone">Rows in done shards.</param>
/// <param name="Rows">All its rows.</param>
/// <param name="Judgments">Judgments in done shards.</param>
/// <param name="Unscored">Of these, without a score.</param>
/// <param name="FromStore">Of these, found in the store.</param>
public sealed record SweepProgress(int ShardsDone, int Shards, long RowsDone, long Rows, long Judgments, long Unscored, long FromStore);

/// <summary>What a sweep took so far, over all processes that worked on it.</summary>
/// <param name="Calls">Exchanges whose reply arrived.</param>
/// <param name="Failures">Attempts without a reply.</param>
/// <param name="InputTokens">As the endpoints counted.</param>
/// <param name="CachedInputTokens">As the endpoints counted.</param>
/// <param name="OutputTokens">As the endpoints counted.</param>
/// <param name="ReasoningTokens">As the endpoints counted.</param>
/// <param name="CostUsd">US dollars.</param>
/// <param name="Seconds">Time in which at least one process worked on it, added up per process.</param>
public sealed record SweepTotals(
    long Calls, long Failures, long InputTokens, long CachedInputTokens, long OutputTokens, long ReasoningTokens, decimal CostUsd, double Seconds)
{
    /// <summary>Nothing yet.</summary>
    public static SweepTotals None { get; } = new(0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>
    /// Judgments bought a second time because the outcome of the first call was lost: its process was killed, its reply never came, its claim ran out.
    /// </summary>
    public long Repaid { get; init; }

    /// <summary>Both together.</summary>
    public SweepTotals Plus(SweepTotals more) => new(
        Calls + more.Calls, Failures + more.Failures, InputTokens + more.InputTokens, CachedInputTokens + more.CachedInputTokens, OutputTokens + more.OutputTokens,
        ReasoningTokens + more.ReasoningTokens, CostUsd + more.CostUsd, Seconds + more.Seconds)
    {
        Repaid = Repaid + more.Repaid,
    };
}
