using Orchestration.Storage.Formats;
using Orchestration.Core;

namespace Orchestration.Storage.Sqlite.Judgments;

/// <summary>
/// Moves the journal into the tables of pairs and details, in the caller's transaction. Any process may do it at any time: the transaction sees every
/// committed row of the journal and takes them all.
/// </summary>
internal static class Fold
{
    public static void Run(Connection connection, SqliteStoreOptions options)
    {
        var (chains, order, rows, count) = ReadJournal(connection);

        // Another process may have been quicker.
        if (count < options.FoldEntries && rows.Sum(static row => (long)row.Value.Length) < options.FoldBytes) return;

        var details = new DetailChunks(connection);
        var entries = new ByteWriter();
        var cursor = new PairCursor(connection);
        using var insert = connection.Use("INSERT INTO pairs(high, low, entries) VALUES (?1, ?2, ?3)");
        using var update = connection.Use("UPDATE pairs SET entries = ?2 WHERE id = ?1");
        foreach (var pair in order)
        {
            entries.Clear();
            var exists = cursor.MoveTo(pair);
            if (exists) entries.Bytes(cursor.Entries);
            var id = exists ? cursor.Id : 0;
            foreach (var entry in chains[pair])
            {
                var at = details.Add(rows[entry.Row].AsSpan(entry.DetailAt, entry.DetailLength));
                PairFormat.Write(entries, entry, at.Row, at.Position);
            }

            details.EndPair();
            if (exists) update.Bind(1, id).Bind(2, entries.Written).RunOnce();
            else insert.Bind(1, (long)pair.High).Bind(2, (long)pair.Low).Bind(3, entries.Written).RunOnce();
        }

        cursor.Release();
        details.Finish();
        connection.Run("DELETE FROM journal");
        using var state = connection.Use("UPDATE store SET folded_through = ?1, folded = folded + ?2");
        state.Bind(1, rows.Keys.Max()).Bind(2, count).Step();
    }

    private static (Dictionary<Hash128, List<JournalEntry>> Chains, List<Hash128> Order, Dictionary<long, byte[]> Rows, int Count) ReadJournal(Connection connection)
    {
        // In the order in which pairs first came, which is the order of the sweep and of its next reading.
        Dictionary<Hash128, List<JournalEntry>> chains = [];
        List<Hash128> order = [];
        Dictionary<long, byte[]> rows = [];
        var count = 0;
        using var select = connection.Use("SELECT seq, entries FROM journal ORDER BY seq");
        while (select.Step())
        {
            var seq = select.Int64(0);
            var bytes = select.Bytes(1).ToArray();
            rows.Add(seq, bytes);
            var reader = new ByteReader(bytes);
            while (!reader.AtEnd)
            {
                var entry = JournalFormat.Read(ref reader, seq);
                if (!chains.TryGetValue(entry.Pair, out var chain))
                {
                    chains.Add(entry.Pair, chain = []);
                    order.Add(entry.Pair);
                }

                chain.Add(entry);
                count++;
            }
        }

        return (chains, order, rows, count);
    }
}
