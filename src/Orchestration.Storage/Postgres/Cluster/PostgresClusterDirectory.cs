using System.Globalization;
using Orchestration.Core.Cluster;
using Orchestration.Storage.Formats;

namespace Orchestration.Storage.Postgres.Cluster;

/// <summary>The silos that have the schema open.</summary>
internal sealed class PostgresClusterDirectory(Database database, SiloPresence silo) : IClusterDirectory
{
    public async ValueTask TellAsync(SiloReport report, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(report);
        var text = SiloReportJson.Write(report);
        await database.RunAsync(
            (connection, _, cancel) => connection.Command("UPDATE silos SET report = $2, seen_at = clock_ticks($3::bigint) WHERE number = $1", silo.Number, text, database.Now).ExecuteAsync(cancel),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<SiloRecord>> ListAsync(TimeSpan since, CancellationToken cancellationToken) => await database.RunAsync(
        (connection, _, cancel) => connection.Command(
            """
            WITH known AS MATERIALIZED (
              SELECT number, host, process, version, NOT is_dead(number, clock_ticks($1::bigint), $2) AS alive, started_at, seen_at, clock_ticks($1::bigint) - seen_at AS silence, report
              FROM silos WHERE ended_at IS NULL OR clock_ticks($1::bigint) - seen_at <= $3)
            SELECT number, host, process, version, alive, started_at, seen_at, silence, report FROM known WHERE alive OR silence <= $3 ORDER BY number DESC
            """,
            database.Now, silo.Grace, since.Ticks).ListAsync(
            static reader => new SiloRecord(
                string.Create(CultureInfo.InvariantCulture, $"o{reader.GetInt32(0)}"), reader.GetString(1), reader.GetInt32(2), reader.GetString(3), reader.GetBoolean(4), reader.Moment(5), reader.Moment(6),
                TimeSpan.FromTicks(Math.Max(0, reader.GetInt64(7))), SiloReportJson.Read(reader.GetString(8))),
            cancel),
        cancellationToken).ConfigureAwait(false);
}
