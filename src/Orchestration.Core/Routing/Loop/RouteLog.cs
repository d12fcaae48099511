using System.Threading.Channels;

namespace Orchestration.Core.Routing.Loop;

/// <summary>
/// Writes routes and rewards behind the requests: a bounded queue, emptied in batches by whoever runs it. Handing in never waits; where the queue is full what is handed in is dropped and counted. A process that
/// is killed loses what waits, at most a queue and the routes of the moment since the last batch; one that ends in order loses nothing that the store takes.
/// </summary>
internal sealed class RouteLog(IRouterLedger ledger, TimeProvider time, Action<string> note, int capacity = RouteLog.DefaultCapacity, Action<IReadOnlyList<RouteRecord>>? kept = null)
{
    /// <summary>Routes that may wait.</summary>
    public const int DefaultCapacity = 16_384;

    private const int MostOfBatch = 8192;
    private const int MostForgotten = 16_384;

    /// <summary>How long a batch gathers: what a kill may take without its having been counted as waiting.</summary>
    public static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(50);

    /// <summary>Entries that end the gathering before its time: a long batch takes a processor from requests for as long as it is encoded.</summary>
    public const int Enough = 100;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Channel<Entry> _queue = Channel.CreateBounded<Entry>(new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly Lock _forgetting = new();
    private readonly HashSet<string> _forgotten = new(StringComparer.Ordinal);
    private readonly Queue<string> _forgottenInOrder = [];
    private TaskCompletionSource _enough = new();
    private Task _underWay = Task.CompletedTask;
    private long _accepted;
    private long _dropped;
    private long _rewardsDropped;
    private long _written;
    private long _batch;

    /// <summary>Routes handed in.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>Of them dropped.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Of them written.</summary>
    public long Written => Interlocked.Read(ref _written);

    /// <summary>Rewards dropped.</summary>
    public long RewardsDropped => Interlocked.Read(ref _rewardsDropped);

    /// <summary>Hands in a route that ended. False where there was no room.</summary>
    public bool Add(RouteRecord route)
    {
        Interlocked.Increment(ref _accepted);
        if (TryAdd(new Entry(route, null))) return true;
        Interlocked.Increment(ref _dropped);
        return false;
    }

    /// <summary>Hands in a reward. False where there was no room.</summary>
    public bool Add(RouteReward reward)
    {
        if (TryAdd(new Entry(null, reward))) return true;
        Interlocked.Increment(ref _rewardsDropped);
        return false;
    }

    /// <summary>From when it returns, nothing of this route is written any more: not what waits, and no reward that comes later.</summary>
    public async ValueTask ForgetAsync(string routeId, CancellationToken cancellationToken)
    {
        Task underWay;
        lock (_forgetting)
        {
            if (_forgotten.Add(routeId)) _forgottenInOrder.Enqueue(routeId);
            if (_forgottenInOrder.Count > MostForgotten) _forgotten.Remove(_forgottenInOrder.Dequeue());
            underWay = _underWay;
        }

        // What is on its way now is awaited, so that it can be deleted.
        await underWay.WaitAsync(cancellationToken);
    }

    /// <summary>Writes until cancelled; then writes what is left, once, and ends.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await _queue.Reader.WaitToReadAsync(cancellationToken))
            {
                await GatherAsync(cancellationToken);
                await WriteAsync(isLast: false, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It ends in order.
        }

        _queue.Writer.TryComplete();
        do await WriteAsync(isLast: true, cancellationToken);
        while (_queue.Reader.Count > 0);
    }

    private bool TryAdd(Entry entry)
    {
        if (!_queue.Writer.TryWrite(entry)) return false;
        if (_queue.Reader.Count >= Enough) Volatile.Read(ref _enough).TrySetResult();
        return true;
    }

    private async Task GatherAsync(CancellationToken cancellationToken)
    {
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _enough, enough);
        if (_queue.Reader.Count >= Enough) return;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(enough.Task, Task.Delay(Gather, time, over.Token));
        await over.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task WriteAsync(bool isLast, CancellationToken cancellationToken)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (routes, rewards, read) = Take(written.Task);
        try
        {
            var batch = new RouteBatch(++_batch, routes, Accepted, Dropped, isLast && _queue.Reader.Count == 0);
            while (true)
            {
                try
                {
                    // Once begun it is awaited: it takes no longer than a commit, or as long as the store's patience.
                    await ledger.AppendAsync(batch, CancellationToken.None);
                    kept?.Invoke(routes);
                    if (rewards.Count > 0) await ledger.RewardAsync(rewards, CancellationToken.None);
                    Interlocked.Add(ref _written, routes.Count);
                    return;
                }
                catch (OrchestrationException fault)
                {
                    if (isLast || cancellationToken.IsCancellationRequested)
                    {
                        Interlocked.Add(ref _dropped, routes.Count);
                        note($"{read} routes and rewards are lost: the store does not take them ({fault.Message})");
                        return;
                    }

                    note($"routes wait: the store does not take them ({fault.Message})");
                }

                await WaitAsync(cancellationToken);
            }
        }
        finally
        {
            written.SetResult();
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Pause, time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Tried once more at once, and then it ends.
        }
    }

    private (List<RouteRecord> Routes, List<RouteReward> Rewards, int Read) Take(Task underWay)
    {
        List<RouteRecord> routes = [];
        List<RouteReward> rewards = [];
        var read = 0;
        lock (_forgetting)
        {
            _underWay = underWay;
            while (read < MostOfBatch && _queue.Reader.TryRead(out var entry))
            {
                read++;
                if (entry.Route is { } route)
                {
                    // Deleted before it was written: it counts as written, and nothing of it is.
                    if (_forgotten.Contains(route.Decision.Id)) Interlocked.Increment(ref _written);
                    else routes.Add(route);
                }
                else if (!_forgotten.Contains(entry.Reward!.RouteId))
                {
                    rewards.Add(entry.Reward);
                }
            }
        }

        return (routes, rewards, read);
    }

    private readonly record struct Entry(RouteRecord? Route, RouteReward? Reward);
}
