using Orchestration.Core.MetaEvaluation.Kept;

namespace Orchestration.Storage.Postgres.Checks;

/// <summary>Results of checks, a row each. Written again where an answer was lost, which changes nothing.</summary>
internal sealed class PostgresCheckLog(Database database) : ICheckLog
{
    public async ValueTask KeepAsync(KeptCheck check, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(check);
        await database.RunAsync(
            (connection, _, cancel) => connection.Command(
                """
                INSERT INTO checks(key, kind, at, build, result) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, at = excluded.at, build = excluded.build, result = excluded.result
                """,
                check.Key, check.Check, check.At.UtcTicks, check.Build, check.Result).ExecuteAsync(cancel),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<KeptCheck>> ListAsync(int most, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        return await database.RunAsync(
            (connection, _, cancel) => connection.Command("""SELECT key, kind, at, build, result FROM checks ORDER BY at DESC, key COLLATE "C" LIMIT $1""", most).ListAsync(
                static reader => new KeptCheck(reader.GetString(0), reader.GetString(1), reader.Moment(2), reader.GetString(3), reader.GetString(4)), cancel),
            cancellationToken).ConfigureAwait(false);
    }
}
