using Orchestration.Storage.Formats;
using Orchestration.Core;
using Orchestration.Core.Judging;

namespace Orchestration.Storage.Sqlite.Judgments;

/// <summary>The writer's side of the journal: what is new in a transaction becomes one row of it. Used by the writer's thread only.</summary>
internal sealed class JournalWriter(Connection connection, JournalCache cache, SqliteStoreOptions options)
{
    /// <summary>A row is cut beyond this many bytes, so that no load of one needs much memory.</summary>
    private const int MostRowBytes = 1 << 20;

    private readonly ByteWriter _row = new();
    private readonly Dictionary<JudgmentAddress, double[]> _new = [];
    private List<JournalEntry> _entries = [];
    private List<CommittedRow> _rows = [];
    private JournalIndex? _index;
    private PairCursor? _cursor;
    private long _seq;
    private long _foldEntries = options.FoldEntries;
    private long _foldBytes = options.FoldBytes;

    /// <summary>A transaction has begun.</summary>
    public void Begin()
    {
        _row.Clear();
        _new.Clear();
        _entries = [];
        _rows = [];
        _index = null;
        _cursor = null;
    }

    /// <summary>Stores a judgment unless its address is taken; returns the values that are held.</summary>
    public double[] Put(JudgmentAddress address, double[] values, ReadOnlySpan<byte> encoded, int detailLength)
    {
        if (_index is null)
        {
            // A transaction that may write sees the newest state: no fold can be newer.
            _index = cache.TryFor(connection) ?? throw connection.Failure(SQLitePCL.raw.SQLITE_CORRUPT);
            _cursor = new PairCursor(connection);
            _seq = connection.Number("SELECT max(seq) FROM journal") ?? _index.FoldedThrough;
            _seq++;
        }

        if (_new.TryGetValue(address, out var first)) return first;
        if (JournalEntry.Find(_index.Chain(address.Pair), address.Judge, address.Repeat) is { } entry) return entry.Values;
        if (_cursor!.TryFind(address.Pair, address.Judge, address.Repeat, out var stored)) return stored.Values;

        var detailAt = _row.Length + encoded.Length - detailLength;
        _row.Bytes(encoded);
        _entries.Add(new JournalEntry(address.Pair, address.Judge, address.Repeat, values, _seq, detailAt, detailLength));
        _new.Add(address, values);
        if (_row.Length >= MostRowBytes) WriteRow();
        return values;
    }

    /// <summary>The transaction is about to be committed.</summary>
    public void Flush()
    {
        _cursor?.Release();
        if (_entries.Count > 0) WriteRow();
    }

    /// <summary>The transaction is durable.</summary>
    public void Committed()
    {
        if (_rows.Count > 0) cache.Committed(_index!, _rows);
    }

    /// <summary>Folds the journal where it has grown long.</summary>
    /// <param name="beginTurn">Begins a transaction that may write.</param>
    public void FoldIfLong(Action beginTurn)
    {
        if (_index is null || (_index.Count < _foldEntries && _index.Bytes < _foldBytes)) return;
        try
        {
            beginTurn();
            Fold.Run(connection, options);
            connection.Run("COMMIT");
            _foldEntries = options.FoldEntries;
            _foldBytes = options.FoldBytes;
        }
        catch (Exception failure) when (failure is SqliteFailureException or InvalidDataException)
        {
            // A full disk or a long wait: nothing is lost, the journal holds it all. Try again when it is twice as long.
            if (connection.InTransaction) connection.RollbackIfNeeded();
            _foldEntries = Math.Max(_foldEntries, _index.Count) * 2;
            _foldBytes = Math.Max(_foldBytes, _index.Bytes) * 2;
        }
        finally
        {
            _index = null;
        }
    }

    private void WriteRow()
    {
        using (var insert = connection.Use("INSERT INTO journal(seq, entries) VALUES (?1, ?2)")) insert.Bind(1, _seq).Bind(2, _row.Written).Step();
        _rows.Add(new CommittedRow(_seq, _entries, _row.Length));
        _entries = [];
        _row.Clear();
        _seq++;
    }
}
