using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Spending;

namespace Orchestration.Core.Sweeps;

/// <summary>How a worker works.</summary>
public sealed record SweepWorkOptions
{
    /// <summary>Shards in work at once. More than one keeps a deployment busy while the last calls of a shard come in; default 2.</summary>
    public int ParallelShards { get; init; } = 2;

    /// <summary>How long a shard stays ours without a renewal. Renewed at a third of it; default 30 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often to look again while other processes hold the last shards; default 250 ms.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often to see whether the sweep is still to be worked; default 1 s.</summary>
    public TimeSpan Watch { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>
/// Works a sweep's shards: claims one, evaluates its pairs, commits its block under the claim's epoch, and takes the next, until none is left.
/// Any number of workers in any number of processes may work the same sweep.
/// </summary>
public sealed class SweepWorker
{
    private readonly ISweepStore _sweeps;
    private readonly IActors _actors;
    private readonly TimeProvider _time;
    private readonly string _owner;
    private readonly SweepRecord _sweep;
    private readonly SweepDefinition _definition;
    private readonly SweepWorkOptions _options;
    private readonly SweepMeter _meter;
    private readonly SweepScorer _scorer;
    private readonly bool _needsText;
    private readonly bool _isPaid;
    private readonly ActiveLeases _active;
    private SweepState? _ended;

    /// <summary>Creates a worker for one sweep.</summary>
    public SweepWorker(ISweepStore sweeps, IActors actors, TimeProvider time, string owner, SweepRecord sweep, SweepWorkOptions options, SweepMeter meter)
    {
        _sweeps = sweeps;
        _actors = actors;
        _time = time;
        _owner = owner;
        _sweep = sweep;
        _definition = SweepDefinition.FromJson(sweep.Definition);
        _options = options;
        _meter = meter;
        _scorer = new SweepScorer(_definition, actors);
        var judges = _definition.Columns.Select(c => c.JudgeId).Distinct(StringComparer.Ordinal)
            .Where(id => id != SweepDefinition.RecordedJudge).Select(actors.Judge).ToArray();
        _needsText = judges.Length != 0;
        _isPaid = judges.Any(j => j.Descriptor.IsPaid);
        _active = new ActiveLeases(sweeps, time, options.Lease);
    }

    /// <summary>Works until no shard is left undone, or until the sweep is no longer to be worked.</summary>
    /// <returns><see cref="SweepState.Completed"/> where every shard is done; otherwise the state somebody else gave the sweep (cancelled, interrupted).</returns>
    /// <param name="cancellationToken">Stops: calls in flight are awaited and stored, unfinished shards are given back.</param>
    /// <exception cref="OperationCanceledException">Stopped before the end.</exception>
    /// <exception cref="SpendCapReachedException">The sweep's cap leaves no room for another call.</exception>
    public async Task<SweepState> RunAsync(CancellationToken cancellationToken)
    {
        var before = await _sweeps.ProgressAsync(_sweep.Id, cancellationToken);
        _meter.AddRows(before.RowsDone);
        _meter.AddJudgments(before.Judgments);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var renewing = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken.None);
        var renewal = Task.Run(() => _active.RenewAsync(renewing.Token), CancellationToken.None);
        var watch = Task.Run(() => WatchAsync(stop, renewing.Token), CancellationToken.None);
        try
        {
            // A lane ends when the others hold what is left; should one of those lose its lease, there is work again.
            SweepProgress progress;
            do
            {
                var lanes = Enumerable.Range(0, _options.ParallelShards).Select(_ => Task.Run(() => LaneAsync(stop), CancellationToken.None));
                await Task.WhenAll(lanes);
                progress = await _sweeps.ProgressAsync(_sweep.Id, cancellationToken);
            }
            while (progress.ShardsDone < progress.Shards);
            return SweepState.Completed;
        }
        catch (OperationCanceledException) when (_ended is { } ended && !cancellationToken.IsCancellationRequested)
        {
            return ended;
        }
        finally
        {
            await renewing.CancelAsync();
            await Task.WhenAll(renewal, watch);
        }
    }

    /// <summary>Another process may cancel or pause the sweep: calls not yet started are not made then.</summary>
    private async Task WatchAsync(CancellationTokenSource stop, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_options.Watch, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                var state = (await _sweeps.FindAsync(_sweep.Id, cancellationToken))?.State ?? SweepState.Cancelled;
                if (state is SweepState.Running or SweepState.Completed) continue;
                _ended = state;
                await stop.CancelAsync();
                return;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The work is over.
        }
    }

    private async Task LaneAsync(CancellationTokenSource stop)
    {
        try
        {
            while (true)
            {
                stop.Token.ThrowIfCancellationRequested();
                var claimed = await _sweeps.ClaimAsync(_sweep.Id, _owner, 1, _options.Lease, stop.Token);
                if (claimed.Count != 0)
                {
                    await WorkAsync(claimed[0], stop.Token);
                    continue;
                }

                var progress = await _sweeps.ProgressAsync(_sweep.Id, stop.Token);
                if (progress.ShardsDone == progress.Shards) return;
                if (_active.Count != 0) return; // This process's other lanes hold what is left.
                await Task.Delay(_options.Poll, _time, stop.Token);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private async Task WorkAsync(ShardLease lease, CancellationToken cancellationToken)
    {
        using var shardStop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _active.Add(lease, shardStop);
        try
        {
            if (!await EvaluateAsync(lease, shardStop.Token)) return;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The lease was lost: somebody else has the shard now. What was bought is in the store, and so nothing is lost.
        }
        catch
        {
            _active.Remove(lease);
            await _sweeps.ReleaseAsync([lease], CancellationToken.None);
            throw;
        }
        finally
        {
            _active.Remove(lease);
        }
    }

    private async Task<bool> EvaluateAsync(ShardLease lease, CancellationToken cancellationToken)
    {
        var parts = ShardParts.Head | (_needsText ? ShardParts.Text : ShardParts.None);
        var stored = await _sweeps.ReadShardAsync(_sweep.Id, lease.Shard, parts, cancellationToken)
            ?? throw new OrchestrationException(ErrorCodes.Store, $"Shard {lease.Shard} of sweep {_sweep.Id} is not in the store.");
        var data = DataBlock.Decode(stored);
        var table = new JudgmentTable(data.Rows, _definition.Columns.Count);
        CopyRecorded(data, table);
        if (_isPaid)
        {
            foreach (var outcome in await _sweeps.UnscoredAsync(_sweep.Id, lease.Shard, cancellationToken))
                table.SetUnscored(outcome.Row, outcome.Column, outcome.Reason);
        }

        EvaluationReply reply = new(CallTotals.None, 0);
        var observer = new ShardObserver(_sweeps, lease, _meter);
        try
        {
            if (_needsText)
            {
                reply = await _actors.PairEvaluation($"{_sweep.Id}/{lease.Shard}").EvaluateAsync(
                    new EvaluationRequest
                    {
                        Pairs = _definition.Kind == DataKind.Pairs ? [.. Enumerable.Range(0, data.Rows).Select(data.GetPair)] : [],
                        Comparisons = _definition.Kind == DataKind.Comparisons ? [.. Enumerable.Range(0, data.Rows).Select(data.GetComparison)] : [],
                        Columns = _definition.Columns,
                        Table = table,
                        Payer = _sweep.Id,
                        Observer = observer,
                    },
                    cancellationToken);
            }
        }
        finally
        {
            // Money spent is written down even where the shard is cut off.
            var totals = observer.Totals;
            if (totals != CallTotals.None) await _sweeps.AddTotalsAsync(_sweep.Id, ToSweepTotals(totals), CancellationToken.None);
        }

        var scores = await _scorer.ScoreAsync(data, table, cancellationToken);
        long unscored = CountUnscored(table, observer);
        var judgments = (long)table.Rows * table.Columns;
        var committed = await _sweeps.CheckpointAsync(
            lease, new ShardResult(ResultBlock.Encode(table, scores), judgments, unscored, reply.FromStore), cancellationToken);
        if (!committed) return false;
        _meter.AddRows(table.Rows);
        _meter.AddJudgments(judgments - observer.Seen);
        return true;
    }

    private void CopyRecorded(DataBlock data, JudgmentTable table)
    {
        for (var c = 0; c < _definition.Columns.Count; c++)
        {
            var column = _definition.Columns[c];
            if (column.JudgeId != SweepDefinition.RecordedJudge) continue;
            data.CopyRecorded(column.Name, column.Kind, table, c);
            if (column.Scale is not { } scale) continue;
            for (var row = 0; row < table.Rows; row++)
            {
                if (table.IsScored(row, c) && !scale.Contains(table.Value(row, c))) table.SetUnscored(row, c, UnscoredReason.OffScale);
            }
        }
    }

    private long CountUnscored(JudgmentTable table, ShardObserver observer)
    {
        long unscored = 0;
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        for (var c = 0; c < table.Columns; c++)
        {
            if (!table.ColumnCodes(c).ContainsAnyExcept((ushort)1)) continue;
            for (var row = 0; row < table.Rows; row++)
            {
                if (table.Reason(row, c) is not { } reason) continue;
                unscored++;
                counts[reason] = counts.GetValueOrDefault(reason) + 1;
            }
        }

        foreach (var (reason, count) in counts)
        {
            var fresh = count - observer.SeenUnscored(reason);
            if (fresh > 0) _meter.AddUnscored(reason, fresh);
        }

        return unscored;
    }

    private static SweepTotals ToSweepTotals(in CallTotals totals) => new(
        totals.Calls, totals.Failures, totals.Usage.Input, totals.Usage.CachedInput, totals.Usage.Output, totals.Usage.Reasoning, totals.CostUsd, 0) { Repaid = totals.Repaid };
}
