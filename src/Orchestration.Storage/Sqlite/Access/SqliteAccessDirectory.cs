using Orchestration.Core.Access;
using Orchestration.Storage.Formats;

namespace Orchestration.Storage.Sqlite.Access;

/// <summary>Keys and the audit log in the store's file.</summary>
internal sealed class SqliteAccessDirectory(GroupCommitWriter writer, ReadConnections reads, TimeProvider time) : IAccessDirectory
{
    private const string Columns = "SELECT id, name, roles, hash, secret, limits, created_at, expires_at, revoked_at FROM access_keys";

    public async ValueTask<byte[]> SecretAsync(ReadOnlyMemory<byte> proposed, CancellationToken cancellationToken) => await writer.RunAsync(
        connection =>
        {
            using (var insert = connection.Use("INSERT INTO access_secret(id, secret) VALUES (1, ?1) ON CONFLICT (id) DO NOTHING")) insert.Bind(1, proposed.Span).Step();
            using var select = connection.Use("SELECT secret FROM access_secret");
            select.Step();
            return select.Bytes(0).ToArray();
        },
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<bool> AddAsync(AccessKey key, AuditEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(entry);
        var limits = KeyLimitsJson.Write(key.Limits);
        return await writer.RunAsync(
            connection =>
            {
                if (Find(connection, key.Id) is not null) return false;
                using (var insert = connection.Use("INSERT INTO access_keys(id, name, roles, hash, secret, limits, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"))
                {
                    insert.Bind(1, key.Id).Bind(2, key.Name).Bind(3, (long)key.Roles).Bind(4, key.Hash.Span).Bind(5, key.Secret).Bind(6, limits).Bind(7, key.CreatedAt.UtcTicks);
                    (key.ExpiresAt is { } end ? insert.Bind(8, end.UtcTicks) : insert.Bind(8, (string?)null)).Step();
                }

                return Record(connection, entry);
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<AccessKey?> RevokeAsync(string id, AuditEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return await writer.RunAsync(
            connection =>
            {
                if (Find(connection, id) is not { RevokedAt: null } key) return Find(connection, id);
                var now = time.GetUtcNow();
                using (var update = connection.Use("UPDATE access_keys SET revoked_at = ?2 WHERE id = ?1")) update.Bind(1, id).Bind(2, now.UtcTicks).Step();
                Record(connection, entry);
                return key with { RevokedAt = now };
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<AccessKey>> ListAsync(CancellationToken cancellationToken) => await reads.RunAsync<IReadOnlyList<AccessKey>>(
        static connection =>
        {
            List<AccessKey> keys = [];
            using var select = connection.Use(Columns + " ORDER BY number");
            while (select.Step()) keys.Add(Read(select));
            return keys;
        },
        cancellationToken).ConfigureAwait(false);

    // Keys are never deleted and are revoked once, so both counts only grow.
    public async ValueTask<long> VersionAsync(CancellationToken cancellationToken) => await reads.RunAsync(
        static connection => connection.Number("SELECT count(*) + count(revoked_at) FROM access_keys") ?? 0, cancellationToken).ConfigureAwait(false);

    public async ValueTask WaitAsync(TimeSpan most, CancellationToken cancellationToken) => await Task.Delay(most, time, cancellationToken).ConfigureAwait(false);

    public async ValueTask RecordAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        await writer.RunAsync(connection => Record(connection, entry), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<AuditEntry>> AuditAsync(AuditQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        return await reads.RunAsync<IReadOnlyList<AuditEntry>>(
            connection =>
            {
                List<AuditEntry> entries = [];
                using var select = connection.Use(
                    "SELECT number, at, by, action, subject, before, after FROM audit WHERE number < ?1 AND (?2 IS NULL OR subject = ?2) ORDER BY number DESC LIMIT ?3");
                select.Bind(1, query.Before ?? long.MaxValue).Bind(2, query.Subject).Bind(3, (long)query.Most);
                while (select.Step())
                {
                    entries.Add(new AuditEntry(select.Text(2), select.Text(3), select.Text(4), select.TextOrNull(5), select.TextOrNull(6))
                    {
                        Number = select.Int64(0),
                        At = new DateTimeOffset(select.Int64(1), TimeSpan.Zero),
                    });
                }

                return entries;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static AccessKey? Find(Connection connection, string id)
    {
        using var select = connection.Use(Columns + " WHERE id = ?1");
        return select.Bind(1, id).Step() ? Read(select) : null;
    }

    private static AccessKey Read(Statement row) => new()
    {
        Id = row.Text(0),
        Name = row.Text(1),
        Roles = (AccessRoles)row.Int32(2),
        Hash = row.Bytes(3).ToArray(),
        Secret = row.Text(4),
        Limits = KeyLimitsJson.Read(row.Text(5)),
        CreatedAt = new DateTimeOffset(row.Int64(6), TimeSpan.Zero),
        ExpiresAt = row.IsNull(7) ? null : new DateTimeOffset(row.Int64(7), TimeSpan.Zero),
        RevokedAt = row.IsNull(8) ? null : new DateTimeOffset(row.Int64(8), TimeSpan.Zero),
    };

    private bool Record(Connection connection, AuditEntry entry)
    {
        using var insert = connection.Use("INSERT INTO audit(at, by, action, subject, before, after) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
        insert.Bind(1, time.GetUtcNow().UtcTicks).Bind(2, entry.By).Bind(3, entry.Action).Bind(4, entry.Subject).Bind(5, entry.Before).Bind(6, entry.After).Step();
        return true;
    }
}
