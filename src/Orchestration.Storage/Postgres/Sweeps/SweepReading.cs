using Npgsql;
using Orchestration.Core.Sweeps;
using Orchestration.Storage.Formats;

namespace Orchestration.Storage.Postgres.Sweeps;

/// <summary>Sweeps and shards as they are read.</summary>
internal static class SweepReading
{
    private const string Select =
        """
        SELECT s.number, s.state, s.definition, s.fingerprint, s.output_folder, s.created_at, s.row_count, s.rejected, s.shards, s.priority,
          coalesce(sum(t.calls), 0)::bigint, coalesce(sum(t.failures), 0)::bigint, coalesce(sum(t.input_tokens), 0)::bigint,
          coalesce(sum(t.cached_input_tokens), 0)::bigint, coalesce(sum(t.output_tokens), 0)::bigint, coalesce(sum(t.reasoning_tokens), 0)::bigint,
          coalesce(sum(t.cost_usd), 0), coalesce(sum(t.seconds), 0),
          coalesce(sum(t.repaid), 0)::bigint + coalesce((SELECT r.calls FROM repaid r WHERE r.payer = 's' || s.number), 0)
        FROM sweeps s LEFT JOIN sweep_totals t ON t.sweep = s.number
        """;

    public static async Task<SweepRecord?> FindAsync(NpgsqlConnection connection, long number, CancellationToken cancellationToken) =>
        (await connection.Command(Select + " WHERE s.number = $1 GROUP BY s.number", number).ListAsync(Record, cancellationToken).ConfigureAwait(false)).FirstOrDefault();

    public static Task<List<SweepRecord>> ListAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.Command(Select + " GROUP BY s.number ORDER BY s.number DESC").ListAsync(Record, cancellationToken);

    public static async Task<SweepState?> StateAsync(NpgsqlConnection connection, long number, string locking, CancellationToken cancellationToken) =>
        (SweepState?)await connection.Command($"SELECT state FROM sweeps WHERE number = $1 {locking}", number).ScalarAsync<short?>(cancellationToken).ConfigureAwait(false);

    public static async Task<StoredShard?> ShardAsync(NpgsqlConnection connection, long number, int index, ShardParts parts, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(
            $"""
            SELECT h.row_count, h.first_row, h.done,
              {(parts.HasFlag(ShardParts.Head) ? "d.head" : "NULL::bytea")}, {(parts.HasFlag(ShardParts.Text) ? "d.body" : "NULL::bytea")}, {(parts.HasFlag(ShardParts.Block) ? "b.body" : "NULL::bytea")}
            FROM shards h
            {((parts & (ShardParts.Head | ShardParts.Text)) != ShardParts.None ? "JOIN shard_data d ON d.sweep = h.sweep AND d.index = h.index" : "")}
            {(parts.HasFlag(ShardParts.Block) ? "LEFT JOIN shard_blocks b ON b.sweep = h.sweep AND b.index = h.index" : "")}
            WHERE h.sweep = $1 AND h.index = $2
            """,
            number, index);
        await using var reader = await command.ExecuteReaderAsync(System.Data.CommandBehavior.SequentialAccess, cancellationToken).ConfigureAwait(false);
        if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) return null;
        var (rows, firstRow, isDone) = (reader.GetInt32(0), reader.GetInt64(1), reader.GetBoolean(2));
        return new StoredShard(index, firstRow, rows, isDone, reader.BytesOrNull(3), reader.BytesOrNull(4), reader.BytesOrNull(5));
    }

    public static Task<List<ShardWords>> WordsAsync(NpgsqlConnection connection, long number, int first, int count, CancellationToken cancellationToken) => connection.Command(
        """
        SELECT h.index, h.first_row, h.row_count, h.done, d.words FROM shards h JOIN shard_data d ON d.sweep = h.sweep AND d.index = h.index
        WHERE h.sweep = $1 AND h.index >= $2 ORDER BY h.index LIMIT $3
        """,
        number, first, count).ListAsync(static reader => new ShardWords(reader.GetInt32(0), reader.GetInt64(1), reader.GetInt32(2), reader.GetBoolean(3), reader.BytesOrNull(4)), cancellationToken);

    private static SweepRecord Record(NpgsqlDataReader reader) => new()
    {
        Id = SweepKeys.Id(reader.GetInt64(0)),
        State = (SweepState)reader.GetInt16(1),
        Definition = reader.GetString(2),
        Fingerprint = reader.GetString(3),
        OutputFolder = reader.GetString(4),
        CreatedAt = reader.Moment(5),
        Rows = reader.GetInt64(6),
        Rejected = reader.GetInt64(7),
        Shards = reader.GetInt32(8),
        Priority = reader.GetInt32(9),
        Totals = new SweepTotals(
            reader.GetInt64(10), reader.GetInt64(11), reader.GetInt64(12), reader.GetInt64(13), reader.GetInt64(14), reader.GetInt64(15), reader.GetDecimal(16), reader.GetDouble(17))
        {
            Repaid = reader.GetInt64(18),
        },
    };
}
