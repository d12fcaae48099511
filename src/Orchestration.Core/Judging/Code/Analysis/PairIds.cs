using System.Numerics;

namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>
/// Pairs of numbers interned to consecutive ids. With the id of an n-gram as the first number and the next symbol as the second it is
/// a trie of n-grams whose node ids are exact: no two n-grams share one, as they might with hashes alone.
/// </summary>
internal sealed class PairIds
{
    private Slot[] _slots = new Slot[1024];
    private int _shift = 64 - 10;

    /// <summary>How many pairs there are.</summary>
    public int Count { get; private set; }

    /// <summary>The id of a pair of numbers from 0 up, or −1.</summary>
    public int Find(int first, int second)
    {
        var key = Key(first, second);
        var slots = _slots;
        for (var at = Place(key); ; at = (at + 1) & (slots.Length - 1))
        {
            ref readonly var slot = ref slots[at];
            if (slot.Key == key) return slot.Id;
            if (slot.Key == 0) return -1;
        }
    }

    /// <summary>The id of a pair of numbers from 0 up, new where it was not there.</summary>
    public int Intern(int first, int second)
    {
        if (Count * 2 >= _slots.Length) Resize(_slots.Length * 2);
        var key = Key(first, second);
        var slots = _slots;
        for (var at = Place(key); ; at = (at + 1) & (slots.Length - 1))
        {
            ref var slot = ref slots[at];
            if (slot.Key == key) return slot.Id;
            if (slot.Key != 0) continue;
            slot = new Slot { Key = key, Id = Count };
            return Count++;
        }
    }

    /// <summary>Forgets every pair and makes room for an expected number.</summary>
    public void Clear(int expected)
    {
        Count = 0;
        var wanted = Math.Max(1024, (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, expected) * 2));
        if (wanted <= _slots.Length && wanted * 4L >= _slots.Length)
        {
            Array.Clear(_slots);
            return;
        }

        _slots = new Slot[wanted];
        _shift = 64 - BitOperations.Log2((uint)wanted);
    }

    // One is added so that the pair (0, 0) is not the empty slot.
    private static ulong Key(int first, int second) => (((ulong)(uint)first << 32) | (uint)second) + 1;

    private int Place(ulong key) => (int)((key * 0x9E3779B97F4A7C15UL) >> _shift);

    private void Resize(int size)
    {
        var old = _slots;
        _slots = new Slot[size];
        _shift = 64 - BitOperations.Log2((uint)size);
        foreach (var slot in old)
        {
            if (slot.Key == 0) continue;
            var at = Place(slot.Key);
            while (_slots[at].Key != 0) at = (at + 1) & (size - 1);
            _slots[at] = slot;
        }
    }

    private struct Slot
    {
        public ulong Key;
        public int Id;
    }
}
