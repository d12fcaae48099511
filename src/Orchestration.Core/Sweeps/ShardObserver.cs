using System.Collections.Concurrent;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;

namespace Orchestration.Core.Sweeps;

/// <summary>Writes down the outcomes of a shard in work and counts them as they come.</summary>
internal sealed class ShardObserver(ISweepStore sweeps, ShardLease lease, SweepMeter meter) : IEvaluationObserver
{
    private readonly ConcurrentDictionary<string, long> _unscored = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private CallTotals _totals;
    private long _seen;

    /// <summary>Judgments that the meter has counted already.</summary>
    public long Seen => Interlocked.Read(ref _seen);

    /// <summary>What the shard's calls took so far.</summary>
    public CallTotals Totals
    {
        get { lock (_lock) return _totals; }
    }

    /// <summary>Judgments without a score for this reason that the meter has counted already.</summary>
    public long SeenUnscored(string reason) => _unscored.GetValueOrDefault(reason);

    public async ValueTask UnscoredAsync(int row, int column, string reason)
    {
        // Refused under a stale epoch: then the shard has another owner, whose outcome counts.
        await sweeps.RecordUnscoredAsync(lease, [new UnscoredOutcome(row, column, reason)], CancellationToken.None);
        _unscored.AddOrUpdate(reason, 1, (_, old) => old + 1);
        meter.AddUnscored(reason);
    }

    public void Judged(int scored, int unscored, int fromStore, in CallTotals totals)
    {
        Interlocked.Add(ref _seen, scored + unscored);
        meter.AddJudgments(scored + unscored);
        meter.AddTotals(totals);
        lock (_lock) _totals += totals;
    }
}
