using Orchestration.Storage.Formats;
using System.Globalization;
using Orchestration.Core.Batches;
using Orchestration.Core.Spending;
using Orchestration.Core.Sweeps;
using Orchestration.Storage.Sqlite.Spending;
using Orchestration.Storage.Sqlite.Sweeps;

namespace Orchestration.Storage.Sqlite.Batches;

/// <summary>The batches of sweeps. An entry and its reservation are written in one transaction, and so are its end, the settlement and the sweep's totals.</summary>
internal sealed class SqliteBatchLog(GroupCommitWriter writer, ReadConnections reads, OwnerLocks owners, SqliteSpendLedger ledger, TimeProvider time) : IBatchLog
{
    public async ValueTask<bool> TryHoldAsync(string sweepId, CancellationToken cancellationToken)
    {
        var sweep = Number(sweepId);
        return await writer.RunAsync(
            connection =>
            {
                using (var select = connection.Use("SELECT owner FROM batch_holds WHERE sweep = ?1"))
                {
                    if (select.Bind(1, sweep).Step() && select.Text(0) is var holder && !owners.IsOwn(holder) && !owners.IsDead(holder)) return false;
                }

                using var upsert = connection.Use("INSERT INTO batch_holds(sweep, owner) VALUES (?1, ?2) ON CONFLICT (sweep) DO UPDATE SET owner = excluded.owner");
                upsert.Bind(1, sweep).Bind(2, owners.Owner).Step();
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask ReleaseAsync(string sweepId)
    {
        var sweep = Number(sweepId);
        await writer.RunAsync(
            connection =>
            {
                using var delete = connection.Use("DELETE FROM batch_holds WHERE sweep = ?1 AND owner = ?2");
                return delete.Bind(1, sweep).Bind(2, owners.Owner).Step();
            },
            CancellationToken.None).ConfigureAwait(false);
    }

    public async ValueTask<OpenBatch?> IntendAsync(NewBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var sweep = Number(batch.SweepId);
        var now = time.GetUtcNow();
        return await writer.RunAsync(
            connection =>
            {
                long? reservation = null;
                if (batch.BoundUsd is { } bound)
                {
                    if (ledger.Reserve(connection, batch.SweepId, new SpendPurpose("", batch.Deployment), bound) is not { } reserved) return null;
                    reservation = reserved.Id;
                }

                using var insert = connection.Use(
                    """
                    INSERT INTO batches(sweep, deployment, intent, requests, bound, largest_bound, reservation, created_at)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                    """);
                insert.Bind(1, sweep).Bind(2, batch.Deployment).Bind(3, batch.Intent).Bind(4, batch.Requests).Bind(5, batch.BoundUsd)
                    .Bind(6, batch.LargestBoundUsd).Bind(8, now.UtcTicks);
                if (reservation is { } id) insert.Bind(7, id);
                else insert.Bind(7, (string?)null);
                insert.Step();
                return new OpenBatch(connection.LastInsertedId, batch, reservation, null, now);
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask MadeAsync(long id, string remoteId)
    {
        ArgumentException.ThrowIfNullOrEmpty(remoteId);
        await writer.RunAsync(
            connection =>
            {
                using var update = connection.Use("UPDATE batches SET remote = ?2 WHERE id = ?1");
                return update.Bind(1, id).Bind(2, remoteId).Step();
            },
            CancellationToken.None).ConfigureAwait(false);
    }

    public async ValueTask<bool> FinishAsync(OpenBatch batch, SweepTotals totals, decimal unknownUsd, IReadOnlyList<BatchShare>? byJudge = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(totals);
        ArgumentOutOfRangeException.ThrowIfNegative(unknownUsd);
        var sweep = Number(batch.Batch.SweepId);
        return await writer.RunAsync(
            connection =>
            {
                using (var delete = connection.Use("DELETE FROM batches WHERE id = ?1 RETURNING id"))
                {
                    if (!delete.Bind(1, batch.Id).Step()) return false;
                }

                if (batch.ReservationId is { } reservation) SqliteSpendLedger.Settle(connection, reservation, totals.CostUsd, unknownUsd, byJudge);
                SqliteSweepStore.AddTotals(connection, sweep, batch.Batch.SweepId, totals);
                return true;
            },
            CancellationToken.None).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<OpenBatch>> OpenAsync(string sweepId, CancellationToken cancellationToken)
    {
        var sweep = Number(sweepId);
        return await reads.RunAsync(
            connection =>
            {
                var open = new List<OpenBatch>();
                using var select = connection.Use(
                    "SELECT id, deployment, intent, requests, bound, largest_bound, reservation, remote, created_at FROM batches WHERE sweep = ?1 ORDER BY id");
                select.Bind(1, sweep);
                while (select.Step())
                {
                    decimal? bound = select.TextOrNull(4) is { } text ? decimal.Parse(text, NumberStyles.Number, CultureInfo.InvariantCulture) : null;
                    open.Add(new OpenBatch(
                        select.Int64(0),
                        new NewBatch(sweepId, select.Text(1), select.Text(2), select.Int32(3), bound, select.Decimal(5)),
                        select.IsNull(6) ? null : select.Int64(6),
                        select.TextOrNull(7),
                        new DateTimeOffset(select.Int64(8), TimeSpan.Zero)));
                }

                return open;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static long Number(string sweepId) => SweepKeys.Number(sweepId) ?? throw SweepKeys.NotFound(sweepId);
}
