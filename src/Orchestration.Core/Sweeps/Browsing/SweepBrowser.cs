using System.Collections.Concurrent;
using System.Globalization;
using Orchestration.Core.Pairs.Blocks;

namespace Orchestration.Core.Sweeps.Browsing;

/// <summary>
/// Pages through the finished rows of sweeps, however many they have: in the order of the data, a page at a time, reading from the store only the shards that the page needs. What a page finds is limited in rows and in
/// time; where time ends first it says how far it came and from where to go on. Of every shard that was read a few hundred bytes are remembered, by which later pages pass over it where none of its rows can be wanted; searches for texts pass over
/// shards that cannot hold them by what is stored of their words.
/// Safe for concurrent use.
/// </summary>
public sealed class SweepBrowser
{
    /// <summary>Sweeps of which something is remembered.</summary>
    private const int MostSweeps = 16;

    /// <summary>Shards looked ahead at, most of them passed over.</summary>
    private const int MostAhead = 64;

    private readonly ISweepStore _sweeps;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, SweepMemory> _memories = new(StringComparer.Ordinal);

    /// <summary>Creates it over a store.</summary>
    /// <param name="sweeps">The sweeps.</param>
    /// <param name="time">Measures pages.</param>
    public SweepBrowser(ISweepStore sweeps, TimeProvider time) => (_sweeps, _time) = (sweeps, time);

    /// <summary>Finds the next rows.</summary>
    /// <param name="sweep">The sweep.</param>
    /// <param name="filter">Which rows.</param>
    /// <param name="from">Where to begin; <see cref="RowPlace.First"/> or what the page before said.</param>
    /// <param name="limit">Rows at most, at least 1.</param>
    /// <param name="budget">How long it may look; a shard that was begun is finished.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OrchestrationException">The sweep has no such judge, or a block is damaged.</exception>
    public async Task<RowPage> PageAsync(SweepRecord sweep, PairFilter filter, RowPlace from, int limit, TimeSpan budget, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sweep);
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var begun = _time.GetTimestamp();
        var memory = await MemoryAsync(sweep, cancellationToken).ConfigureAwait(false);
        var columns = filter.ColumnsIn(memory.Definition);
        var search = new ShardSearch(_sweeps, sweep.Id, memory, filter, columns, limit);
        var found = new List<BrowsedRow>();
        var words = new SearchedWords(_sweeps, sweep.Id, filter);
        var ahead = new Queue<(int Shard, Task<ShardFindings> Findings, bool IsRead)>();
        var (next, reading, position, read, passed, unfinished) = (from.Shard, 0, 0L, 0, 0, 0L);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            while (true)
            {
                // Read ahead by as many as there are processors, but the first page of everything needs one shard alone.
                var most = filter == PairFilter.None ? 1 : Environment.ProcessorCount + 1;
                while (next < sweep.Shards && reading < most && ahead.Count < MostAhead)
                {
                    var (shard, firstRow) = (next++, next == from.Shard + 1 ? from.Row : 0);
                    if (memory.Of(shard) is { } bounds && !bounds.CanPass(filter, columns))
                    {
                        (position, passed) = (ahead.Count == 0 ? bounds.End : position, passed + 1);
                        continue;
                    }

                    // Shards that cannot hold the text stand in their order among those that are read, for what is told of how far the page came.
                    if (await words.PassAsync(shard, cancellationToken).ConfigureAwait(false) is { } nothing)
                    {
                        ahead.Enqueue((shard, Task.FromResult(nothing), false));
                        continue;
                    }

                    ahead.Enqueue((shard, Task.Run(() => search.RunAsync(shard, firstRow, stop.Token), stop.Token), true));
                    reading++;
                }

                if (!ahead.TryDequeue(out var first)) return new RowPage(found, null, sweep.Rows, unfinished, read, passed);
                var findings = await first.Findings.ConfigureAwait(false);
                if (first.IsRead) reading--;
                if (!findings.IsDone) unfinished += findings.Rows;
                else if (first.IsRead) read++;
                else passed++;
                foreach (var row in findings.Found)
                {
                    found.Add(row);
                    if (found.Count < limit) continue;
                    var after = row.Row + 1 < findings.Rows ? new RowPlace(first.Shard, row.Row + 1) : new RowPlace(first.Shard + 1, 0);
                    return new RowPage(found, after.Shard < sweep.Shards ? after : null, row.Number + 1, unfinished, read, passed);
                }

                position = findings.FirstRow + findings.Rows;
                if (_time.GetElapsedTime(begun) < budget) continue;
                var goOn = ahead.TryPeek(out var waiting) ? waiting.Shard : next;
                return new RowPage(found, goOn < sweep.Shards ? new RowPlace(goOn, 0) : null, position, unfinished, read, passed);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            foreach (Task findings in ahead.Select(static a => a.Findings)) await findings.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One row with everything that the store has of it; null where there is none, or its shard is not finished.</summary>
    /// <param name="sweep">The sweep.</param>
    /// <param name="place">Where.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<StoredRow?> RowAsync(SweepRecord sweep, RowPlace place, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sweep);
        if (place.Shard < 0 || place.Shard >= sweep.Shards || place.Row < 0) return null;
        var stored = await _sweeps.ReadShardAsync(sweep.Id, place.Shard, ShardParts.Head | ShardParts.Text | ShardParts.Block, cancellationToken).ConfigureAwait(false);
        if (stored is not { IsDone: true, Block: not null } || place.Row >= stored.Rows) return null;
        return new StoredRow(SweepDefinition.FromJson(sweep.Definition), DataBlock.Decode(stored), ResultBlock.Decode(stored.Block), place, stored.FirstRow + place.Row);
    }

    /// <summary>Adds up the finished rows, for as long as it may, and goes on from there when asked again.</summary>
    /// <param name="sweep">The sweep.</param>
    /// <param name="budget">How long it may read.</param>
    /// <param name="read">Makes something of the sum; it must not keep it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was made, and whether all finished shards are in it.</returns>
    public async Task<(T Sum, bool IsWhole)> StatisticsAsync<T>(SweepRecord sweep, TimeSpan budget, Func<SweepStatistics, T> read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sweep);
        ArgumentNullException.ThrowIfNull(read);
        var begun = _time.GetTimestamp();
        var progress = await _sweeps.ProgressAsync(sweep.Id, cancellationToken).ConfigureAwait(false);
        var memory = Memory(sweep);
        memory.Look(sweep, progress);
        var search = new ShardSearch(_sweeps, sweep.Id, memory, PairFilter.None, [], 0);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, sweep.Shards).Where(s => memory.Of(s) is null).TakeWhile(_ => _time.GetElapsedTime(begun) < budget),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken },
            async (shard, cancel) => await search.RememberAsync(shard, cancel).ConfigureAwait(false)).ConfigureAwait(false);
        return memory.Read((sum, remembered) => (read(sum), remembered >= progress.ShardsDone));
    }

    private async ValueTask<SweepMemory> MemoryAsync(SweepRecord sweep, CancellationToken cancellationToken)
    {
        var memory = Memory(sweep);
        memory.Look(sweep, await _sweeps.ProgressAsync(sweep.Id, cancellationToken).ConfigureAwait(false));
        return memory;
    }

    private SweepMemory Memory(SweepRecord sweep)
    {
        if (_memories.TryGetValue(sweep.Id, out var known)) return known;
        if (_memories.Count >= MostSweeps) _memories.Clear();
        return _memories.GetOrAdd(sweep.Id, static (_, s) => new SweepMemory(s), sweep);
    }
}

/// <summary>Where a row lies.</summary>
/// <param name="Shard">Its shard, from 0.</param>
/// <param name="Row">Its row within it, from 0.</param>
public readonly record struct RowPlace(int Shard, int Row)
{
    /// <summary>The first row.</summary>
    public static RowPlace First => default;

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string? text, out RowPlace place)
    {
        place = default;
        var dot = text?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        if (dot <= 0 || !int.TryParse(text.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var shard)
            || !int.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var row)) return false;
        place = new RowPlace(shard, row);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Shard}.{Row}");
}

/// <summary>Some rows.</summary>
/// <param name="Rows">In the order of the data.</param>
/// <param name="Next">Where to go on; null where everything was searched.</param>
/// <param name="Position">Rows of the sweep up to where this page ends: those before <paramref name="Next"/>.</param>
/// <param name="Unfinished">Rows met that are not finished yet.</param>
/// <param name="ShardsRead">Shards that were read.</param>
/// <param name="ShardsPassed">Shards that were passed over unread, by what is remembered of them or stored of their words.</param>
public sealed record RowPage(IReadOnlyList<BrowsedRow> Rows, RowPlace? Next, long Position, long Unfinished, int ShardsRead, int ShardsPassed);
