using Npgsql;
using Orchestration.Core.Access;
using Orchestration.Storage.Formats;

namespace Orchestration.Storage.Postgres.Access;

/// <summary>Keys and the audit log. A change of a key is announced to all silos by NOTIFY.</summary>
internal sealed class PostgresAccessDirectory(Database database, SiloPresence silo, Announcements announcements) : IAccessDirectory
{
    private const string Columns = "SELECT id, name, roles, hash, secret, limits, created_at, expires_at, revoked_at FROM access_keys";

    private readonly Announcements.Ear _ear = announcements.NewEar();

    public async ValueTask<byte[]> SecretAsync(ReadOnlyMemory<byte> proposed, CancellationToken cancellationToken)
    {
        var bytes = proposed.ToArray();
        return (await database.TransactAsync(
            async (connection, _, cancel) =>
            {
                await connection.Command("INSERT INTO access_secret(id, secret) VALUES (1, $1) ON CONFLICT (id) DO NOTHING", bytes).ExecuteAsync(cancel).ConfigureAwait(false);
                return await connection.Command("SELECT secret FROM access_secret").ScalarAsync<byte[]>(cancel).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false))!;
    }

    public async ValueTask<bool> AddAsync(AccessKey key, AuditEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(entry);
        var (hash, limits, token) = (key.Hash.ToArray(), KeyLimitsJson.Write(key.Limits), silo.NextToken());
        return await database.TransactAsync(
            async (connection, attempt, cancel) =>
            {
                var added = await connection.Command(
                    """
                    INSERT INTO access_keys(id, name, roles, hash, secret, limits, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8::bigint) ON CONFLICT (id) DO NOTHING
                    """,
                    key.Id, key.Name, (int)key.Roles, hash, key.Secret, limits, key.CreatedAt.UtcTicks, key.ExpiresAt?.UtcTicks).ExecuteAsync(cancel).ConfigureAwait(false);
                if (added == 0)
                {
                    // It is there: made by somebody else, or by an attempt of this call whose answer was lost.
                    return attempt > 0 && await connection.Command("SELECT count(*) FROM access_keys WHERE id = $1 AND hash = $2", key.Id, hash).ScalarAsync<long>(cancel).ConfigureAwait(false) == 1;
                }

                await RecordAsync(connection, entry, token, cancel).ConfigureAwait(false);
                await TellAsync(connection, cancel).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<AccessKey?> RevokeAsync(string id, AuditEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var token = silo.NextToken();
        return await database.TransactAsync(
            async (connection, _, cancel) =>
            {
                var changed = await connection.Command("UPDATE access_keys SET revoked_at = clock_ticks($2::bigint) WHERE id = $1 AND revoked_at IS NULL", id, database.Now).ExecuteAsync(cancel).ConfigureAwait(false);
                if (changed == 1)
                {
                    await RecordAsync(connection, entry, token, cancel).ConfigureAwait(false);
                    await TellAsync(connection, cancel).ConfigureAwait(false);
                }

                return (await connection.Command(Columns + " WHERE id = $1", id).ListAsync(Read, cancel).ConfigureAwait(false)).FirstOrDefault();
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<AccessKey>> ListAsync(CancellationToken cancellationToken) => await database.RunAsync(
        static (connection, _, cancel) => connection.Command(Columns + " ORDER BY number").ListAsync(Read, cancel), cancellationToken).ConfigureAwait(false);

    // Keys are never deleted and are revoked once, so both counts only grow.
    public async ValueTask<long> VersionAsync(CancellationToken cancellationToken) => await database.RunAsync(
        static (connection, _, cancel) => connection.Command("SELECT count(*) + count(revoked_at) FROM access_keys").ScalarAsync<long>(cancel), cancellationToken).ConfigureAwait(false);

    public ValueTask WaitAsync(TimeSpan most, CancellationToken cancellationToken) => _ear.WaitAsync(most, cancellationToken);

    public async ValueTask RecordAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var token = silo.NextToken();
        await database.RunAsync((connection, _, cancel) => RecordAsync(connection, entry, token, cancel), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<AuditEntry>> AuditAsync(AuditQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        return await database.RunAsync(
            (connection, _, cancel) => connection.Command(
                "SELECT number, at, by, action, subject, before, after FROM audit WHERE number < $1 AND ($2::text IS NULL OR subject = $2) ORDER BY number DESC LIMIT $3",
                query.Before ?? long.MaxValue, query.Subject, query.Most).ListAsync(
                static row => new AuditEntry(row.GetString(2), row.GetString(3), row.GetString(4), row.TextOrNull(5), row.TextOrNull(6)) { Number = row.GetInt64(0), At = row.Moment(1) }, cancel),
            cancellationToken).ConfigureAwait(false);
    }

    private static AccessKey Read(NpgsqlDataReader row) => new()
    {
        Id = row.GetString(0),
        Name = row.GetString(1),
        Roles = (AccessRoles)row.GetInt32(2),
        Hash = row.GetFieldValue<byte[]>(3),
        Secret = row.GetString(4),
        Limits = KeyLimitsJson.Read(row.GetString(5)),
        CreatedAt = row.Moment(6),
        ExpiresAt = row.IsDBNull(7) ? null : row.Moment(7),
        RevokedAt = row.IsDBNull(8) ? null : row.Moment(8),
    };

    private Task<int> TellAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.Command("SELECT pg_notify($1, $2)", announcements.Channel, "keys").ExecuteAsync(cancellationToken);

    private Task<int> RecordAsync(NpgsqlConnection connection, AuditEntry entry, long token, CancellationToken cancellationToken) => connection.Command(
        """
        INSERT INTO audit(at, by, action, subject, before, after, token) VALUES (clock_ticks($1::bigint), $2, $3, $4, $5::text, $6::text, $7) ON CONFLICT (token) DO NOTHING
        """,
        database.Now, entry.By, entry.Action, entry.Subject, entry.Before, entry.After, token).ExecuteAsync(cancellationToken);
}
