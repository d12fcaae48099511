using Orchestration.Storage.Formats;
using Orchestration.Core.Sweeps;

namespace Orchestration.Storage.Sqlite.Sweeps;

/// <summary>A sweep's data comes in: shards are appended, replaced, sealed; what was cut off is removed. Inside the writer's transactions.</summary>
internal static class SweepRegistration
{
    public static SweepRecord Create(Connection connection, NewSweep sweep, DateTimeOffset now)
    {
        using (var insert = connection.Use(
            """
            INSERT INTO sweeps(state, definition, fingerprint, output_folder, owner, created_at, priority) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """))
        {
            insert.Bind(1, (long)SweepState.Registering).Bind(2, sweep.Definition).Bind(3, sweep.Fingerprint).Bind(4, sweep.OutputFolder)
                .Bind(5, sweep.Owner).Bind(6, now.UtcTicks).Bind(7, (long)sweep.Priority).Step();
        }

        return SweepRows.Find(connection, connection.LastInsertedId)!;
    }

    public static bool Append(Connection connection, string sweepId, IReadOnlyList<ShardData> shards)
    {
        var number = Registering(connection, sweepId);
        var next = SweepRows.Find(connection, number)!.Shards;
        foreach (var shard in shards)
        {
            if (shard.Index != next)
                throw new ArgumentException($"Shards of sweep {sweepId} follow one another: expected index {next}, got {shard.Index}.", nameof(shards));
            var key = SweepKeys.Shard(number, shard.Index);
            using (var insert = connection.Use("INSERT INTO shards(key, sweep, row_count) VALUES (?1, ?2, ?3)"))
                insert.Bind(1, key).Bind(2, number).Bind(3, (long)shard.Rows).Step();
            WriteData(connection, key, shard);
            next++;
        }

        using var update = connection.Use("UPDATE sweeps SET shards = ?2 WHERE number = ?1");
        return update.Bind(1, number).Bind(2, (long)next).Step();
    }

    public static bool Replace(Connection connection, string sweepId, ShardData shard)
    {
        var key = SweepKeys.Shard(Registering(connection, sweepId), shard.Index);
        using (var update = connection.Use("UPDATE shards SET row_count = ?2 WHERE key = ?1"))
            update.Bind(1, key).Bind(2, (long)shard.Rows).Step();
        if (connection.Changes == 0) throw new ArgumentException($"Sweep {sweepId} has no shard {shard.Index} to replace.", nameof(shard));
        WriteData(connection, key, shard);
        return true;
    }

    public static SweepRecord Seal(Connection connection, string sweepId, SweepSeal seal)
    {
        var number = Registering(connection, sweepId);
        List<(long Key, long FirstRow)> firstRows = [];
        var rows = 0L;
        using (var select = connection.Use("SELECT key, row_count FROM shards WHERE key >= ?1 AND key < ?2 ORDER BY key"))
        {
            select.Bind(1, SweepKeys.Shard(number, 0)).Bind(2, SweepKeys.Shard(number + 1, 0));
            while (select.Step())
            {
                firstRows.Add((select.Int64(0), rows));
                rows += select.Int64(1);
            }
        }

        if (rows != seal.Rows)
            throw new ArgumentException($"Sweep {sweepId} is sealed with {seal.Rows} rows and its shards hold {rows}.", nameof(seal));
        using (var update = connection.Use("UPDATE shards SET first_row = ?2 WHERE key = ?1"))
        {
            foreach (var (key, firstRow) in firstRows) update.Bind(1, key).Bind(2, firstRow).RunOnce();
        }

        using (var update = connection.Use("UPDATE sweeps SET state = ?2, definition = ?3, row_count = ?4, rejected = ?5 WHERE number = ?1"))
            update.Bind(1, number).Bind(2, (long)SweepState.Running).Bind(3, seal.Definition).Bind(4, seal.Rows).Bind(5, seal.Rejected).Step();
        return SweepRows.Find(connection, number)!;
    }

    public static int DeleteUnsealed(Connection connection, OwnerLocks owners)
    {
        List<long> cutOff = [];
        using (var select = connection.Use("SELECT number, owner FROM sweeps WHERE state = ?1"))
        {
            select.Bind(1, (long)SweepState.Registering);
            while (select.Step())
            {
                if (owners.IsDead(select.Text(1))) cutOff.Add(select.Int64(0));
            }
        }

        foreach (var number in cutOff) SweepRows.Delete(connection, number);
        return cutOff.Count;
    }

    private static void WriteData(Connection connection, long key, ShardData shard)
    {
        using (var head = connection.Use("INSERT OR REPLACE INTO shard_heads(key, body, words) VALUES (?1, ?2, ?3)")) Words(head.Bind(1, key).Bind(2, shard.Head), shard.Words).Step();
        using (var text = connection.Use("INSERT OR REPLACE INTO shard_texts(key, body) VALUES (?1, ?2)")) text.Bind(1, key).Bind(2, shard.Text).Step();
    }

    private static Statement Words(Statement head, byte[]? words) => words is null ? head.Bind(3, (string?)null) : head.Bind(3, words);

    private static long Registering(Connection connection, string sweepId)
    {
        var number = SweepKeys.Number(sweepId) ?? throw SweepKeys.NotFound(sweepId);
        return SweepRows.State(connection, number) switch
        {
            SweepState.Registering => number,
            null => throw SweepKeys.NotFound(sweepId),
            var state => throw new InvalidOperationException($"Sweep {sweepId} is {state}: its data is only written while it is registering."),
        };
    }
}
