namespace Orchestration.Core.Sweeps;

/// <summary>The leases a worker holds, renewed in one batch; a shard whose lease was lost is told to stop.</summary>
internal sealed class ActiveLeases(ISweepStore sweeps, TimeProvider time, TimeSpan lease)
{
    private readonly Dictionary<ShardLease, CancellationTokenSource> _held = [];
    private readonly Lock _lock = new();

    public int Count
    {
        get { lock (_lock) return _held.Count; }
    }

    public void Add(ShardLease shard, CancellationTokenSource stop)
    {
        lock (_lock) _held.Add(shard, stop);
    }

    public void Remove(ShardLease shard)
    {
        lock (_lock) _held.Remove(shard);
    }

    /// <summary>Renews until cancelled.</summary>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(lease / 3, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                ShardLease[] held;
                lock (_lock) held = [.. _held.Keys];
                if (held.Length == 0) continue;
                var standing = (await sweeps.RenewAsync(held, lease, cancellationToken)).ToHashSet();
                foreach (var lost in held.Where(l => !standing.Contains(l))) Stop(lost);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The work is over.
        }
    }

    private void Stop(ShardLease lost)
    {
        // Under the lock, so that the source cannot be disposed between finding and cancelling it.
        lock (_lock)
        {
            if (_held.Remove(lost, out var stop)) stop.Cancel();
        }
    }
}
