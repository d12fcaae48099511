using Orchestration.Storage.Formats;

namespace Orchestration.Storage.Sqlite.Judgments;

/// <summary>Holds the current <see cref="JournalIndex"/> of this process and brings it up to what a transaction sees.</summary>
internal sealed class JournalCache
{
    private readonly Lock _gate = new();
    private JournalIndex _current = new(-1);

    /// <summary>
    /// The index that belongs to the snapshot of this connection's transaction; it may hold later rows of the same fold too, which are as true.
    /// Null where the snapshot is older than a fold that this process knows of: then the transaction has to begin again.
    /// </summary>
    public JournalIndex? TryFor(Connection connection)
    {
        long foldedThrough, through;
        using (var state = connection.Use("SELECT folded_through, (SELECT max(seq) FROM journal) FROM store"))
        {
            state.Step();
            foldedThrough = state.Int64(0);
            through = state.IsNull(1) ? foldedThrough : state.Int64(1);
        }

        lock (_gate)
        {
            if (_current.FoldedThrough > foldedThrough) return null;
            if (_current.FoldedThrough < foldedThrough) _current = new JournalIndex(foldedThrough);
            if (_current.Through < through) Load(connection, _current);
            return _current;
        }
    }

    /// <summary>Adds rows that this process has just committed, unless a reader was quicker or another process wrote between.</summary>
    public void Committed(JournalIndex index, IReadOnlyList<CommittedRow> rows)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(index, _current)) return;
            foreach (var row in rows)
            {
                if (index.Through == row.Seq - 1) index.Add(row.Seq, row.Entries, row.Bytes);
            }
        }
    }

    private static void Load(Connection connection, JournalIndex index)
    {
        using var rows = connection.Use("SELECT seq, entries FROM journal WHERE seq > ?1 ORDER BY seq");
        rows.Bind(1, index.Through);
        List<JournalEntry> entries = [];
        while (rows.Step())
        {
            var seq = rows.Int64(0);
            var bytes = rows.Bytes(1);
            var reader = new ByteReader(bytes);
            entries.Clear();
            while (!reader.AtEnd) entries.Add(JournalFormat.Read(ref reader, seq));
            index.Add(seq, entries, bytes.Length);
        }
    }
}

/// <summary>A row of the journal that this process wrote.</summary>
/// <param name="Seq">Its number.</param>
/// <param name="Entries">What is in it.</param>
/// <param name="Bytes">Its length.</param>
internal sealed record CommittedRow(long Seq, IReadOnlyList<JournalEntry> Entries, int Bytes);
