namespace Orchestration.Learning.Agreement;

/// <summary>How often each level was given to each item that has two ratings or more; only levels that were given are kept.</summary>
internal sealed class ItemLevels
{
    private readonly int[] _items;
    private readonly int[] _start;
    private readonly int[] _levels;
    private readonly double[] _counts;

    public ItemLevels(RatingTable table, IEnumerable<int> raters)
    {
        int[] wanted = [.. raters];
        Levels = table.Levels.Length;
        var (items, start, levels, counts) = (new List<int>(), new List<int> { 0 }, new List<int>(), new List<double>());
        var given = new List<int>(wanted.Length);
        for (var item = 0; item < table.Items; item++)
        {
            given.Clear();
            foreach (var rater in wanted)
            {
                if (table.Level(item, rater) is >= 0 and var level) given.Add(level);
            }

            if (given.Count < 2) continue;
            given.Sort();
            items.Add(item);
            for (int k = 0, next; k < given.Count; k = next)
            {
                for (next = k; next < given.Count && given[next] == given[k]; next++) { }
                levels.Add(given[k]);
                counts.Add(next - k);
            }

            start.Add(levels.Count);
        }

        (_items, _start, _levels, _counts) = ([.. items], [.. start], [.. levels], [.. counts]);
    }

    /// <summary>Levels of the table.</summary>
    public int Levels { get; }

    /// <summary>Items with two ratings or more.</summary>
    public int Count => _items.Length;

    /// <summary>The table's item behind one of these.</summary>
    public int Item(int index) => _items[index];

    /// <summary>The levels given to one of these, ascending, and how often each.</summary>
    public LevelCounts Of(int index) => new(_levels.AsSpan(_start[index].._start[index + 1]), _counts.AsSpan(_start[index].._start[index + 1]));
}

/// <summary>Levels and how often each was given.</summary>
internal readonly ref struct LevelCounts(ReadOnlySpan<int> levels, ReadOnlySpan<double> counts)
{
    private readonly ReadOnlySpan<int> _levels = levels;
    private readonly ReadOnlySpan<double> _counts = counts;

    public void Deconstruct(out ReadOnlySpan<int> levels, out ReadOnlySpan<double> counts)
    {
        levels = _levels;
        counts = _counts;
    }
}
