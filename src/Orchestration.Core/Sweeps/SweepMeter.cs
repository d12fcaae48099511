using System.Collections.Concurrent;
using Orchestration.Core.Judging;

namespace Orchestration.Core.Sweeps;

/// <summary>Counts of a sweep while it runs, for whoever shows them. Safe for concurrent use; reading never stops the work.</summary>
public sealed class SweepMeter
{
    private readonly ConcurrentDictionary<string, long> _unscoredByReason = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private long _rows;
    private long _judgments;
    private CallTotals _totals;

    /// <summary>Rows in finished shards, of this process and of others before it.</summary>
    public long Rows => Interlocked.Read(ref _rows);

    /// <summary>Judgments made or found so far, those of shards in work included.</summary>
    public long Judgments => Interlocked.Read(ref _judgments);

    /// <summary>Calls, tokens and money of this process.</summary>
    public CallTotals Totals
    {
        get { lock (_lock) return _totals; }
    }

    /// <summary>Judgments without a score by reason, of this process.</summary>
    public IReadOnlyDictionary<string, long> UnscoredByReason => _unscoredByReason;

    /// <summary>Shows what others did: for whoever only waits.</summary>
    public void Show(SweepProgress progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        Interlocked.Exchange(ref _rows, progress.RowsDone);
        Interlocked.Exchange(ref _judgments, progress.Judgments);
    }

    internal void AddRows(long rows) => Interlocked.Add(ref _rows, rows);

    internal void AddJudgments(long judgments) => Interlocked.Add(ref _judgments, judgments);

    internal void AddUnscored(string reason, long count = 1) => _unscoredByReason.AddOrUpdate(reason, count, (_, old) => old + count);

    internal void AddTotals(in CallTotals totals)
    {
        lock (_lock) _totals += totals;
    }
}
