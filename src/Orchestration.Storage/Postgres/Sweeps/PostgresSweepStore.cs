using System.Collections.Concurrent;
using Npgsql;
using Orchestration.Core.Sweeps;
using Orchestration.Storage.Formats;

namespace Orchestration.Storage.Postgres.Sweeps;

/// <summary>Sweeps in the database.</summary>
internal sealed class PostgresSweepStore(
    Database database, SiloPresence silo, GroupCommit<(ShardLease Lease, IReadOnlyList<UnscoredOutcome> Outcomes), bool> outcomeWriter) : ISweepStore
{
    /// <summary>Open shards of a sweep that are counted; looking for work costs no more however big a sweep is.</summary>
    private const int MostCounted = 4096;

    // What this silo added to each sweep's totals. Written as a sum, so that a write whose answer was lost can be made again.
    private readonly ConcurrentDictionary<long, SweepTotals> _added = new();

    public async ValueTask<SweepRecord> CreateAsync(NewSweep sweep, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sweep);
        silo.RequireOwn(sweep.Owner);
        var token = silo.NextToken();
        return await database.TransactAsync(
            async (connection, _, cancel) =>
            {
                var number = await connection.Command(
                    """
                    INSERT INTO sweeps(token, state, definition, fingerprint, output_folder, silo, priority, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, clock_ticks($8::bigint))
                    ON CONFLICT (token) DO UPDATE SET token = excluded.token RETURNING number
                    """,
                    token, (short)SweepState.Registering, sweep.Definition, sweep.Fingerprint, sweep.OutputFolder, silo.Number, sweep.Priority, database.Now).ScalarAsync<long>(cancel).ConfigureAwait(false);
                return (await SweepReading.FindAsync(connection, number, cancel).ConfigureAwait(false))!;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask AppendShardsAsync(string sweepId, IReadOnlyList<ShardData> shards, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(shards);
        await database.TransactAsync(
            (connection, attempt, cancel) => SweepData.AppendAsync(connection, attempt, sweepId, shards, cancel), cancellationToken, mayBeLost: true).ConfigureAwait(false);
    }

    public async ValueTask ReplaceShardAsync(string sweepId, ShardData shard, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(shard);
        await database.TransactAsync(
            (connection, _, cancel) => SweepData.ReplaceAsync(connection, sweepId, shard, cancel), cancellationToken, mayBeLost: true).ConfigureAwait(false);
    }

    public async ValueTask<SweepRecord> SealAsync(string sweepId, SweepSeal seal, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(seal);
        return await database.TransactAsync(
            (connection, attempt, cancel) => SweepData.SealAsync(connection, attempt, sweepId, seal, cancel), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<int> DeleteUnsealedAsync(CancellationToken cancellationToken) => await database.RunAsync(
        (connection, _, cancel) => connection.Command(
            """
            WITH cut_off AS MATERIALIZED (SELECT number FROM sweeps WHERE state = $1 AND is_dead(silo, clock_ticks($2::bigint), $3))
            DELETE FROM sweeps WHERE number IN (SELECT number FROM cut_off)
            """,
            (short)SweepState.Registering, database.Now, silo.Grace).ExecuteAsync(cancel),
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<SweepRecord?> FindAsync(string sweepId, CancellationToken cancellationToken) => SweepKeys.Number(sweepId) is { } number
        ? await database.RunAsync((connection, _, cancel) => SweepReading.FindAsync(connection, number, cancel), cancellationToken).ConfigureAwait(false)
        : null;

    public async ValueTask<IReadOnlyList<SweepRecord>> ListAsync(CancellationToken cancellationToken) =>
        await database.RunAsync(static (connection, _, cancel) => SweepReading.ListAsync(connection, cancel), cancellationToken).ConfigureAwait(false);

    public async ValueTask<bool> TryChangeStateAsync(string sweepId, SweepState from, SweepState to, CancellationToken cancellationToken)
    {
        if (SweepKeys.Number(sweepId) is not { } number) return false;
        var token = silo.NextToken();
        return await database.RunAsync(
            async (connection, attempt, cancel) =>
            {
                var changed = await connection.Command("UPDATE sweeps SET state = $3, changed_by = $4 WHERE number = $1 AND state = $2", number, (short)from, (short)to, token).ExecuteAsync(cancel).ConfigureAwait(false);
                return changed == 1 || (attempt > 0 && await connection.Command("SELECT count(*) FROM sweeps WHERE number = $1 AND changed_by = $2", number, token).ScalarAsync<long>(cancel).ConfigureAwait(false) == 1);
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<ShardLease>> ClaimAsync(string sweepId, string owner, int most, TimeSpan lease, CancellationToken cancellationToken)
    {
        silo.RequireOwn(owner);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        var claim = silo.NextToken();
        return await database.RunAsync(
            (connection, attempt, cancel) => ShardLeases.ClaimAsync(connection, attempt, sweepId, owner, silo.Number, most, lease, claim, database.Now, silo.Grace, cancel), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<ShardLease>> RenewAsync(IReadOnlyList<ShardLease> leases, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(leases);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        if (leases.Count == 0) return [];
        return await database.RunAsync((connection, _, cancel) => ShardLeases.RenewAsync(connection, leases, lease, database.Now, cancel), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask ReleaseAsync(IReadOnlyList<ShardLease> leases, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(leases);
        if (leases.Count == 0) return;
        await database.RunAsync((connection, _, cancel) => ShardLeases.ReleaseAsync(connection, leases, cancel), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> CheckpointAsync(ShardLease lease, ShardResult result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(result);
        return await database.RunAsync((connection, attempt, cancel) => ShardLeases.CheckpointAsync(connection, attempt, lease, result, cancel), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> RecordUnscoredAsync(ShardLease lease, IReadOnlyList<UnscoredOutcome> outcomes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(outcomes);
        return await outcomeWriter.RunAsync((lease, outcomes), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<UnscoredOutcome>> UnscoredAsync(string sweepId, int shard, CancellationToken cancellationToken)
    {
        if (SweepKeys.Number(sweepId) is not { } number) return [];
        return await database.RunAsync(
            (connection, _, cancel) => connection.Command("SELECT row_index, col, reason FROM unscored WHERE sweep = $1 AND shard = $2 ORDER BY row_index, col", number, shard)
                .ListAsync(static reader => new UnscoredOutcome(reader.GetInt32(0), reader.GetInt32(1), reader.GetString(2)), cancel),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<StoredShard?> ReadShardAsync(string sweepId, int shard, ShardParts parts, CancellationToken cancellationToken) => SweepKeys.Number(sweepId) is { } number
        ? await database.RunAsync((connection, _, cancel) => SweepReading.ShardAsync(connection, number, shard, parts, cancel), cancellationToken).ConfigureAwait(false)
        : null;

    public async ValueTask<IReadOnlyList<ShardWords>> ReadWordsAsync(string sweepId, int first, int count, CancellationToken cancellationToken) => SweepKeys.Number(sweepId) is { } number
        ? await database.RunAsync((connection, _, cancel) => SweepReading.WordsAsync(connection, number, first, count, cancel), cancellationToken).ConfigureAwait(false)
        : [];

    public async ValueTask<SweepProgress> ProgressAsync(string sweepId, CancellationToken cancellationToken)
    {
        var number = SweepKeys.Number(sweepId) ?? throw SweepKeys.NotFound(sweepId);
        var found = await database.RunAsync(
            (connection, _, cancel) => connection.Command(
                """
                SELECT count(h.index) FILTER (WHERE h.done), count(h.index), coalesce(sum(h.row_count) FILTER (WHERE h.done), 0)::bigint, coalesce(sum(h.row_count), 0)::bigint,
                  coalesce(sum(h.judgments), 0)::bigint, coalesce(sum(h.unscored), 0)::bigint, coalesce(sum(h.from_store), 0)::bigint
                FROM sweeps s LEFT JOIN shards h ON h.sweep = s.number WHERE s.number = $1 GROUP BY s.number
                """,
                number).ListAsync(
                static reader => new SweepProgress(
                    (int)reader.GetInt64(0), (int)reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6)), cancel),
            cancellationToken).ConfigureAwait(false);
        return found.Count == 0 ? throw SweepKeys.NotFound(sweepId) : found[0];
    }

    public async ValueTask<IReadOnlyList<OpenSweep>> OpenAsync(CancellationToken cancellationToken) => await database.RunAsync(
        (connection, _, cancel) => connection.Command(
            """
            WITH time AS MATERIALIZED (SELECT clock_ticks($2::bigint) AS now),
            held AS MATERIALIZED (
              SELECT h.sweep, h.silo, count(*) AS shards FROM sweeps s JOIN shards h ON h.sweep = s.number AND NOT h.done AND h.silo IS NOT NULL, time
              WHERE s.state = $1 AND h.lease_until > time.now GROUP BY 1, 2),
            dead AS MATERIALIZED (SELECT silo FROM (SELECT DISTINCT silo FROM held) d, time WHERE is_dead(d.silo, time.now, $3)),
            open AS MATERIALIZED (
              SELECT s.number, s.priority,
                (SELECT count(*) FROM (SELECT 1 FROM shards h WHERE h.sweep = s.number AND NOT h.done LIMIT $4) counted)::int AS shards,
                (SELECT coalesce(sum(held.shards), 0) FROM held WHERE held.sweep = s.number AND held.silo NOT IN (SELECT silo FROM dead))::int AS held
              FROM sweeps s WHERE s.state = $1)
            SELECT number, priority, greatest(shards, held), held FROM open WHERE shards > 0 ORDER BY number
            """,
            (short)SweepState.Running, database.Now, silo.Grace, MostCounted)
            .ListAsync(static reader => new OpenSweep(SweepKeys.Id(reader.GetInt64(0)), reader.GetInt32(1), reader.GetInt32(2), reader.GetInt32(3)), cancel),
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<HeldShards>> HeldAsync(CancellationToken cancellationToken) => await database.RunAsync(
        (connection, _, cancel) => connection.Command(
            """
            WITH held AS MATERIALIZED (
              SELECT silo, sweep, count(*)::int AS shards FROM shards WHERE NOT done AND silo IS NOT NULL AND lease_until > clock_ticks($1::bigint) GROUP BY silo, sweep)
            SELECT silo, sweep, shards FROM held WHERE NOT is_dead(silo, clock_ticks($1::bigint), $2) ORDER BY silo, sweep
            """,
            database.Now, silo.Grace)
            .ListAsync(static reader => new HeldShards(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"o{reader.GetInt32(0)}"), SweepKeys.Id(reader.GetInt64(1)), reader.GetInt32(2)), cancel),
        cancellationToken).ConfigureAwait(false);

    public async ValueTask AddTotalsAsync(string sweepId, SweepTotals totals, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(totals);
        var number = SweepKeys.Number(sweepId) ?? throw SweepKeys.NotFound(sweepId);
        cancellationToken.ThrowIfCancellationRequested();
        var sum = _added.AddOrUpdate(number, static (_, more) => more, static (_, before, more) => before.Plus(more), totals);
        var written = await database.RunAsync((connection, _, cancel) => WriteTotalsAsync(connection, number, silo.Number, sum, cancel), cancellationToken).ConfigureAwait(false);
        if (written) return;
        _added.TryRemove(number, out _);
        throw SweepKeys.NotFound(sweepId);
    }

    /// <summary>Adds to a sweep's totals within a transaction that happens once.</summary>
    internal static async Task AddTotalsAsync(NpgsqlConnection connection, string sweepId, SweepTotals totals, CancellationToken cancellationToken)
    {
        // A row beside those of the silos: a sum that several of them write.
        const int NoSilo = 0;
        var number = SweepKeys.Number(sweepId) ?? throw SweepKeys.NotFound(sweepId);
        await connection.Command("SELECT number FROM sweeps WHERE number = $1 FOR UPDATE", number).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        var before = await connection.Command(
            "SELECT calls, failures, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost_usd, seconds, repaid FROM sweep_totals WHERE sweep = $1 AND silo = $2", number, NoSilo)
            .ListAsync(
                static reader => new SweepTotals(
                    reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetDecimal(6), reader.GetDouble(7))
                { Repaid = reader.GetInt64(8) },
                cancellationToken).ConfigureAwait(false);
        await WriteTotalsAsync(connection, number, NoSilo, before.Count == 0 ? totals : before[0].Plus(totals), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<int> ReopenUnscoredAsync(string sweepId, CancellationToken cancellationToken)
    {
        var number = SweepKeys.Number(sweepId) ?? throw SweepKeys.NotFound(sweepId);
        return await database.TransactAsync(
            async (connection, _, cancel) =>
            {
                var state = await SweepReading.StateAsync(connection, number, "FOR UPDATE", cancel).ConfigureAwait(false) ?? throw SweepKeys.NotFound(sweepId);
                if (state is SweepState.Registering or SweepState.Cancelled) return 0;
                var reopened = await connection.Command(
                    """
                    UPDATE shards SET done = false, done_by = NULL, owner = NULL, silo = NULL, lease_until = 0, judgments = 0, unscored = 0, from_store = 0
                    WHERE sweep = $1 AND done AND unscored > 0 RETURNING index
                    """,
                    number).ListAsync(static reader => reader.GetInt32(0), cancel).ConfigureAwait(false);
                if (reopened.Count == 0) return 0;
                await connection.Command("DELETE FROM shard_blocks WHERE sweep = $1 AND index = ANY($2)", number, reopened.ToArray()).ExecuteAsync(cancel).ConfigureAwait(false);
                await connection.Command("UPDATE sweeps SET state = $2 WHERE number = $1", number, (short)SweepState.Running).ExecuteAsync(cancel).ConfigureAwait(false);
                return reopened.Count;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> DeleteAsync(string sweepId, CancellationToken cancellationToken)
    {
        if (SweepKeys.Number(sweepId) is not { } number) return false;
        return await database.TransactAsync(
            async (connection, attempt, cancel) =>
            {
                var isFree = await connection.Command(
                    // Whoever registers it may give it up; nobody else may while that silo lives.
                    "SELECT state <> $2 OR silo = $3 OR is_dead(silo, clock_ticks($4::bigint), $5) FROM sweeps WHERE number = $1 FOR UPDATE",
                    number, (short)SweepState.Registering, silo.Number, database.Now, silo.Grace).ScalarAsync<bool?>(cancel).ConfigureAwait(false);
                if (isFree is null) return attempt > 0;
                if (isFree == false || await ShardLeases.AnyHeldAsync(connection, number, database.Now, silo.Grace, cancel).ConfigureAwait(false)) return false;
                return await connection.Command("DELETE FROM sweeps WHERE number = $1", number).ExecuteAsync(cancel).ConfigureAwait(false) == 1;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static async Task<bool> WriteTotalsAsync(NpgsqlConnection connection, long number, int silo, SweepTotals sum, CancellationToken cancellationToken) => await connection.Command(
        """
        INSERT INTO sweep_totals AS t SELECT number, $2::int, $3::bigint, $4::bigint, $5::bigint, $6::bigint, $7::bigint, $8::bigint, $9::numeric, $10::float8, $11::bigint FROM sweeps WHERE number = $1
        ON CONFLICT (sweep, silo) DO UPDATE SET
          calls = greatest(t.calls, excluded.calls), failures = greatest(t.failures, excluded.failures), input_tokens = greatest(t.input_tokens, excluded.input_tokens),
          cached_input_tokens = greatest(t.cached_input_tokens, excluded.cached_input_tokens), output_tokens = greatest(t.output_tokens, excluded.output_tokens),
          reasoning_tokens = greatest(t.reasoning_tokens, excluded.reasoning_tokens), cost_usd = greatest(t.cost_usd, excluded.cost_usd),
          seconds = greatest(t.seconds, excluded.seconds), repaid = greatest(t.repaid, excluded.repaid)
        """,
        number, silo, sum.Calls, sum.Failures, sum.InputTokens, sum.CachedInputTokens, sum.OutputTokens, sum.ReasoningTokens, sum.CostUsd, sum.Seconds, sum.Repaid)
        .ExecuteAsync(cancellationToken).ConfigureAwait(false) == 1;
}
