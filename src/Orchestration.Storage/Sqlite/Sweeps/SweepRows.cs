using Orchestration.Storage.Formats;
using Orchestration.Core.Sweeps;

namespace Orchestration.Storage.Sqlite.Sweeps;

/// <summary>Reads sweeps' rows.</summary>
internal static class SweepRows
{
    private const string Columns =
        """
        number, state, definition, fingerprint, output_folder, created_at, row_count, rejected, shards,
        calls, failures, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost_usd, seconds, priority, repaid
        """;

    public static SweepRecord? Find(Connection connection, long number)
    {
        using var select = connection.Use($"SELECT {Columns} FROM sweeps WHERE number = ?1");
        return select.Bind(1, number).Step() ? Read(select) : null;
    }

    public static IReadOnlyList<SweepRecord> List(Connection connection)
    {
        List<SweepRecord> sweeps = [];
        using var select = connection.Use($"SELECT {Columns} FROM sweeps ORDER BY number DESC");
        while (select.Step()) sweeps.Add(Read(select));
        return sweeps;
    }

    /// <summary>The state; null where there is no such sweep.</summary>
    public static SweepState? State(Connection connection, long number)
    {
        using var select = connection.Use("SELECT state FROM sweeps WHERE number = ?1");
        return select.Bind(1, number).Step() ? (SweepState)select.Int32(0) : null;
    }

    public static void SetState(Connection connection, long number, SweepState state)
    {
        using var update = connection.Use("UPDATE sweeps SET state = ?2 WHERE number = ?1");
        update.Bind(1, number).Bind(2, (long)state).Step();
    }

    /// <summary>Removes a sweep and everything that belongs to it.</summary>
    public static void Delete(Connection connection, long number)
    {
        var first = SweepKeys.Shard(number, 0);
        var end = SweepKeys.Shard(number + 1, 0);
        ReadOnlySpan<string> deletes =
        [
            "DELETE FROM shard_heads WHERE key >= ?1 AND key < ?2",
            "DELETE FROM shard_texts WHERE key >= ?1 AND key < ?2",
            "DELETE FROM shard_blocks WHERE key >= ?1 AND key < ?2",
            "DELETE FROM unscored WHERE shard >= ?1 AND shard < ?2",
            "DELETE FROM shards WHERE key >= ?1 AND key < ?2",
        ];
        foreach (var sql in deletes)
        {
            using var delete = connection.Use(sql);
            delete.Bind(1, first).Bind(2, end).Step();
        }

        using var sweep = connection.Use("DELETE FROM sweeps WHERE number = ?1");
        sweep.Bind(1, number).Step();
    }

    private static SweepRecord Read(Statement row) => new()
    {
        Id = SweepKeys.Id(row.Int64(0)),
        State = (SweepState)row.Int32(1),
        Definition = row.Text(2),
        Fingerprint = row.Text(3),
        OutputFolder = row.Text(4),
        CreatedAt = new DateTimeOffset(row.Int64(5), TimeSpan.Zero),
        Rows = row.Int64(6),
        Rejected = row.Int64(7),
        Shards = row.Int32(8),
        Priority = row.Int32(17),
        Totals = new SweepTotals(
            row.Int64(9), row.Int64(10), row.Int64(11), row.Int64(12), row.Int64(13), row.Int64(14), row.Decimal(15), row.Double(16))
        {
            Repaid = row.Int64(18),
        },
    };
}
