using Orchestration.Core.Batches;
using Orchestration.Core.Spending;
using Orchestration.Core.Sweeps;
using Orchestration.Storage.Formats;
using Orchestration.Storage.Postgres.Spending;
using Orchestration.Storage.Postgres.Sweeps;

namespace Orchestration.Storage.Postgres.Batches;

/// <summary>The batches of sweeps. An entry and its reservation are written in one transaction, and so are its end, the settlement and the sweep's totals.</summary>
internal sealed class PostgresBatchLog(Database database, SiloPresence silo, PostgresSpendLedger ledger) : IBatchLog
{
    public async ValueTask<bool> TryHoldAsync(string sweepId, CancellationToken cancellationToken)
    {
        var sweep = Number(sweepId);
        return await database.RunAsync(
            async (connection, _, cancel) => await connection.Command(
                """
                INSERT INTO batch_holds AS h(sweep, silo) VALUES ($1, $2)
                ON CONFLICT (sweep) DO UPDATE SET silo = excluded.silo WHERE h.silo = excluded.silo OR is_dead(h.silo, clock_ticks($3::bigint), $4)
                """,
                sweep, silo.Number, database.Now, silo.Grace).ExecuteAsync(cancel).ConfigureAwait(false) == 1,
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask ReleaseAsync(string sweepId)
    {
        var sweep = Number(sweepId);
        await database.RunAsync(
            (connection, _, cancel) => connection.Command("DELETE FROM batch_holds WHERE sweep = $1 AND silo = $2", sweep, silo.Number).ExecuteAsync(cancel), CancellationToken.None).ConfigureAwait(false);
    }

    public async ValueTask<OpenBatch?> IntendAsync(NewBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var sweep = Number(batch.SweepId);
        return await database.TransactAsync(
            async (connection, attempt, cancel) =>
            {
                // The first attempt's commit may have come through without its answer; no other batch has its intent.
                if (attempt > 0 && (await OpenAsync(connection, batch.SweepId, sweep, cancel).ConfigureAwait(false)).Find(open => open.Batch.Intent == batch.Intent) is { } written) return written;
                long? reservation = null;
                if (batch.BoundUsd is { } bound)
                {
                    if (await ledger.ReserveAsync(connection, batch.SweepId, new SpendPurpose("", batch.Deployment), bound, cancel).ConfigureAwait(false) is not { } reserved) return null;
                    reservation = reserved.Id;
                }

                await connection.Command(
                    """
                    INSERT INTO batches(sweep, deployment, intent, requests, bound, largest_bound, reservation, created_at)
                    VALUES ($1, $2, $3, $4, $5::numeric, $6, $7::bigint, clock_ticks($8::bigint))
                    """,
                    sweep, batch.Deployment, batch.Intent, batch.Requests, batch.BoundUsd, batch.LargestBoundUsd, reservation, database.Now).ExecuteAsync(cancel).ConfigureAwait(false);
                return (await OpenAsync(connection, batch.SweepId, sweep, cancel).ConfigureAwait(false)).Find(open => open.Batch.Intent == batch.Intent);
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask MadeAsync(long id, string remoteId)
    {
        ArgumentException.ThrowIfNullOrEmpty(remoteId);
        await database.RunAsync((connection, _, cancel) => connection.Command("UPDATE batches SET remote = $2 WHERE id = $1", id, remoteId).ExecuteAsync(cancel), CancellationToken.None).ConfigureAwait(false);
    }

    public async ValueTask<bool> FinishAsync(OpenBatch batch, SweepTotals totals, decimal unknownUsd, IReadOnlyList<BatchShare>? byJudge = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(totals);
        ArgumentOutOfRangeException.ThrowIfNegative(unknownUsd);
        return await database.TransactAsync(
            async (connection, _, cancel) =>
            {
                if (await connection.Command("DELETE FROM batches WHERE id = $1", batch.Id).ExecuteAsync(cancel).ConfigureAwait(false) == 0) return false;
                if (batch.ReservationId is { } reservation)
                    await PostgresSpendLedger.SettleAsync(connection, batch.Batch.SweepId, reservation, totals.CostUsd, unknownUsd, byJudge, cancel).ConfigureAwait(false);
                await PostgresSweepStore.AddTotalsAsync(connection, batch.Batch.SweepId, totals, cancel).ConfigureAwait(false);
                return true;
            },
            CancellationToken.None).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<OpenBatch>> OpenAsync(string sweepId, CancellationToken cancellationToken)
    {
        var sweep = Number(sweepId);
        return await database.RunAsync((connection, _, cancel) => OpenAsync(connection, sweepId, sweep, cancel), cancellationToken).ConfigureAwait(false);
    }

    private static Task<List<OpenBatch>> OpenAsync(Npgsql.NpgsqlConnection connection, string sweepId, long sweep, CancellationToken cancellationToken) => connection.Command(
        "SELECT id, deployment, intent, requests, bound, largest_bound, reservation, remote, created_at FROM batches WHERE sweep = $1 ORDER BY id", sweep).ListAsync(
        reader => new OpenBatch(
            reader.GetInt64(0), new NewBatch(sweepId, reader.GetString(1), reader.GetString(2), reader.GetInt32(3), reader.DecimalOrNull(4), reader.GetDecimal(5)),
            reader.Int64OrNull(6), reader.TextOrNull(7), reader.Moment(8)),
        cancellationToken);

    private static long Number(string sweepId) => SweepKeys.Number(sweepId) ?? throw SweepKeys.NotFound(sweepId);
}
