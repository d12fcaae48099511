using System.Buffers.Binary;
using Npgsql;
using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Storage.Formats;
using Orchestration.Storage.Postgres.Spool;

namespace Orchestration.Storage.Postgres.Judgments;

/// <summary>Judgments, one row each, by address. Written in groups, in the order of their addresses, so that silos which write the same ones wait for each other and never in a circle.</summary>
internal sealed class PostgresJudgmentStore(
    Database database, GroupCommit<IReadOnlyList<StoredJudgment>, IReadOnlyList<IReadOnlyList<double>>> writer, ClaimedRoom room) : IJudgmentStore
{
    /// <summary>Pairs of one question.</summary>
    private const int PairsPerQuestion = 4096;

    public async ValueTask<IReadOnlyList<IReadOnlyList<double>?>> GetAsync(IReadOnlyList<JudgmentAddress> addresses, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        cancellationToken.ThrowIfCancellationRequested();
        if (addresses.Count == 0) return [];
        var pairs = addresses.Select(static address => address.Pair).Distinct().Select(static pair => pair.ToGuid()).ToArray();
        var found = new Dictionary<JudgmentAddress, IReadOnlyList<double>>(addresses.Count);
        foreach (var some in pairs.Chunk(PairsPerQuestion))
        {
            var rows = await database.RunAsync(
                (connection, _, cancel) => connection.Command("SELECT pair, judge, repeat, vals FROM judgments WHERE pair = ANY($1)", some)
                    .ListAsync(static reader => (Address: AddressOf(reader), Values: ValuesOf(reader.GetFieldValue<byte[]>(3))), cancel),
                cancellationToken).ConfigureAwait(false);
            foreach (var (address, values) in rows) found[address] = values;
        }

        return [.. addresses.Select(address => found.GetValueOrDefault(address))];
    }

    public async ValueTask<StoredJudgment?> FindAsync(JudgmentAddress address, CancellationToken cancellationToken) => await database.RunAsync(
        async (connection, _, cancel) => (await connection.Command(
                "SELECT vals, detail FROM judgments WHERE pair = $1 AND judge = $2 AND repeat = $3", address.Pair.ToGuid(), address.Judge.ToGuid(), address.Repeat)
            .ListAsync(reader => Read(address, reader), cancel).ConfigureAwait(false)).FirstOrDefault(),
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<IReadOnlyList<double>>> PutAsync(IReadOnlyList<StoredJudgment> judgments, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(judgments);
        cancellationToken.ThrowIfCancellationRequested();
        if (judgments.Count == 0) return [];
        try
        {
            return await writer.RunAsync(Checked(judgments), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            foreach (var judgment in judgments) room.GiveBack(judgment.Address);
        }
    }

    public async ValueTask<long> CountAsync(CancellationToken cancellationToken) => await database.RunAsync(
        static (connection, _, cancel) => new NpgsqlCommand("SELECT count(*) FROM judgments", connection).ScalarAsync<long>(cancel), cancellationToken).ConfigureAwait(false);

    /// <summary>Writes what several callers handed in; the first of an address wins. While the database is away it is kept in the spool.</summary>
    public static async Task<IReadOnlyList<IReadOnlyList<IReadOnlyList<double>>>> CommitAsync(
        Database database, JudgmentSpool? spool, IReadOnlyList<IReadOnlyList<StoredJudgment>> groups, CancellationToken cancellationToken)
    {
        var held = new Dictionary<JudgmentAddress, IReadOnlyList<double>>();
        var fresh = new List<StoredJudgment>();
        foreach (var judgment in groups.SelectMany(static group => group))
        {
            if (held.TryAdd(judgment.Address, judgment.Values)) fresh.Add(judgment);
        }

        fresh.Sort(static (a, b) => AddressOrder.Instance.Compare(a.Address, b.Address));
        var isKept = false;
        var others = await database.RunAsync(
            (connection, attempt, cancel) => InsertAsync(connection, attempt, fresh, cancel),
            cancellationToken,
            onAway: attempt =>
            {
                if (attempt == 0) isKept = spool?.Keep(fresh) == true;
            }).ConfigureAwait(false);
        if (isKept) spool!.Delivered();
        foreach (var (address, values) in others) held[address] = values;
        return [.. groups.Select(group => (IReadOnlyList<IReadOnlyList<double>>)[.. group.Select(judgment => held[judgment.Address])])];
    }

    /// <summary>Inserts, and reads what was there before.</summary>
    private static async Task<List<(JudgmentAddress Address, IReadOnlyList<double> Values)>> InsertAsync(
        NpgsqlConnection connection, int attempt, List<StoredJudgment> judgments, CancellationToken cancellationToken)
    {
        var inserted = await connection.Command(
            """
            WITH given AS MATERIALIZED (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::bytea[], $5::bytea[]) AS g(pair, judge, repeat, vals, detail)),
            bought AS (DELETE FROM claims c USING given g WHERE c.pair = g.pair AND c.judge = g.judge AND c.repeat = g.repeat)
            INSERT INTO judgments(pair, judge, repeat, vals, detail) SELECT * FROM given
            ON CONFLICT DO NOTHING RETURNING pair, judge, repeat
            """,
            judgments.Select(static j => j.Address.Pair.ToGuid()).ToArray(),
            judgments.Select(static j => j.Address.Judge.ToGuid()).ToArray(),
            judgments.Select(static j => j.Address.Repeat).ToArray(),
            judgments.Select(static j => BytesOf(j.Values)).ToArray(),
            judgments.Select(static j => DetailOf(j.Detail)).ToArray()).ListAsync(static reader => AddressOf(reader), cancellationToken).ConfigureAwait(false);

        // On a second attempt they may be one's own of the first.
        if (attempt == 0 && inserted.Count == judgments.Count) return [];
        var missing = judgments.Select(static j => j.Address).Except(inserted).ToArray();
        return await connection.Command(
            """
            SELECT j.pair, j.judge, j.repeat, j.vals FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS g(pair, judge, repeat)
            JOIN judgments j ON j.pair = g.pair AND j.judge = g.judge AND j.repeat = g.repeat
            """,
            missing.Select(static a => a.Pair.ToGuid()).ToArray(),
            missing.Select(static a => a.Judge.ToGuid()).ToArray(),
            missing.Select(static a => a.Repeat).ToArray()).ListAsync(static reader => (AddressOf(reader), (IReadOnlyList<double>)ValuesOf(reader.GetFieldValue<byte[]>(3))), cancellationToken).ConfigureAwait(false);
    }

    private static StoredJudgment Read(JudgmentAddress address, NpgsqlDataReader reader)
    {
        var source = new ByteReader(reader.GetFieldValue<byte[]>(1));
        return new StoredJudgment { Address = address, Values = ValuesOf(reader.GetFieldValue<byte[]>(0)), Detail = DetailFormat.Read(ref source) };
    }

    private static StoredJudgment[] Checked(IReadOnlyList<StoredJudgment> judgments)
    {
        var copies = new StoredJudgment[judgments.Count];
        for (var i = 0; i < copies.Length; i++)
        {
            var judgment = judgments[i];
            foreach (var value in judgment.Values)
            {
                if (!double.IsFinite(value)) throw new ArgumentException($"Judgment {i} of pair {judgment.Address.Pair}: a stored value is a finite number, got {value:R}.", nameof(judgments));
            }

            if (judgment.Values.Count == 0) throw new ArgumentException($"Judgment {i} of pair {judgment.Address.Pair} has no values; only answers are stored.", nameof(judgments));
            ArgumentOutOfRangeException.ThrowIfNegative(judgment.Address.Repeat, nameof(judgments));
            copies[i] = judgment with { Values = [.. judgment.Values] };
        }

        return copies;
    }

    private static JudgmentAddress AddressOf(NpgsqlDataReader reader) => new(reader.GetGuid(0).ToHash(), reader.GetGuid(1).ToHash(), reader.GetInt32(2));

    private static byte[] BytesOf(IReadOnlyList<double> values)
    {
        var bytes = new byte[values.Count * 8];
        for (var i = 0; i < values.Count; i++) BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(i * 8), values[i]);
        return bytes;
    }

    internal static double[] ValuesOf(byte[] bytes)
    {
        var values = new double[bytes.Length / 8];
        for (var i = 0; i < values.Length; i++) values[i] = BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(i * 8));
        return values;
    }

    private static byte[] DetailOf(JudgmentDetail detail)
    {
        var writer = new ByteWriter();
        DetailFormat.Write(writer, detail);
        return writer.Written.ToArray();
    }
}
