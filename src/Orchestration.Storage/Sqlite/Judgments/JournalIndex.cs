using System.Collections.Concurrent;
using Orchestration.Core;

namespace Orchestration.Storage.Sqlite.Judgments;

/// <summary>
/// What the journal holds after one fold and before the next, in memory. It only grows; a fold begins a new one, so that whoever reads an older
/// snapshot of the file keeps the index that belongs to it.
/// </summary>
internal sealed class JournalIndex(long foldedThrough)
{
    private readonly ConcurrentDictionary<Hash128, JournalEntry> _chains = new();
    private int _count;

    /// <summary>The last row that the fold before this index took.</summary>
    public long FoldedThrough { get; } = foldedThrough;

    /// <summary>The last row that is in here.</summary>
    public long Through { get; private set; } = foldedThrough;

    /// <summary>Judgments in here.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Bytes of the rows that are in here.</summary>
    public long Bytes { get; private set; }

    /// <summary>The pair's judgments that are in the journal, as a chain; null where there are none.</summary>
    public JournalEntry? Chain(Hash128 pair) => _chains.GetValueOrDefault(pair);

    /// <summary>Adds a row. Called under <see cref="JournalCache"/>'s lock, in the order of rows.</summary>
    public void Add(long row, IReadOnlyList<JournalEntry> entries, int bytes)
    {
        foreach (var entry in entries)
        {
            // Readers walk chains without a lock: an entry is complete before it is linked, and links never change after.
            entry.Next = _chains.GetValueOrDefault(entry.Pair);
            _chains[entry.Pair] = entry;
        }

        Volatile.Write(ref _count, _count + entries.Count);
        Bytes += bytes;
        Through = row;
    }
}
