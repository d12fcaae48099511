using System.Globalization;
using Orchestration.Core.Batches;
using Orchestration.Core.Spending;

namespace Orchestration.Storage.Sqlite.Spending;

/// <summary>
/// Money: per payer what is settled, unknown and held, and a row for each open reservation. A reservation whose owner is dead stays held against the
/// cap and is shown as unknown; nothing has to be converted for that.
/// </summary>
internal sealed class SqliteSpendLedger(GroupCommitWriter writer, ReadConnections reads, OwnerLocks owners) : ISpendLedger
{
    public async ValueTask SetCapAsync(string payer, decimal? capUsd, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(payer);
        if (capUsd is { } cap) ArgumentOutOfRangeException.ThrowIfNegative(cap, nameof(capUsd));
        await writer.RunAsync(
            connection =>
            {
                using var upsert = connection.Use("INSERT INTO payers(payer, cap) VALUES (?1, ?2) ON CONFLICT (payer) DO UPDATE SET cap = excluded.cap");
                return upsert.Bind(1, payer).Bind(2, capUsd).Step();
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<SpendReservation?> ReserveAsync(string payer, SpendPurpose purpose, decimal amountUsd, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(payer);
        ArgumentOutOfRangeException.ThrowIfNegative(amountUsd);
        return await writer.RunAsync(connection => Reserve(connection, payer, purpose, amountUsd), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask SettleAsync(SpendReservation reservation, long calls, decimal settledUsd, decimal unknownUsd)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        ArgumentOutOfRangeException.ThrowIfNegative(calls);
        ArgumentOutOfRangeException.ThrowIfNegative(settledUsd);
        ArgumentOutOfRangeException.ThrowIfNegative(unknownUsd);
        await writer.RunAsync(connection => Settle(connection, reservation.Id, settledUsd, unknownUsd, calls: calls), CancellationToken.None).ConfigureAwait(false);
    }

    public async ValueTask<SpendStatus> StatusAsync(string payer, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(payer);
        return await reads.RunAsync(connection => Status(connection, payer), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<SpendEntry>> ListAsync(string? payer, CancellationToken cancellationToken) =>
        await reads.RunAsync(connection => List(connection, payer), cancellationToken).ConfigureAwait(false);

    /// <summary>Reserves within a transaction; null where it would pass the cap.</summary>
    internal SpendReservation? Reserve(Connection connection, string payer, SpendPurpose purpose, decimal amount)
    {
        var account = Account.Read(connection, payer);
        if (account.Cap is { } cap && account.Settled + account.Unknown + account.Held + amount > cap) return null;
        (account with { Held = account.Held + amount }).Write(connection, payer);
        using var insert = connection.Use("INSERT INTO reservations(payer, owner, amount, judge, deployment) VALUES (?1, ?2, ?3, ?4, ?5)");
        insert.Bind(1, payer).Bind(2, owners.Owner).Bind(3, amount).Bind(4, purpose.Judge).Bind(5, purpose.Deployment).Step();
        return new SpendReservation(connection.LastInsertedId, payer, amount);
    }

    /// <summary>Settles within a transaction; false where that was done before.</summary>
    internal static bool Settle(Connection connection, long reservation, decimal settled, decimal unknown, IReadOnlyList<BatchShare>? byJudge = null, long calls = 1)
    {
        decimal held;
        string payer;
        SpendPurpose purpose;
        using (var delete = connection.Use("DELETE FROM reservations WHERE id = ?1 RETURNING payer, amount, judge, deployment"))
        {
            if (!delete.Bind(1, reservation).Step()) return false;
            payer = delete.Text(0);
            held = delete.Decimal(1);
            purpose = new SpendPurpose(delete.Text(2), delete.Text(3));
        }

        var account = Account.Read(connection, payer);
        account = account with { Settled = account.Settled + settled, Unknown = account.Unknown + unknown, Held = account.Held - held };
        account.Write(connection, payer);
        if (byJudge is null) Add(connection, payer, purpose, settled, unknown, calls);
        foreach (var share in byJudge ?? []) Add(connection, payer, purpose with { Judge = share.Judge }, share.SettledUsd, share.UnknownUsd, share.Calls);
        return true;
    }

    // Money is decimal text, which the engine cannot add.
    private static void Add(Connection connection, string payer, SpendPurpose purpose, decimal settled, decimal unknown, long calls)
    {
        using (var select = connection.Use("SELECT calls, settled, unknown FROM spent WHERE payer = ?1 AND judge = ?2 AND deployment = ?3"))
        {
            if (select.Bind(1, payer).Bind(2, purpose.Judge).Bind(3, purpose.Deployment).Step())
            {
                calls += select.Int64(0);
                settled += select.Decimal(1);
                unknown += select.Decimal(2);
            }
        }

        using var upsert = connection.Use(
            """
            INSERT INTO spent(payer, judge, deployment, calls, settled, unknown) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (payer, judge, deployment) DO UPDATE SET calls = excluded.calls, settled = excluded.settled, unknown = excluded.unknown
            """);
        upsert.Bind(1, payer).Bind(2, purpose.Judge).Bind(3, purpose.Deployment).Bind(4, calls).Bind(5, settled).Bind(6, unknown).Step();
    }

    private List<SpendEntry> List(Connection connection, string? payer)
    {
        var entries = new Dictionary<(string, SpendPurpose), SpendEntry>();
        using (var select = connection.Use("SELECT payer, judge, deployment, calls, settled, unknown FROM spent WHERE ?1 IS NULL OR payer = ?1"))
        {
            select.Bind(1, payer);
            while (select.Step())
            {
                var entry = new SpendEntry(select.Text(0), new SpendPurpose(select.Text(1), select.Text(2)), select.Int64(3), select.Decimal(4), select.Decimal(5));
                entries.Add((entry.Payer, entry.Purpose), entry);
            }
        }

        using (var select = connection.Use("SELECT payer, judge, deployment, owner, amount FROM reservations WHERE ?1 IS NULL OR payer = ?1"))
        {
            select.Bind(1, payer);
            while (select.Step())
            {
                if (!owners.IsDead(select.Text(3))) continue;
                var key = (select.Text(0), new SpendPurpose(select.Text(1), select.Text(2)));
                var entry = entries.GetValueOrDefault(key) ?? new SpendEntry(key.Item1, key.Item2, 0, 0, 0);
                entries[key] = entry with { UnknownUsd = entry.UnknownUsd + select.Decimal(4) };
            }
        }

        return [.. entries.Values.OrderBy(e => e.Payer, StringComparer.Ordinal).ThenBy(e => e.Purpose.Judge, StringComparer.Ordinal).ThenBy(e => e.Purpose.Deployment, StringComparer.Ordinal)];
    }

    private SpendStatus Status(Connection connection, string payer)
    {
        var account = Account.Read(connection, payer);
        var dead = 0m;
        Dictionary<string, bool> isDead = new(StringComparer.Ordinal);
        using var select = connection.Use("SELECT owner, amount FROM reservations WHERE payer = ?1");
        select.Bind(1, payer);
        while (select.Step())
        {
            var owner = select.Text(0);
            if (!isDead.TryGetValue(owner, out var ended)) isDead.Add(owner, ended = owners.IsDead(owner));
            if (ended) dead += select.Decimal(1);
        }

        return new SpendStatus(account.Settled, account.Held - dead, account.Unknown + dead, account.Cap);
    }

    private readonly record struct Account(decimal Settled, decimal Unknown, decimal Held, decimal? Cap)
    {
        public static Account Read(Connection connection, string payer)
        {
            using var select = connection.Use("SELECT settled, unknown, held, cap FROM payers WHERE payer = ?1");
            if (!select.Bind(1, payer).Step()) return default;
            return new Account(
                select.Decimal(0),
                select.Decimal(1),
                select.Decimal(2),
                select.TextOrNull(3) is { } cap ? decimal.Parse(cap, NumberStyles.Number, CultureInfo.InvariantCulture) : null);
        }

        public void Write(Connection connection, string payer)
        {
            using var upsert = connection.Use(
                """
                INSERT INTO payers(payer, settled, unknown, held) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (payer) DO UPDATE SET settled = excluded.settled, unknown = excluded.unknown, held = excluded.held
                """);
            upsert.Bind(1, payer).Bind(2, Settled).Bind(3, Unknown).Bind(4, Held).Step();
        }
    }
}
