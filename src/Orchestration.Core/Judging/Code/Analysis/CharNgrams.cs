using System.Numerics;

namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>
/// Counts the character n-grams, n = 1 to 6, that an answer shares with a reference. Characters are code points other than white space
/// (a lone surrogate is one character); the first 65,536 of a text are read.
/// </summary>
/// <remarks>
/// An n-gram is known by the number of its first n − 1 characters and its last character, so numbers are exact: no two n-grams share
/// one, as they might with hashes alone. An n-gram that stands in the reference once only has one continuation there, which is compared
/// and not looked up; in prose most are of that kind from n = 4 on.
/// </remarks>
internal sealed class CharNgrams
{
    /// <summary>The longest n-gram.</summary>
    public const int Order = 6;

    /// <summary>How many characters of a text are read.</summary>
    public const int MostCharacters = 1 << 16;

    // A slot is 0 or prefix with one added (18 bits), character (21), number of the n-gram (17).
    private const int NumberBits = 17;
    private const int CharacterBits = 21;

    private readonly IdList _reference = new();
    private readonly IdList _answer = new();

    // By place in the reference: the number of the n-gram that starts there, and the last n for which it was matched as the only one.
    private readonly IdList _numbers = new();
    private readonly IdList _taken = new();

    // Places in the reference whose (n − 1)-gram stands there more than once.
    private readonly IdList _open = new();

    // By number: how often the n-gram stands in the reference, how many of these are not matched yet, and where it stands last.
    private readonly IdList _counts = new();
    private readonly IdList _left = new();
    private readonly IdList _places = new();

    // Places in the answer whose (n − 1)-gram stands in the reference, and what it is: a number, or −1 less its only place.
    private readonly IdList _alive = new();
    private readonly IdList _states = new();
    private ulong[] _slots = [];

    /// <summary>Characters read of the reference.</summary>
    public int ReferenceLength { get; private set; }

    /// <summary>Characters read of the answer.</summary>
    public int AnswerLength { get; private set; }

    /// <summary>Counts, for each n, the n-grams of the answer that are matched in the reference, each at most as often as it stands there.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="matches">Gets the counts, n = 1 first.</param>
    public void Match(string answer, string reference, Span<int> matches)
    {
        ReferenceLength = Read(reference, _reference);
        AnswerLength = Read(answer, _answer);
        _numbers.Reserve(ReferenceLength).Clear();
        _taken.Reserve(ReferenceLength).Clear();
        _counts.Reserve(ReferenceLength);
        _left.Reserve(ReferenceLength);
        _places.Reserve(ReferenceLength);
        _states.Reserve(AnswerLength).Clear();
        ListPlaces(_open, ReferenceLength);
        ListPlaces(_alive, AnswerLength);
        for (var n = 1; n <= Order; n++)
        {
            var slots = EmptySlots(_open.Count);
            NumberOpen(n, slots);
            matches[n - 1] = MatchAlive(n, slots);
            CloseUnique();
        }
    }

    // Numbers the n-grams at the open places, counting them; those that no longer fit into the reference leave.
    private void NumberOpen(int n, Span<ulong> slots)
    {
        var characters = _reference.Items;
        var numbers = _numbers.Writable;
        var counts = _counts.Writable;
        var places = _places.Writable;
        var open = _open.Writable;
        var shift = 64 - BitOperations.Log2((uint)slots.Length);
        int used = 0, kept = 0;
        foreach (var at in open)
        {
            if (at + n > ReferenceLength) continue;
            open[kept++] = at;
            var key = Key(numbers[at], characters[at + n - 1]);
            var slot = Find(slots, key, shift);
            if (slots[slot] == 0)
            {
                slots[slot] = (key << NumberBits) | (uint)used;
                counts[used++] = 0;
            }

            var number = (int)(slots[slot] & ((1UL << NumberBits) - 1));
            numbers[at] = number;
            counts[number]++;
            places[number] = at;
        }

        _open.Truncate(kept);
        counts[..used].CopyTo(_left.Writable);
    }

    private int MatchAlive(int n, ReadOnlySpan<ulong> slots)
    {
        var wanted = _reference.Items;
        var given = _answer.Items;
        var counts = _counts.Items;
        var places = _places.Items;
        var left = _left.Writable;
        var taken = _taken.Writable;
        var states = _states.Writable;
        var alive = _alive.Writable;
        var shift = 64 - BitOperations.Log2((uint)slots.Length);
        int matched = 0, kept = 0;
        foreach (var at in alive)
        {
            if (at + n > AnswerLength) continue;
            var character = given[at + n - 1];
            int place;
            if (states[at] < 0)
            {
                place = -1 - states[at];
                if (place + n > ReferenceLength || wanted[place + n - 1] != character) continue;
            }
            else
            {
                var slot = slots[Find(slots, Key(states[at], character), shift)];
                if (slot == 0) continue;
                var number = (int)(slot & ((1UL << NumberBits) - 1));
                if (counts[number] > 1)
                {
                    alive[kept++] = at;
                    states[at] = number;
                    if (left[number]-- > 0) matched++;
                    continue;
                }

                place = places[number];
                states[at] = -1 - place;
            }

            alive[kept++] = at;
            if (taken[place] == n) continue;
            taken[place] = n;
            matched++;
        }

        _alive.Truncate(kept);
        return matched;
    }

    private void CloseUnique()
    {
        var numbers = _numbers.Items;
        var counts = _counts.Items;
        var open = _open.Writable;
        var kept = 0;
        foreach (var at in open)
            if (counts[numbers[at]] > 1) open[kept++] = at;
        _open.Truncate(kept);
    }

    private Span<ulong> EmptySlots(int entries)
    {
        var size = Math.Max(64, (int)BitOperations.RoundUpToPowerOf2((uint)entries * 2));
        if (_slots.Length < size) _slots = new ulong[size];
        var slots = _slots.AsSpan(0, size);
        slots.Clear();
        return slots;
    }

    // The slot of a key, or the empty one where it belongs.
    private static int Find(ReadOnlySpan<ulong> slots, ulong key, int shift)
    {
        var place = (int)((key * 0x9E3779B97F4A7C15UL) >> shift);
        while (slots[place] != 0 && slots[place] >> NumberBits != key) place = (place + 1) & (slots.Length - 1);
        return place;
    }

    private static ulong Key(int prefix, int character) => ((ulong)(uint)(prefix + 1) << CharacterBits) | (uint)character;

    private static void ListPlaces(IdList list, int count)
    {
        var places = list.Reserve(count);
        for (var at = 0; at < count; at++) places[at] = at;
    }

    private static int Read(string text, IdList list)
    {
        var characters = list.Reserve(Math.Min(text.Length, MostCharacters));
        var count = 0;
        for (var at = 0; at < text.Length && count < characters.Length; at++)
        {
            var unit = text[at];
            if (CharClass.IsSpace(unit)) continue;
            if (char.IsHighSurrogate(unit) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
                characters[count++] = char.ConvertToUtf32(unit, text[++at]);
            else
                characters[count++] = unit;
        }

        list.Truncate(count);
        return count;
    }
}
