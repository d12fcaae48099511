using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Sweeps;

/// <summary>Works single shards of one sweep: reads a shard, evaluates its pairs, commits its block under the lease's epoch.</summary>
internal sealed class ShardWorker
{
    private readonly ISweepStore _sweeps;
    private readonly IActors _actors;
    private readonly SweepRecord _sweep;
    private readonly SweepDefinition _definition;
    private readonly SweepMeter _meter;
    private readonly SweepScorer _scorer;
    private readonly bool _needsText;
    private readonly bool _isPaid;
    private readonly ActiveLeases _active;

    /// <summary>Creates a worker for one sweep.</summary>
    /// <param name="sweeps">Where shards are.</param>
    /// <param name="actors">The sweep's judges.</param>
    /// <param name="sweep">The sweep.</param>
    /// <param name="meter">Counts.</param>
    /// <param name="active">Renews the leases of shards in work.</param>
    public ShardWorker(ISweepStore sweeps, IActors actors, SweepRecord sweep, SweepMeter meter, ActiveLeases active)
    {
        _sweeps = sweeps;
        _actors = actors;
        _sweep = sweep;
        _definition = SweepDefinition.FromJson(sweep.Definition);
        _meter = meter;
        _scorer = new SweepScorer(_definition, actors);
        var judges = _definition.Columns.Select(c => c.JudgeId).Distinct(StringComparer.Ordinal)
            .Where(id => id != SweepDefinition.RecordedJudge).Select(actors.Judge).ToArray();
        _needsText = judges.Length != 0;
        _isPaid = judges.Any(j => j.Descriptor.IsPaid);
        _active = active;
    }

    /// <summary>Works a shard that was claimed. One that is cut off by the caller is given back; one whose lease was lost is left to its new owner.</summary>
    public async Task WorkAsync(ShardLease lease, CancellationToken cancellationToken)
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
        totals.Calls, totals.Failures, totals.Usage.Input, totals.Usage.CachedInput, totals.Usage.Output, totals.Usage.Reasoning, totals.CostUsd, 0)
    { Repaid = totals.Repaid };
}
