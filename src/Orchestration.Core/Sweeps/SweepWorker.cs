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
    private readonly TimeProvider _time;
    private readonly string _owner;
    private readonly SweepRecord _sweep;
    private readonly SweepWorkOptions _options;
    private readonly SweepMeter _meter;
    private readonly ActiveLeases _active;
    private readonly ShardWorker _shards;
    private SweepState? _ended;

    /// <summary>Creates a worker for one sweep.</summary>
    public SweepWorker(ISweepStore sweeps, IActors actors, TimeProvider time, string owner, SweepRecord sweep, SweepWorkOptions options, SweepMeter meter)
    {
        _sweeps = sweeps;
        _time = time;
        _owner = owner;
        _sweep = sweep;
        _options = options;
        _meter = meter;
        _active = new ActiveLeases(sweeps, time, options.Lease);
        _shards = new ShardWorker(sweeps, actors, sweep, meter, _active);
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
        var renewal = ActorTasks.Start(() => _active.RenewAsync(renewing.Token));
        var watch = ActorTasks.Start(() => WatchAsync(stop, renewing.Token));
        try
        {
            // A lane ends when the others hold what is left; should one of those lose its lease, there is work again.
            SweepProgress progress;
            do
            {
                var lanes = Enumerable.Range(0, _options.ParallelShards).Select(_ => ActorTasks.Start(() => LaneAsync(stop)));
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
            await ActorTasks.CancelAsync(renewing);
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
                await ActorTasks.CancelAsync(stop);
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
                    await _shards.WorkAsync(claimed[0], stop.Token);
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
            await ActorTasks.CancelAsync(stop);
            throw;
        }
    }
}
