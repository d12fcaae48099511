using Npgsql;
using Orchestration.Core.Routing;

namespace Orchestration.Storage.Postgres.Routing;

/// <summary>Changes of the list of quarantines; the list is what the last change of each says, and its epoch is their number.</summary>
internal static class QuarantineRows
{
    private const string Columns = "SELECT kind, name, held, reason, asked_by, at FROM quarantine_changes";

    public static async Task<QuarantineList> HeldAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // In one statement, so that list and epoch are of one moment.
        var rows = await connection.Command(
            """
            SELECT kind, name, held, reason, asked_by, at, number FROM quarantine_changes c
            WHERE number = (SELECT max(number) FROM quarantine_changes l WHERE l.kind = c.kind AND l.name = c.name) ORDER BY kind, name
            """).ListAsync(static reader => (Change: Read(reader), Number: reader.GetInt64(6)), cancellationToken).ConfigureAwait(false);
        return new QuarantineList(rows.Count == 0 ? 0 : rows.Max(static r => r.Number), [.. rows.Select(static r => r.Change).Where(static c => c.IsHeld)]);
    }

    public static async Task<QuarantineList?> ChangeAsync(NpgsqlConnection connection, long epoch, QuarantineChange change, long token, long? now, CancellationToken cancellationToken)
    {
        var written = await connection.Command(
            """
            INSERT INTO quarantine_changes(number, kind, name, held, reason, asked_by, at, token)
            SELECT $1 + 1, $2, $3, $4, $5, $6, clock_ticks($7::bigint), $8 WHERE (SELECT coalesce(max(number), 0) FROM quarantine_changes) = $1 ON CONFLICT DO NOTHING
            """,
            epoch, (short)change.Kind, change.Name, change.IsHeld, change.Reason, change.By, now, token).ExecuteAsync(cancellationToken).ConfigureAwait(false) == 1;

        // Or it was written before, and only the answer was lost.
        if (!written && await connection.Command("SELECT count(*) FROM quarantine_changes WHERE token = $1", token).ScalarAsync<long>(cancellationToken).ConfigureAwait(false) == 0) return null;
        return await HeldAsync(connection, cancellationToken).ConfigureAwait(false);
    }

    public static async Task<IReadOnlyList<QuarantineChange>> HistoryAsync(NpgsqlConnection connection, int most, CancellationToken cancellationToken) =>
        await connection.Command(Columns + " ORDER BY number DESC LIMIT $1", (long)most).ListAsync(Read, cancellationToken).ConfigureAwait(false);

    private static QuarantineChange Read(NpgsqlDataReader reader) => new(
        (QuarantineKind)reader.GetInt16(0), reader.GetString(1), reader.GetBoolean(2), reader.GetString(3), reader.GetString(4), reader.Moment(5));
}
