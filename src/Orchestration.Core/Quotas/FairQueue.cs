namespace Orchestration.Core.Quotas;

/// <summary>
/// A queue served fairly by payer (start-time fair queueing, Goyal, Vin and Cheng 1996): each entry is due at a virtual time, its payer's last one plus
/// its cost, and virtual time is that of the entry served last. A payer with a thousand entries waiting holds up another's first one by one entry. Not
/// safe for concurrent use.
/// </summary>
public sealed class FairQueue<T>
{
    private readonly PriorityQueue<Entry, (double Due, long Arrival)> _entries = new();
    private readonly Dictionary<string, double> _lastDue = new(StringComparer.Ordinal);
    private double _now;
    private long _arrivals;

    /// <summary>Entries that wait.</summary>
    public int Count => _entries.Count;

    /// <summary>Adds an entry behind its payer's others.</summary>
    /// <param name="payer">Whose it is.</param>
    /// <param name="cost">Its share of what is scarce; more than 0.</param>
    /// <param name="item">The entry.</param>
    public void Add(string payer, double cost, T item)
    {
        var due = Math.Max(_now, _lastDue.GetValueOrDefault(payer, _now)) + cost;
        _lastDue[payer] = due;
        _entries.Enqueue(new Entry(due, _arrivals, item), (due, _arrivals++));
    }

    /// <summary>Takes the entry that is due first.</summary>
    public bool TryTake(out Entry entry)
    {
        if (!_entries.TryDequeue(out entry, out _)) return false;
        _now = Math.Max(_now, entry.Due);
        return true;
    }

    /// <summary>Forgets who was served how much: nobody waits, and nothing that was taken can come back.</summary>
    public void Forget()
    {
        _lastDue.Clear();
        _now = 0;
    }

    /// <summary>Puts an entry that was taken back to its place.</summary>
    public void PutBack(in Entry entry)
    {
        _entries.Enqueue(entry, (entry.Due, entry.Arrival));
        _now = Math.Min(_now, entry.Due);
    }

    /// <summary>An entry with its place.</summary>
    public readonly record struct Entry(double Due, long Arrival, T Item);
}
