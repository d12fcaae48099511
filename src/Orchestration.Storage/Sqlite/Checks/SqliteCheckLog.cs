using Orchestration.Core.MetaEvaluation.Kept;

namespace Orchestration.Storage.Sqlite.Checks;

/// <summary>Results of checks, a row each.</summary>
internal sealed class SqliteCheckLog(GroupCommitWriter writer, ReadConnections reads) : ICheckLog
{
    public async ValueTask KeepAsync(KeptCheck check, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(check);
        await writer.RunAsync(
            connection =>
            {
                using var upsert = connection.Use(
                    """
                    INSERT INTO checks(key, kind, at, build, result) VALUES (?1, ?2, ?3, ?4, ?5)
                    ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, at = excluded.at, build = excluded.build, result = excluded.result
                    """);
                return upsert.Bind(1, check.Key).Bind(2, check.Check).Bind(3, check.At.UtcTicks).Bind(4, check.Build).Bind(5, check.Result).Step();
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<KeptCheck>> ListAsync(int most, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        return await reads.RunAsync<IReadOnlyList<KeptCheck>>(
            connection =>
            {
                List<KeptCheck> checks = [];
                using var select = connection.Use("SELECT key, kind, at, build, result FROM checks ORDER BY at DESC, key LIMIT ?1");
                select.Bind(1, (long)most);
                while (select.Step()) checks.Add(new KeptCheck(select.Text(0), select.Text(1), new DateTimeOffset(select.Int64(2), TimeSpan.Zero), select.Text(3), select.Text(4)));
                return checks;
            },
            cancellationToken).ConfigureAwait(false);
    }
}
