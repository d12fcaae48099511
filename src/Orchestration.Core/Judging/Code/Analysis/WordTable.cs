namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>Words interned to consecutive ids, compared by content. Not safe for concurrent writers.</summary>
internal sealed class WordTable
{
    /// <summary>The hash of the empty word (32-bit FNV-1a over UTF-16 units).</summary>
    public const uint EmptyHash = 2166136261;

    private int[] _heads = new int[1024];
    private Entry[] _entries = new Entry[512];
    private char[] _chars = new char[4096];
    private int _tail;

    /// <summary>How many words there are; ids are 0 to this less one.</summary>
    public int Count { get; private set; }

    /// <summary>The hash of a word that is one unit longer.</summary>
    public static uint Hash(uint hash, char unit) => (hash ^ unit) * 16777619;

    /// <summary>The hash of a word.</summary>
    public static uint Hash(ReadOnlySpan<char> word)
    {
        var hash = EmptyHash;
        foreach (var unit in word) hash = Hash(hash, unit);
        return hash;
    }

    /// <summary>The word of an id.</summary>
    public ReadOnlySpan<char> Word(int id)
    {
        ref readonly var entry = ref _entries[id];
        return _chars.AsSpan(entry.Start, entry.Length);
    }

    /// <summary>The id of a word, or −1.</summary>
    public int Find(ReadOnlySpan<char> word, uint hash)
    {
        for (var id = _heads[hash & (uint)(_heads.Length - 1)] - 1; id >= 0; id = _entries[id].Next)
        {
            ref readonly var entry = ref _entries[id];
            if (entry.Hash == hash && entry.Length == word.Length && word.SequenceEqual(_chars.AsSpan(entry.Start, entry.Length))) return id;
        }

        return -1;
    }

    /// <summary>The id of a word, new where it was not there.</summary>
    public int Intern(ReadOnlySpan<char> word, uint hash)
    {
        var id = Find(word, hash);
        if (id >= 0) return id;
        if (_tail + word.Length > _chars.Length) Array.Resize(ref _chars, Math.Max(_chars.Length * 2, _tail + word.Length));
        if (Count == _entries.Length) Grow();
        word.CopyTo(_chars.AsSpan(_tail));
        ref var head = ref _heads[hash & (uint)(_heads.Length - 1)];
        _entries[Count] = new Entry { Hash = hash, Start = _tail, Length = word.Length, Next = head - 1 };
        _tail += word.Length;
        head = ++Count;
        return Count - 1;
    }

    /// <summary>Forgets every word and keeps the memory.</summary>
    public void Clear()
    {
        Array.Clear(_heads);
        Count = 0;
        _tail = 0;
    }

    private void Grow()
    {
        Array.Resize(ref _entries, _entries.Length * 2);
        _heads = new int[_heads.Length * 2];
        for (var id = 0; id < Count; id++)
        {
            ref var head = ref _heads[_entries[id].Hash & (uint)(_heads.Length - 1)];
            _entries[id].Next = head - 1;
            head = id + 1;
        }
    }

    private struct Entry
    {
        public uint Hash;
        public int Start;
        public int Length;
        public int Next;
    }
}
