namespace Orchestration.Core.Sweeps.Browsing;

/// <summary>
/// What is remembered of the finished shards of one sweep: bounds by shard, and the sum of all of them. A shard without unscored judgments stays as it is for good. One with some may be opened again, by whoever has them
/// asked again: what is remembered of those is dropped when the sweep looks as if that had happened. Safe for concurrent use.
/// </summary>
internal sealed class SweepMemory
{
    private readonly Lock _lock = new();
    private readonly SweepDefinition _definition;
    private readonly ShardBounds?[] _bounds;
    private SweepStatistics _sum;
    private (SweepState State, SweepProgress Progress, SweepTotals Totals)? _seen;
    private int _remembered;

    public SweepMemory(SweepRecord sweep)
    {
        _definition = SweepDefinition.FromJson(sweep.Definition);
        _bounds = new ShardBounds?[sweep.Shards];
        _sum = new SweepStatistics(_definition);
    }

    public SweepDefinition Definition => _definition;

    /// <summary>The bounds of a shard; null where it was not read yet.</summary>
    public ShardBounds? Of(int shard)
    {
        lock (_lock) return _bounds[shard];
    }

    /// <summary>Remembers a finished shard.</summary>
    public void Remember(int shard, long firstRow, SweepStatistics statistics)
    {
        var bounds = new ShardBounds(firstRow, statistics);
        lock (_lock)
        {
            if (_bounds[shard] is not null) return;
            _bounds[shard] = bounds;
            _sum.Add(statistics);
            _remembered++;
        }
    }

    /// <summary>The sum of what is remembered, as text or numbers made of it under the lock.</summary>
    public T Read<T>(Func<SweepStatistics, int, T> read)
    {
        lock (_lock) return read(_sum, _remembered);
    }

    /// <summary>Looks at how the sweep stands, and drops what may be so no longer.</summary>
    public void Look(SweepRecord sweep, SweepProgress progress)
    {
        lock (_lock)
        {
            var isAsBefore = _seen is not { } seen
                || (seen.State == sweep.State && progress.ShardsDone >= seen.Progress.ShardsDone && progress.Unscored >= seen.Progress.Unscored
                    && (sweep.State == SweepState.Running || seen.Totals == sweep.Totals));
            _seen = (sweep.State, progress, sweep.Totals);
            if (isAsBefore || !Array.Exists(_bounds, static b => b is { HasUnscored: true })) return;

            // The sum holds them too, and cannot give them back: it is made anew from the shards, which are read again.
            Array.Clear(_bounds);
            _sum = new SweepStatistics(_definition);
            _remembered = 0;
        }
    }
}
