namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>A list of ids whose memory is reused.</summary>
internal sealed class IdList
{
    private int[] _items = new int[256];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The ids in order.</summary>
    public ReadOnlySpan<int> Items => _items.AsSpan(0, Count);

    /// <summary>The ids in order, to be changed in place.</summary>
    public Span<int> Writable => _items.AsSpan(0, Count);

    /// <summary>Keeps the first ones only.</summary>
    public void Truncate(int count) => Count = count;

    /// <summary>Adds one at the end.</summary>
    public void Add(int id)
    {
        if (Count == _items.Length) Array.Resize(ref _items, _items.Length * 2);
        _items[Count++] = id;
    }

    /// <summary>Forgets all and keeps the memory.</summary>
    public void Clear() => Count = 0;

    /// <summary>Gives it a number of items, whatever they were before, to be written by the caller.</summary>
    public Span<int> Reserve(int count)
    {
        if (_items.Length < count) _items = new int[Math.Max(_items.Length * 2, count)];
        Count = count;
        return _items.AsSpan(0, count);
    }
}
