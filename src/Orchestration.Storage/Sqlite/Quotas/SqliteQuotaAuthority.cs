using Orchestration.Core.Quotas;

namespace Orchestration.Storage.Sqlite.Quotas;

/// <summary>
/// The quota of all processes that open the file: one row a bucket. Its clock is the machine's monotonic one, which all of them share; a row written
/// before the machine started anew lies ahead of it and is begun afresh.
/// </summary>
internal sealed class SqliteQuotaAuthority(GroupCommitWriter writer, ReadConnections reads, TimeProvider time) : IQuotaAuthority
{
    public async ValueTask<QuotaGrant> GrantAsync(QuotaAsk ask, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ask);
        return await writer.RunAsync(
            connection =>
            {
                // The clock is read under the write lock: of two processes, the later one has the later now.
                var now = Now();
                var states = Read(connection, ask.Buckets, now);
                var grant = QuotaDating.Grant(states, ask, now);
                Write(connection, ask.Buckets, states);
                return grant;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<QuotaUse>> UseAsync(CancellationToken cancellationToken) => await reads.RunAsync(
        connection =>
        {
            Dictionary<string, BucketState> states = new(StringComparer.Ordinal);
            using var select = connection.Use("SELECT bucket, state FROM quotas");
            while (select.Step()) states[select.Text(0)] = BucketState.FromBytes(select.Bytes(1));
            return QuotaDating.Use(states, Now());
        },
        cancellationToken).ConfigureAwait(false);

    private double Now() => (double)time.GetTimestamp() / time.TimestampFrequency;

    private static BucketState[] Read(Connection connection, IReadOnlyList<QuotaBucket> buckets, double now)
    {
        var states = new BucketState[buckets.Count];
        using var select = connection.Use("SELECT state FROM quotas WHERE bucket = ?1");
        for (var i = 0; i < states.Length; i++)
        {
            var state = select.Bind(1, buckets[i].Name).Step() ? BucketState.FromBytes(select.Bytes(0)) : new BucketState();
            states[i] = state.IsAheadOf(now) ? new BucketState() : state;
            select.Reset();
        }

        return states;
    }

    private static void Write(Connection connection, IReadOnlyList<QuotaBucket> buckets, BucketState[] states)
    {
        using var upsert = connection.Use("INSERT INTO quotas(bucket, state) VALUES (?1, ?2) ON CONFLICT (bucket) DO UPDATE SET state = excluded.state");
        for (var i = 0; i < states.Length; i++)
        {
            upsert.Bind(1, buckets[i].Name).Bind(2, states[i].ToBytes()).RunOnce();
        }
    }
}
