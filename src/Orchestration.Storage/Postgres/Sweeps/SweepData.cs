using Npgsql;
using NpgsqlTypes;
using Orchestration.Core;
using Orchestration.Core.Sweeps;
using Orchestration.Storage.Formats;

namespace Orchestration.Storage.Postgres.Sweeps;

/// <summary>A sweep's data comes in: streamed with COPY, replaced, sealed. Inside transactions; each of them can be run twice.</summary>
internal static class SweepData
{
    public static async Task<bool> AppendAsync(NpgsqlConnection connection, int attempt, string sweepId, IReadOnlyList<ShardData> shards, CancellationToken cancellationToken)
    {
        var number = await RegisteringAsync(connection, sweepId, cancellationToken).ConfigureAwait(false);
        var next = await connection.Command("SELECT shards FROM sweeps WHERE number = $1", number).ScalarAsync<int>(cancellationToken).ConfigureAwait(false);

        // The first attempt's commit may have come through without its answer.
        if (attempt > 0 && shards.Count > 0 && next == shards[^1].Index + 1) return true;
        for (var i = 0; i < shards.Count; i++)
        {
            if (shards[i].Index != next + i)
                throw new ArgumentException($"Shards of sweep {sweepId} follow one another: expected index {next + i}, got {shards[i].Index}.", nameof(shards));
        }

        await connection.Command(
            "INSERT INTO shards(sweep, index, row_count) SELECT $1, * FROM unnest($2::int[], $3::int[])",
            number, shards.Select(static s => s.Index).ToArray(), shards.Select(static s => s.Rows).ToArray()).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        var copy = await connection.BeginBinaryImportAsync("COPY shard_data(sweep, index, head, body, words) FROM STDIN (FORMAT BINARY)", cancellationToken).ConfigureAwait(false);
        await using (copy.ConfigureAwait(false))
        {
            foreach (var shard in shards)
            {
                await copy.StartRowAsync(cancellationToken).ConfigureAwait(false);
                await copy.WriteAsync(number, NpgsqlDbType.Bigint, cancellationToken).ConfigureAwait(false);
                await copy.WriteAsync(shard.Index, NpgsqlDbType.Integer, cancellationToken).ConfigureAwait(false);
                await copy.WriteAsync(shard.Head, NpgsqlDbType.Bytea, cancellationToken).ConfigureAwait(false);
                await copy.WriteAsync(shard.Text, NpgsqlDbType.Bytea, cancellationToken).ConfigureAwait(false);
                if (shard.Words is null) await copy.WriteNullAsync(cancellationToken).ConfigureAwait(false);
                else await copy.WriteAsync(shard.Words, NpgsqlDbType.Bytea, cancellationToken).ConfigureAwait(false);
            }

            await copy.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }

        await connection.Command("UPDATE sweeps SET shards = $2 WHERE number = $1", number, next + shards.Count).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    public static async Task<bool> ReplaceAsync(NpgsqlConnection connection, string sweepId, ShardData shard, CancellationToken cancellationToken)
    {
        var number = await RegisteringAsync(connection, sweepId, cancellationToken).ConfigureAwait(false);
        var replaced = await connection.Command("UPDATE shards SET row_count = $3 WHERE sweep = $1 AND index = $2", number, shard.Index, shard.Rows).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        if (replaced == 0) throw new ArgumentException($"Sweep {sweepId} has no shard {shard.Index} to replace.", nameof(shard));
        await connection.Command("UPDATE shard_data SET head = $3, body = $4, words = $5 WHERE sweep = $1 AND index = $2", number, shard.Index, shard.Head, shard.Text, shard.Words).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    public static async Task<SweepRecord> SealAsync(NpgsqlConnection connection, int attempt, string sweepId, SweepSeal seal, CancellationToken cancellationToken)
    {
        if (attempt > 0 && SweepKeys.Number(sweepId) is { } known && await SweepReading.FindAsync(connection, known, cancellationToken).ConfigureAwait(false) is { State: SweepState.Running } done
            && done.Definition == seal.Definition) return done;
        var number = await RegisteringAsync(connection, sweepId, cancellationToken).ConfigureAwait(false);
        var rows = await connection.Command("SELECT coalesce(sum(row_count), 0)::bigint FROM shards WHERE sweep = $1", number).ScalarAsync<long>(cancellationToken).ConfigureAwait(false);
        if (rows != seal.Rows) throw new ArgumentException($"Sweep {sweepId} is sealed with {seal.Rows} rows and its shards hold {rows}.", nameof(seal));
        await connection.Command(
            """
            UPDATE shards SET first_row = b.before
            FROM (SELECT index, coalesce(sum(row_count) OVER (ORDER BY index ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::bigint AS before FROM shards WHERE sweep = $1) b
            WHERE shards.sweep = $1 AND shards.index = b.index
            """,
            number).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        await connection.Command(
            "UPDATE sweeps SET state = $2, definition = $3, row_count = $4, rejected = $5 WHERE number = $1",
            number, (short)SweepState.Running, seal.Definition, seal.Rows, seal.Rejected).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        return (await SweepReading.FindAsync(connection, number, cancellationToken).ConfigureAwait(false))!;
    }

    private static async Task<long> RegisteringAsync(NpgsqlConnection connection, string sweepId, CancellationToken cancellationToken)
    {
        var number = SweepKeys.Number(sweepId) ?? throw SweepKeys.NotFound(sweepId);
        return await SweepReading.StateAsync(connection, number, "FOR UPDATE", cancellationToken).ConfigureAwait(false) switch
        {
            SweepState.Registering => number,
            null => throw SweepKeys.NotFound(sweepId),
            var state => throw new InvalidOperationException($"Sweep {sweepId} is {state}: its data is only written while it is registering."),
        };
    }
}
