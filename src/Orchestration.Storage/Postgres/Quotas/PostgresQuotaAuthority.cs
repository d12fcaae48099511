using Npgsql;
using Orchestration.Core.Quotas;

namespace Orchestration.Storage.Postgres.Quotas;

/// <summary>
/// The quota of all silos: one row a bucket, locked while it is dated. Its clock is the database's, read once the locks are held: of two silos the later
/// one has the later now, however their own clocks differ.
/// </summary>
internal sealed class PostgresQuotaAuthority(Database database) : IQuotaAuthority
{
    public async ValueTask<QuotaGrant> GrantAsync(QuotaAsk ask, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ask);

        // In one order, so that silos which ask for several buckets wait for each other and never in a circle.
        var names = ask.Buckets.Select(static bucket => bucket.Name).Order(StringComparer.Ordinal).ToArray();
        return await database.TransactAsync(
            async (connection, _, cancel) =>
            {
                var (found, now) = await ReadAsync(connection, names, database.Now, cancel).ConfigureAwait(false);
                var states = new BucketState[ask.Buckets.Count];
                for (var i = 0; i < states.Length; i++)
                {
                    var state = found.GetValueOrDefault(ask.Buckets[i].Name) is { Length: > 0 } bytes ? BucketState.FromBytes(bytes) : new BucketState();
                    states[i] = state.IsAheadOf(now) ? new BucketState() : state;
                }

                var grant = QuotaDating.Grant(states, ask, now);
                await connection.Command(
                    "UPDATE quotas q SET state = g.state FROM unnest($1::text[], $2::bytea[]) AS g(bucket, state) WHERE q.bucket = g.bucket",
                    ask.Buckets.Select(static bucket => bucket.Name).ToArray(), states.Select(static state => state.ToBytes()).ToArray()).ExecuteAsync(cancel).ConfigureAwait(false);
                return grant;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<QuotaUse>> UseAsync(CancellationToken cancellationToken) => await database.RunAsync(
        async (connection, _, cancel) =>
        {
            var rows = await connection.Command("SELECT bucket, state, clock_ticks($1::bigint) - 621355968000000000 FROM quotas WHERE state <> ''", database.Now)
                .ListAsync(static reader => (Bucket: reader.GetString(0), State: BucketState.FromBytes(reader.GetFieldValue<byte[]>(1)), Now: reader.GetInt64(2)), cancel).ConfigureAwait(false);
            return rows.Count == 0 ? [] : QuotaDating.Use(rows.Select(static row => KeyValuePair.Create(row.Bucket, row.State)), rows[0].Now / (double)TimeSpan.TicksPerSecond);
        },
        cancellationToken).ConfigureAwait(false);

    private static async Task<(Dictionary<string, byte[]> States, double Now)> ReadAsync(NpgsqlConnection connection, string[] names, long? given, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.Add("INSERT INTO quotas(bucket, state) SELECT b, '' FROM unnest($1::text[]) b ORDER BY b COLLATE \"C\" ON CONFLICT DO NOTHING", (object)names);
        batch.Add("SELECT bucket, state FROM quotas WHERE bucket = ANY($1) ORDER BY bucket COLLATE \"C\" FOR UPDATE", (object)names);

        // A statement of its own: it begins when the locks are held.
        batch.Add("SELECT clock_ticks($1::bigint) - 621355968000000000", given);
        Dictionary<string, byte[]> states = new(StringComparer.Ordinal);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) states[reader.GetString(0)] = reader.GetFieldValue<byte[]>(1);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return (states, reader.GetInt64(0) / (double)TimeSpan.TicksPerSecond);
    }
}
