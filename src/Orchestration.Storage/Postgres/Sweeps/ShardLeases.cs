using Npgsql;
using Orchestration.Core.Sweeps;
using Orchestration.Storage.Formats;

namespace Orchestration.Storage.Postgres.Sweeps;

/// <summary>Claims, renews, releases and fences shards. Each is one statement, which names the epoch and the owner that it is written under.</summary>
internal static class ShardLeases
{
    // The claim's number tells it from every other, so that one whose answer was lost is found again.
    public static async Task<IReadOnlyList<ShardLease>> ClaimAsync(
        NpgsqlConnection connection, int attempt, string sweepId, string owner, int silo, int most, TimeSpan lease, long claim, long? now, long grace, CancellationToken cancellationToken)
    {
        if (SweepKeys.Number(sweepId) is not { } number || most <= 0) return [];
        if (attempt > 0)
        {
            var mine = await connection.Command("SELECT index, epoch FROM shards WHERE sweep = $1 AND claim = $2 AND owner = $3 AND NOT done ORDER BY index", number, claim, owner)
                .ListAsync(reader => new ShardLease(sweepId, reader.GetInt32(0), reader.GetInt64(1), owner), cancellationToken).ConfigureAwait(false);
            if (mine.Count > 0) return mine;
        }

        var claimed = await connection.Command(
            """
            WITH time AS MATERIALIZED (SELECT clock_ticks($6::bigint) AS now),
            running AS MATERIALIZED (SELECT number FROM sweeps WHERE number = $1 AND state = $9),
            holders AS MATERIALIZED (
              SELECT DISTINCT h.silo FROM shards h, time, running WHERE h.sweep = running.number AND NOT h.done AND h.silo IS NOT NULL AND h.lease_until > time.now),
            dead AS MATERIALIZED (SELECT holders.silo FROM holders, time WHERE is_dead(holders.silo, time.now, $7)),
            free AS MATERIALIZED (
              SELECT h.sweep, h.index FROM shards h, time, running
              WHERE h.sweep = running.number AND NOT h.done AND (h.silo IS NULL OR h.lease_until <= time.now OR h.silo IN (SELECT silo FROM dead))
              ORDER BY h.index LIMIT $4 FOR UPDATE OF h SKIP LOCKED)
            UPDATE shards SET epoch = epoch + 1, silo = $3, owner = $2, claim = $8, lease_until = time.now + $5
            FROM free, time WHERE shards.sweep = free.sweep AND shards.index = free.index
            RETURNING shards.index, shards.epoch
            """,
            number, owner, silo, most, lease.Ticks, now, grace, claim, (short)SweepState.Running)
            .ListAsync(reader => new ShardLease(sweepId, reader.GetInt32(0), reader.GetInt64(1), owner), cancellationToken).ConfigureAwait(false);
        claimed.Sort(static (a, b) => a.Shard.CompareTo(b.Shard));
        return claimed;
    }

    public static async Task<IReadOnlyList<ShardLease>> RenewAsync(NpgsqlConnection connection, IReadOnlyList<ShardLease> leases, TimeSpan lease, long? now, CancellationToken cancellationToken)
    {
        var (sweeps, indices, epochs, owners) = Columns(leases);
        var standing = await connection.Command(
            """
            UPDATE shards h SET lease_until = clock_ticks($6::bigint) + $5
            FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::text[]) AS g(sweep, index, epoch, owner)
            WHERE h.sweep = g.sweep AND h.index = g.index AND h.epoch = g.epoch AND h.owner = g.owner AND NOT h.done
            RETURNING h.sweep, h.index, h.epoch
            """,
            sweeps, indices, epochs, owners, lease.Ticks, now).ListAsync(static reader => (reader.GetInt64(0), reader.GetInt32(1), reader.GetInt64(2)), cancellationToken).ConfigureAwait(false);
        var held = standing.ToHashSet();
        return [.. leases.Where(lease => held.Contains((SweepKeys.Number(lease.SweepId) ?? -1, lease.Shard, lease.Epoch)))];
    }

    public static async Task<bool> ReleaseAsync(NpgsqlConnection connection, IReadOnlyList<ShardLease> leases, CancellationToken cancellationToken)
    {
        var (sweeps, indices, epochs, owners) = Columns(leases);
        await connection.Command(
            """
            UPDATE shards h SET owner = NULL, silo = NULL, lease_until = 0
            FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::text[]) AS g(sweep, index, epoch, owner)
            WHERE h.sweep = g.sweep AND h.index = g.index AND h.epoch = g.epoch AND h.owner = g.owner AND NOT h.done
            """,
            sweeps, indices, epochs, owners).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>The block, the mark and the end of the recorded outcomes, in one statement.</summary>
    public static async Task<bool> CheckpointAsync(NpgsqlConnection connection, int attempt, ShardLease lease, ShardResult result, CancellationToken cancellationToken)
    {
        var number = SweepKeys.Number(lease.SweepId) ?? -1;
        var committed = await connection.Command(
            """
            WITH fenced AS (
              UPDATE shards SET done = true, done_by = owner, owner = NULL, silo = NULL, lease_until = 0, judgments = $5, unscored = $6, from_store = $7
              WHERE sweep = $1 AND index = $2 AND epoch = $3 AND owner = $4 AND NOT done
              RETURNING sweep, index),
            block AS (INSERT INTO shard_blocks(sweep, index, body) SELECT sweep, index, $8 FROM fenced),
            outcomes AS (DELETE FROM unscored u USING fenced WHERE u.sweep = fenced.sweep AND u.shard = fenced.index)
            SELECT count(*) FROM fenced
            """,
            number, lease.Shard, lease.Epoch, lease.Owner, result.Judgments, result.Unscored, result.FromStore, result.Block).ScalarAsync<long>(cancellationToken).ConfigureAwait(false);
        if (committed == 1 || attempt == 0) return committed == 1;

        // The first attempt's commit may have come through without its answer.
        return await connection.Command("SELECT count(*) FROM shards WHERE sweep = $1 AND index = $2 AND epoch = $3 AND done AND done_by = $4", number, lease.Shard, lease.Epoch, lease.Owner)
            .ScalarAsync<long>(cancellationToken).ConfigureAwait(false) == 1;
    }

    /// <summary>Records outcomes of several shards under their leases; true for each whose lease stands.</summary>
    public static async Task<IReadOnlyList<bool>> RecordAsync(
        NpgsqlConnection connection, IReadOnlyList<(ShardLease Lease, IReadOnlyList<UnscoredOutcome> Outcomes)> groups, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var (lease, outcomes) in groups)
        {
            batch.Add(
                """
                WITH fenced AS MATERIALIZED (SELECT sweep, index FROM shards WHERE sweep = $1 AND index = $2 AND epoch = $3 AND owner = $4 AND NOT done FOR SHARE),
                written AS (
                  INSERT INTO unscored(sweep, shard, row_index, col, reason)
                  SELECT DISTINCT ON (g.r, g.c) fenced.sweep, fenced.index, g.r, g.c, g.reason FROM fenced, unnest($5::int[], $6::int[], $7::text[]) AS g(r, c, reason)
                  ON CONFLICT (sweep, shard, row_index, col) DO UPDATE SET reason = excluded.reason)
                SELECT count(*) FROM fenced
                """,
                SweepKeys.Number(lease.SweepId) ?? -1L, lease.Shard, lease.Epoch, lease.Owner,
                outcomes.Select(static o => o.Row).ToArray(), outcomes.Select(static o => o.Column).ToArray(), outcomes.Select(static o => o.Reason).ToArray());
        }

        List<bool> stands = [];
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        do
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) stands.Add(reader.GetInt64(0) == 1);
        }
        while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false));
        return stands;
    }

    /// <summary>True where a living silo holds a shard within its lease.</summary>
    public static Task<bool> AnyHeldAsync(NpgsqlConnection connection, long number, long? now, long grace, CancellationToken cancellationToken) => connection.Command(
        """
        SELECT coalesce(bool_or(NOT is_dead(silo, clock_ticks($2::bigint), $3)), false)
        FROM (SELECT DISTINCT silo FROM shards WHERE sweep = $1 AND NOT done AND silo IS NOT NULL AND lease_until > clock_ticks($2::bigint)) h
        """,
        number, now, grace).ScalarAsync<bool>(cancellationToken);

    private static (long[] Sweeps, int[] Indices, long[] Epochs, string[] Owners) Columns(IReadOnlyList<ShardLease> leases) => (
        [.. leases.Select(static lease => SweepKeys.Number(lease.SweepId) ?? -1)], [.. leases.Select(static lease => lease.Shard)],
        [.. leases.Select(static lease => lease.Epoch)], [.. leases.Select(static lease => lease.Owner)]);
}
