using Npgsql;
using Orchestration.Core.Batches;
using Orchestration.Core.Spending;

namespace Orchestration.Storage.Postgres.Spending;

/// <summary>What a group of callers does to the ledger: reserve, or settle.</summary>
/// <param name="Id">The reservation's.</param>
/// <param name="Payer">Who pays.</param>
/// <param name="Purpose">What for; null where it is a settlement.</param>
/// <param name="AmountUsd">Reserved, or settled.</param>
/// <param name="UnknownUsd">Of a settlement.</param>
internal readonly record struct SpendStep(long Id, string Payer, SpendPurpose? Purpose, decimal AmountUsd, decimal UnknownUsd);

/// <summary>
/// Money: per payer what is settled, unknown and held, and a row for each open reservation. A silo's callers reserve and settle in groups, each under one lock of
/// the payer. A reservation whose silo is dead stays held against the cap and is shown as unknown.
/// </summary>
internal sealed class PostgresSpendLedger(Database database, SiloPresence silo, GroupCommit<SpendStep, bool> writer) : ISpendLedger
{
    public async ValueTask SetCapAsync(string payer, decimal? capUsd, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(payer);
        if (capUsd is { } cap) ArgumentOutOfRangeException.ThrowIfNegative(cap, nameof(capUsd));
        await database.RunAsync(
            (connection, _, cancel) => connection.Command("INSERT INTO payers(payer, cap) VALUES ($1, $2::numeric) ON CONFLICT (payer) DO UPDATE SET cap = excluded.cap", payer, capUsd).ExecuteAsync(cancel),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<SpendReservation?> ReserveAsync(string payer, SpendPurpose purpose, decimal amountUsd, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(payer);
        ArgumentOutOfRangeException.ThrowIfNegative(amountUsd);
        var id = silo.NextToken();
        return await writer.RunAsync(new SpendStep(id, payer, purpose, amountUsd, 0), cancellationToken).ConfigureAwait(false) ? new SpendReservation(id, payer, amountUsd) : null;
    }

    public async ValueTask SettleAsync(SpendReservation reservation, long calls, decimal settledUsd, decimal unknownUsd)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        ArgumentOutOfRangeException.ThrowIfNegative(calls);
        ArgumentOutOfRangeException.ThrowIfNegative(settledUsd);
        ArgumentOutOfRangeException.ThrowIfNegative(unknownUsd);
        if (calls == 1)
        {
            await writer.RunAsync(new SpendStep(reservation.Id, reservation.Payer, null, settledUsd, unknownUsd), CancellationToken.None).ConfigureAwait(false);
            return;
        }

        // The statement of groups counts one call. What was reserved for many is settled every few seconds.
        await database.TransactAsync(
            async (connection, _, cancel) =>
            {
                await SettleAsync(connection, reservation.Payer, reservation.Id, settledUsd, unknownUsd, judge => [new BatchShare(judge, calls, settledUsd, unknownUsd)], cancel).ConfigureAwait(false);
                return true;
            },
            CancellationToken.None).ConfigureAwait(false);
    }

    public async ValueTask<SpendStatus> StatusAsync(string payer, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(payer);
        var found = await database.RunAsync(
            (connection, _, cancel) => connection.Command(
                """
                SELECT settled, unknown, held, cap,
                  (SELECT coalesce(sum(amount), 0) FROM (SELECT silo, sum(amount) AS amount FROM reservations WHERE payer = $1 GROUP BY silo) r WHERE is_dead(r.silo, clock_ticks($2::bigint), $3))
                FROM payers WHERE payer = $1
                """,
                payer, database.Now, silo.Grace).ListAsync(
                static reader => new SpendStatus(reader.GetDecimal(0), reader.GetDecimal(2) - reader.GetDecimal(4), reader.GetDecimal(1) + reader.GetDecimal(4), reader.DecimalOrNull(3)), cancel),
            cancellationToken).ConfigureAwait(false);
        return found.Count == 0 ? new SpendStatus(0, 0, 0, null) : found[0];
    }

    public async ValueTask<IReadOnlyList<SpendEntry>> ListAsync(string? payer, CancellationToken cancellationToken) => await database.RunAsync(
        (connection, _, cancel) => connection.Command(
            """
            SELECT payer COLLATE "C", judge COLLATE "C", deployment COLLATE "C", sum(calls)::bigint, sum(settled), sum(unknown) FROM (
              SELECT payer, judge, deployment, calls, settled, unknown FROM spent WHERE $1::text IS NULL OR payer = $1
              UNION ALL
              SELECT payer, judge, deployment, 0, 0, amount
              FROM (SELECT payer, judge, deployment, silo, sum(amount) AS amount FROM reservations WHERE $1::text IS NULL OR payer = $1 GROUP BY payer, judge, deployment, silo) r
              WHERE is_dead(r.silo, clock_ticks($2::bigint), $3)
            ) e GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """,
            payer, database.Now, silo.Grace).ListAsync(
            static reader => new SpendEntry(reader.GetString(0), new SpendPurpose(reader.GetString(1), reader.GetString(2)), reader.GetInt64(3), reader.GetDecimal(4), reader.GetDecimal(5)), cancel),
        cancellationToken).ConfigureAwait(false);

    /// <summary>Does what several callers handed in, in one statement.</summary>
    public static async Task<IReadOnlyList<bool>> CommitAsync(Database database, int silo, IReadOnlyList<SpendStep> steps, CancellationToken cancellationToken)
    {
        var granted = new bool[steps.Count];
        var rows = await database.RunAsync(
            (connection, _, cancel) => SpendAsync(connection, silo, steps, cancel), cancellationToken).ConfigureAwait(false);
        foreach (var (place, isGranted) in rows) granted[place - 1] = isGranted;
        return granted;
    }

    /// <summary>Reserves within a transaction; null where it would pass the cap.</summary>
    internal async Task<SpendReservation?> ReserveAsync(NpgsqlConnection connection, string payer, SpendPurpose purpose, decimal amount, CancellationToken cancellationToken)
    {
        var id = silo.NextToken();
        var rows = await SpendAsync(connection, silo.Number, [new SpendStep(id, payer, purpose, amount, 0)], cancellationToken).ConfigureAwait(false);
        return rows[0].IsGranted ? new SpendReservation(id, payer, amount) : null;
    }

    /// <summary>Settles a batch's reservation within a transaction, by judge where that is known.</summary>
    internal static async Task SettleAsync(
        NpgsqlConnection connection, string payer, long reservation, decimal settled, decimal unknown, IReadOnlyList<BatchShare>? byJudge, CancellationToken cancellationToken)
    {
        if (byJudge is null)
        {
            await SpendAsync(connection, 0, [new SpendStep(reservation, payer, null, settled, unknown)], cancellationToken).ConfigureAwait(false);
            return;
        }

        await SettleAsync(connection, payer, reservation, settled, unknown, _ => byJudge, cancellationToken).ConfigureAwait(false);
    }

    private static async Task SettleAsync(
        NpgsqlConnection connection, string payer, long reservation, decimal settled, decimal unknown, Func<string, IReadOnlyList<BatchShare>> byJudge, CancellationToken cancellationToken)
    {
        await connection.Command("SELECT payer FROM payers WHERE payer = $1 FOR UPDATE", payer).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        var held = await connection.Command("DELETE FROM reservations WHERE id = $1 RETURNING amount, deployment, judge", reservation)
            .ListAsync(static reader => (Amount: reader.GetDecimal(0), Deployment: reader.GetString(1), Judge: reader.GetString(2)), cancellationToken).ConfigureAwait(false);
        if (held.Count == 0) return;
        await connection.Command("UPDATE payers SET settled = settled + $2, unknown = unknown + $3, held = held - $4 WHERE payer = $1", payer, settled, unknown, held[0].Amount)
            .ExecuteAsync(cancellationToken).ConfigureAwait(false);
        var shares = byJudge(held[0].Judge);
        await connection.Command(
            """
            INSERT INTO spent AS t SELECT $1, g.judge, $2, g.calls, g.settled, g.unknown FROM unnest($3::text[], $4::bigint[], $5::numeric[], $6::numeric[]) AS g(judge, calls, settled, unknown)
            ON CONFLICT (payer, judge, deployment) DO UPDATE SET calls = t.calls + excluded.calls, settled = t.settled + excluded.settled, unknown = t.unknown + excluded.unknown
            """,
            payer, held[0].Deployment, shares.Select(static s => s.Judge).ToArray(), shares.Select(static s => s.Calls).ToArray(),
            shares.Select(static s => s.SettledUsd).ToArray(), shares.Select(static s => s.UnknownUsd).ToArray()).ExecuteAsync(cancellationToken).ConfigureAwait(false);
    }

    private static Task<List<(int Place, bool IsGranted)>> SpendAsync(NpgsqlConnection connection, int silo, IReadOnlyList<SpendStep> steps, CancellationToken cancellationToken) => connection.Command(
        "SELECT n, granted FROM spend($1::bigint[], $2::text[], $3, $4::text[], $5::text[], $6::numeric[], $7::numeric[])",
        steps.Select(static s => s.Id).ToArray(), steps.Select(static s => s.Payer).ToArray(), silo,
        steps.Select(static s => s.Purpose?.Judge).ToArray(), steps.Select(static s => s.Purpose?.Deployment).ToArray(),
        steps.Select(static s => s.AmountUsd).ToArray(), steps.Select(static s => s.UnknownUsd).ToArray())
        .ListAsync(static reader => ((int)reader.GetInt64(0), reader.GetBoolean(1)), cancellationToken);
}
