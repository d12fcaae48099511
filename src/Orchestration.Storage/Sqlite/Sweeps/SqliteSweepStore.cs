using Orchestration.Storage.Formats;
using Orchestration.Core.Sweeps;

namespace Orchestration.Storage.Sqlite.Sweeps;

/// <summary>Sweeps in the store's file.</summary>
internal sealed class SqliteSweepStore(GroupCommitWriter writer, ReadConnections reads, OwnerLocks owners, TimeProvider time) : ISweepStore
{
    public async ValueTask<SweepRecord> CreateAsync(NewSweep sweep, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sweep);
        RequireOwn(sweep.Owner);
        return await writer.RunAsync(connection => SweepRegistration.Create(connection, sweep, time.GetUtcNow()), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask AppendShardsAsync(string sweepId, IReadOnlyList<ShardData> shards, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(shards);
        await writer.RunAsync(connection => SweepRegistration.Append(connection, sweepId, shards), cancellationToken, mayBeLost: true).ConfigureAwait(false);
    }

    public async ValueTask ReplaceShardAsync(string sweepId, ShardData shard, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(shard);
        await writer.RunAsync(connection => SweepRegistration.Replace(connection, sweepId, shard), cancellationToken, mayBeLost: true).ConfigureAwait(false);
    }

    public async ValueTask<SweepRecord> SealAsync(string sweepId, SweepSeal seal, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(seal);
        return await writer.RunAsync(connection => SweepRegistration.Seal(connection, sweepId, seal), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<int> DeleteUnsealedAsync(CancellationToken cancellationToken) =>
        await writer.RunAsync(connection => SweepRegistration.DeleteUnsealed(connection, owners), cancellationToken).ConfigureAwait(false);

    public async ValueTask<SweepRecord?> FindAsync(string sweepId, CancellationToken cancellationToken) =>
        SweepKeys.Number(sweepId) is { } number
            ? await reads.RunAsync(connection => SweepRows.Find(connection, number), cancellationToken).ConfigureAwait(false)
            : null;

    public async ValueTask<IReadOnlyList<SweepRecord>> ListAsync(CancellationToken cancellationToken) =>
        await reads.RunAsync(SweepRows.List, cancellationToken).ConfigureAwait(false);

    public async ValueTask<bool> TryChangeStateAsync(string sweepId, SweepState from, SweepState to, CancellationToken cancellationToken)
    {
        if (SweepKeys.Number(sweepId) is not { } number) return false;
        return await writer.RunAsync(
            connection =>
            {
                if (SweepRows.State(connection, number) != from) return false;
                SweepRows.SetState(connection, number, to);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<ShardLease>> ClaimAsync(
        string sweepId, string owner, int most, TimeSpan lease, CancellationToken cancellationToken)
    {
        RequireOwn(owner);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        return await writer.RunAsync(
            connection =>
            {
                var now = time.GetUtcNow();
                return ShardLeases.Claim(connection, owners, sweepId, owner, most, now.UtcTicks, (now + lease).UtcTicks);
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<ShardLease>> RenewAsync(IReadOnlyList<ShardLease> leases, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(leases);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        return await writer.RunAsync(
            connection => ShardLeases.Renew(connection, leases, (time.GetUtcNow() + lease).UtcTicks), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask ReleaseAsync(IReadOnlyList<ShardLease> leases, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(leases);
        await writer.RunAsync(connection => ShardLeases.Release(connection, leases), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> CheckpointAsync(ShardLease lease, ShardResult result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(result);
        return await writer.RunAsync(connection => ShardLeases.Checkpoint(connection, lease, result), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> RecordUnscoredAsync(ShardLease lease, IReadOnlyList<UnscoredOutcome> outcomes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(outcomes);
        return await writer.RunAsync(connection => ShardLeases.RecordUnscored(connection, lease, outcomes), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<UnscoredOutcome>> UnscoredAsync(string sweepId, int shard, CancellationToken cancellationToken)
    {
        var key = SweepKeys.Shard(sweepId, shard);
        return await reads.RunAsync(
            connection =>
            {
                List<UnscoredOutcome> outcomes = [];
                using var select = connection.Use("SELECT row, col, reason FROM unscored WHERE shard = ?1 ORDER BY row, col");
                select.Bind(1, key);
                while (select.Step()) outcomes.Add(new UnscoredOutcome(select.Int32(0), select.Int32(1), select.Text(2)));
                return outcomes;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<StoredShard?> ReadShardAsync(string sweepId, int shard, ShardParts parts, CancellationToken cancellationToken)
    {
        var key = SweepKeys.Shard(sweepId, shard);
        return await reads.RunAsync(connection => ReadShard(connection, key, parts), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<ShardWords>> ReadWordsAsync(string sweepId, int first, int count, CancellationToken cancellationToken) => SweepKeys.Number(sweepId) is { } number
        ? await reads.RunAsync(connection => ReadWords(connection, number, first, count), cancellationToken).ConfigureAwait(false)
        : [];

    public async ValueTask<SweepProgress> ProgressAsync(string sweepId, CancellationToken cancellationToken)
    {
        var number = SweepKeys.Number(sweepId) ?? throw SweepKeys.NotFound(sweepId);
        return await reads.RunAsync(
            connection =>
            {
                if (SweepRows.State(connection, number) is null) throw SweepKeys.NotFound(sweepId);
                using var select = connection.Use(
                    """
                    SELECT total(done), count(*), total(row_count * done), total(row_count), total(judgments), total(unscored), total(from_store)
                    FROM shards WHERE key >= ?1 AND key < ?2
                    """);
                select.Bind(1, SweepKeys.Shard(number, 0)).Bind(2, SweepKeys.Shard(number + 1, 0)).Step();
                return new SweepProgress(
                    select.Int32(0), select.Int32(1), select.Int64(2), select.Int64(3), select.Int64(4), select.Int64(5), select.Int64(6));
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<OpenSweep>> OpenAsync(CancellationToken cancellationToken) => await reads.RunAsync(
        connection =>
        {
            List<OpenSweep> open = [];
            var held = ShardLeases.Held(connection, owners, time.GetUtcNow().UtcTicks).GroupBy(static shards => shards.SweepId).ToDictionary(static group => group.Key, static group => group.Sum(static shards => shards.Shards));
            using var select = connection.Use("SELECT s.number, s.priority, count(*) FROM sweeps s JOIN shards h ON h.sweep = s.number AND h.done = 0 WHERE s.state = ?1 GROUP BY s.number ORDER BY s.number");
            select.Bind(1, (long)SweepState.Running);
            while (select.Step())
            {
                var id = SweepKeys.Id(select.Int64(0));
                open.Add(new OpenSweep(id, select.Int32(1), select.Int32(2), held.GetValueOrDefault(id)));
            }

            return open;
        },
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<HeldShards>> HeldAsync(CancellationToken cancellationToken) =>
        await reads.RunAsync(connection => ShardLeases.Held(connection, owners, time.GetUtcNow().UtcTicks), cancellationToken).ConfigureAwait(false);

    public async ValueTask AddTotalsAsync(string sweepId, SweepTotals totals, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(totals);
        var number = SweepKeys.Number(sweepId) ?? throw SweepKeys.NotFound(sweepId);
        await writer.RunAsync(connection => AddTotals(connection, number, sweepId, totals), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Adds to a sweep's totals within a transaction.</summary>
    internal static bool AddTotals(Connection connection, long number, string sweepId, SweepTotals totals)
    {
        var sum = SweepRows.Find(connection, number) ?? throw SweepKeys.NotFound(sweepId);
        using var update = connection.Use(
            """
            UPDATE sweeps SET calls = calls + ?2, failures = failures + ?3, input_tokens = input_tokens + ?4,
              cached_input_tokens = cached_input_tokens + ?5, output_tokens = output_tokens + ?6, reasoning_tokens = reasoning_tokens + ?7,
              cost_usd = ?8, seconds = seconds + ?9, repaid = repaid + ?10
            WHERE number = ?1
            """);
        return update.Bind(1, number).Bind(2, totals.Calls).Bind(3, totals.Failures).Bind(4, totals.InputTokens).Bind(5, totals.CachedInputTokens)
            .Bind(6, totals.OutputTokens).Bind(7, totals.ReasoningTokens).Bind(8, sum.Totals.CostUsd + totals.CostUsd).Bind(9, totals.Seconds).Bind(10, totals.Repaid).Step();
    }

    public async ValueTask<int> ReopenUnscoredAsync(string sweepId, CancellationToken cancellationToken)
    {
        var number = SweepKeys.Number(sweepId) ?? throw SweepKeys.NotFound(sweepId);
        return await writer.RunAsync(connection => Reopen(connection, sweepId, number), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> DeleteAsync(string sweepId, CancellationToken cancellationToken)
    {
        if (SweepKeys.Number(sweepId) is not { } number) return false;
        return await writer.RunAsync(
            connection =>
            {
                using (var select = connection.Use("SELECT owner FROM sweeps WHERE number = ?1 AND state = ?2"))
                {
                    // Whoever registers it may give it up; nobody else may while that process lives.
                    select.Bind(1, number).Bind(2, (long)SweepState.Registering);
                    if (select.Step() && select.Text(0) is var registrar && !owners.IsOwn(registrar) && !owners.IsDead(registrar)) return false;
                }

                if (SweepRows.State(connection, number) is null || ShardLeases.AnyHeld(connection, owners, number, time.GetUtcNow().UtcTicks)) return false;
                SweepRows.Delete(connection, number);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static StoredShard? ReadShard(Connection connection, long key, ShardParts parts)
    {
        using var select = connection.Use("SELECT first_row, row_count, done FROM shards WHERE key = ?1");
        if (!select.Bind(1, key).Step()) return null;
        return new StoredShard(
            SweepKeys.Index(key),
            select.Int64(0),
            select.Int32(1),
            select.Int64(2) != 0,
            Body(connection, key, parts, ShardParts.Head, "SELECT body FROM shard_heads WHERE key = ?1"),
            Body(connection, key, parts, ShardParts.Text, "SELECT body FROM shard_texts WHERE key = ?1"),
            Body(connection, key, parts, ShardParts.Block, "SELECT body FROM shard_blocks WHERE key = ?1"));
    }

    private static List<ShardWords> ReadWords(Connection connection, long number, int first, int count)
    {
        List<ShardWords> shards = [];
        using var select = connection.Use(
            """
            SELECT s.key, s.first_row, s.row_count, s.done, h.words FROM shards s JOIN shard_heads h ON h.key = s.key
            WHERE s.key >= ?1 AND s.key < ?2 ORDER BY s.key LIMIT ?3
            """);
        select.Bind(1, SweepKeys.Shard(number, first)).Bind(2, SweepKeys.Shard(number + 1, 0)).Bind(3, (long)count);
        while (select.Step())
            shards.Add(new ShardWords(SweepKeys.Index(select.Int64(0)), select.Int64(1), select.Int32(2), select.Int64(3) != 0, select.BytesOrNull(4)));
        return shards;
    }

    private static byte[]? Body(Connection connection, long key, ShardParts wanted, ShardParts part, string sql)
    {
        if (!wanted.HasFlag(part)) return null;
        using var select = connection.Use(sql);
        return select.Bind(1, key).Step() ? select.Bytes(0).ToArray() : null;
    }

    private static int Reopen(Connection connection, string sweepId, long number)
    {
        var state = SweepRows.State(connection, number) ?? throw SweepKeys.NotFound(sweepId);
        if (state is SweepState.Registering or SweepState.Cancelled) return 0;
        var first = SweepKeys.Shard(number, 0);
        var end = SweepKeys.Shard(number + 1, 0);
        using (var blocks = connection.Use(
            "DELETE FROM shard_blocks WHERE key IN (SELECT key FROM shards WHERE key >= ?1 AND key < ?2 AND done = 1 AND unscored > 0)"))
        {
            blocks.Bind(1, first).Bind(2, end).Step();
        }

        using var reopen = connection.Use(
            """
            UPDATE shards SET done = 0, owner = NULL, lease_until = 0, judgments = 0, unscored = 0, from_store = 0
            WHERE key >= ?1 AND key < ?2 AND done = 1 AND unscored > 0
            """);
        reopen.Bind(1, first).Bind(2, end).Step();
        var reopened = connection.Changes;
        if (reopened > 0) SweepRows.SetState(connection, number, SweepState.Running);
        return reopened;
    }

    /// <summary>An owner that is not this store's would be taken for dead, and its shards for free.</summary>
    private void RequireOwn(string owner)
    {
        if (!owners.IsOwn(owner))
            throw new ArgumentException($"The owner must be the one under which this store is open, {owners.Owner}, or a worker of it ({owners.Owner}/name); got {owner}.", nameof(owner));
    }
}
