using Orchestration.Core.Cluster;
using Orchestration.Storage.Formats;

namespace Orchestration.Storage.Sqlite.Cluster;

/// <summary>The processes that told of themselves. Who is alive is told by their locks.</summary>
internal sealed class SqliteClusterDirectory(GroupCommitWriter writer, ReadConnections reads, OwnerLocks owners, TimeProvider time) : IClusterDirectory
{
    public async ValueTask TellAsync(SiloReport report, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(report);
        var text = SiloReportJson.Write(report);
        await writer.RunAsync(
            connection =>
            {
                using var upsert = connection.Use(
                    """
                    INSERT INTO silos(owner, host, process, version, started_at, seen_at, report) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)
                    ON CONFLICT (owner) DO UPDATE SET seen_at = excluded.seen_at, report = excluded.report
                    """);
                return upsert.Bind(1, owners.Owner).Bind(2, Environment.MachineName).Bind(3, (long)Environment.ProcessId)
                    .Bind(4, typeof(SqliteClusterDirectory).Assembly.GetName().Version?.ToString() ?? "").Bind(5, time.GetUtcNow().UtcTicks).Bind(6, text).Step();
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<SiloRecord>> ListAsync(TimeSpan since, CancellationToken cancellationToken) => await reads.RunAsync(
        connection =>
        {
            List<SiloRecord> silos = [];
            var now = time.GetUtcNow();
            using var select = connection.Use("SELECT owner, host, process, version, started_at, seen_at, report FROM silos ORDER BY started_at DESC, length(owner) DESC, owner DESC");
            while (select.Step())
            {
                var seen = new DateTimeOffset(select.Int64(5), TimeSpan.Zero);
                var isAlive = !owners.IsDead(select.Text(0));
                if (!isAlive && now - seen > since) continue;
                silos.Add(new SiloRecord(
                    select.Text(0), select.Text(1), select.Int32(2), select.Text(3), isAlive, new DateTimeOffset(select.Int64(4), TimeSpan.Zero), seen, now - seen, SiloReportJson.Read(select.Text(6))));
            }

            return silos;
        },
        cancellationToken).ConfigureAwait(false);
}
