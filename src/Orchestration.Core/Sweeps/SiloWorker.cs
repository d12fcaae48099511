using Orchestration.Core.Spending;

namespace Orchestration.Core.Sweeps;

/// <summary>How a silo works the sweeps of a store.</summary>
public sealed record SiloWorkOptions
{
    /// <summary>Shards in work at once, of all sweeps; at least 1, default 8.</summary>
    public int Slots { get; init; } = 8;

    /// <summary>How long a shard stays this silo's without a renewal. Renewed at a third of it; default 30 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often to look for work, and whether what is in work is still to be worked; default 500 ms.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a sweep that this silo could not work is left to others before it is tried again; default 1 minute.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>End when no sweep of the store is left to be worked, instead of waiting for more.</summary>
    public bool UntilIdle { get; init; }

    /// <summary>Told what a user should know: a sweep begun, done, stopped at its cap, or left to others and why. From any thread.</summary>
    public Action<string>? OnNote { get; init; }
}

/// <summary>What a silo needs to work one sweep.</summary>
/// <param name="Actors">Its judges and aggregators.</param>
public sealed record SweepHost(IActors Actors);

/// <summary>
/// Works every sweep of a store until told to stop. A free slot takes a shard of the sweep with the highest priority, among equals of the one of which all silos
/// together hold the fewest shards, so that a small sweep does not wait for a big one. Sweeps that are paused, cancelled or stopped at their cap elsewhere are left
/// within a second; a shard that was begun is given back, and what was bought for it is in the store.
/// </summary>
#pragma warning disable CA1001 // A semaphore whose handle nobody asked for holds nothing to dispose.
public sealed class SiloWorker
#pragma warning restore CA1001
{
    /// <summary>Open shards up to which a silo that finishes one sees whether it was the last.</summary>
    private const int NearTheEnd = 64;

    private readonly ISweepStore _sweeps;
    private readonly Func<SweepRecord, SweepHost> _host;
    private readonly TimeProvider _time;
    private readonly string _owner;
    private readonly SiloWorkOptions _options;
    private readonly SweepMeter _meter;
    private readonly ActiveLeases _active;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Hosted> _hosted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _leftAt = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _looking = new(1, 1);
    private List<OpenSweep> _open = [];
    private long _openAt;
    private bool _hasLooked;

    /// <summary>Creates it.</summary>
    /// <param name="sweeps">The store's sweeps.</param>
    /// <param name="host">Makes what a sweep needs. An <see cref="OrchestrationException"/> of it leaves the sweep to other silos for a while.</param>
    /// <param name="time">Paces the looking.</param>
    /// <param name="owner">This silo.</param>
    /// <param name="options">How.</param>
    /// <param name="meter">Counts what this silo does, of all sweeps.</param>
    public SiloWorker(ISweepStore sweeps, Func<SweepRecord, SweepHost> host, TimeProvider time, string owner, SiloWorkOptions options, SweepMeter meter)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Slots, 1, nameof(options));
        _sweeps = sweeps;
        _host = host;
        _time = time;
        _owner = owner;
        _options = options;
        _meter = meter;
        _active = new ActiveLeases(sweeps, time, options.Lease);
    }

    /// <summary>Shards in work now.</summary>
    public int Working => _active.Count;

    /// <summary>Works until cancelled, or until nothing is left where that was asked for. Calls in flight are awaited and stored; shards not done are given back.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var renewing = new CancellationTokenSource();
        var renewal = ActorTasks.Start(() => _active.RenewAsync(renewing.Token));
        var watch = ActorTasks.Start(() => WatchAsync(renewing.Token));
        try
        {
            await Task.WhenAll(Enumerable.Range(0, _options.Slots).Select(_ => ActorTasks.Start(() => SlotAsync(stop))));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Told to stop.
        }
        finally
        {
            await ActorTasks.CancelAsync(renewing);
            await Task.WhenAll(renewal, watch);
            Hosted[] hosted;
            lock (_lock) hosted = [.. _hosted.Values];
            foreach (var one in hosted) await EndAsync(one);
        }
    }

    private async Task SlotAsync(CancellationTokenSource stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                if (await TryWorkAsync(stop.Token)) continue;
                if (_options.UntilIdle && await IsIdleAsync(stop.Token)) return;
                await Task.Delay(_options.Poll, _time, stop.Token);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The store fails for good: every slot would find the same.
            await ActorTasks.CancelAsync(stop);
            throw;
        }
    }

    private async Task<bool> IsIdleAsync(CancellationToken cancellationToken)
    {
        var open = await LookAsync(isFresh: true, cancellationToken);
        lock (_lock)
        {
            if (!open.TrueForAll(sweep => _leftAt.ContainsKey(sweep.SweepId))) return false;
        }

        await FinishAsync(cancellationToken);
        return true;
    }

    /// <summary>Works one shard, if there is one to be had.</summary>
    private async Task<bool> TryWorkAsync(CancellationToken cancellationToken)
    {
        await LookAsync(isFresh: false, cancellationToken);
        while (Choose() is var (sweepId, hosted))
        {
            if (hosted is null)
            {
                if (await HostAsync(sweepId, cancellationToken) is null) Exhaust(sweepId);
                continue;
            }

            if (await ClaimAsync(hosted, cancellationToken) is { } lease)
            {
                await WorkAsync(hosted, lease, cancellationToken);
                return true;
            }

            Exhaust(sweepId);
        }

        return false;
    }

    /// <summary>Takes one shard of a sweep that was chosen; where there is none to be had, it counts as chosen no longer.</summary>
    private async Task<ShardLease?> ClaimAsync(Hosted hosted, CancellationToken cancellationToken)
    {
        ShardLease? lease = null;
        try
        {
            return lease = await _sweeps.ClaimAsync(hosted.SweepId, _owner, 1, _options.Lease, cancellationToken) is [var claimed] ? claimed : null;
        }
        finally
        {
            if (lease is null) hosted.Exit();
        }
    }

    private async Task WorkAsync(Hosted hosted, ShardLease lease, CancellationToken cancellationToken)
    {
        try
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, hosted.Stop);
            await hosted.Worker.WorkAsync(lease, both.Token);
        }
        catch (OperationCanceledException) when (hosted.Stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // The sweep was paused or cancelled; the shard was given back.
        }
        catch (SpendCapReachedException reached)
        {
            if (await _sweeps.TryChangeStateAsync(lease.SweepId, SweepState.Running, SweepState.Capped, CancellationToken.None)) _options.OnNote?.Invoke($"sweep {lease.SweepId}: {reached.Message}");
            await LeaveAsync(lease.SweepId, null);
        }
        catch (OrchestrationException failure) when (failure.Code is ErrorCodes.Deployment or ErrorCodes.Configuration)
        {
            await LeaveAsync(lease.SweepId, failure.Message);
        }
        finally
        {
            hosted.Exit();
        }

        // Near the end only: counting a sweep's shards takes the longer the more there are, and whoever looks next sees that none is open.
        if (IsNearlyDone(lease.SweepId)) await CompleteAsync(lease.SweepId);
    }

    private bool IsNearlyDone(string sweepId)
    {
        lock (_lock) return _open.Find(open => open.SweepId == sweepId) is not { Open: > NearTheEnd };
    }

    /// <summary>The last shard's silo says that the sweep is done; of several that think so, one does.</summary>
    private async Task CompleteAsync(string sweepId)
    {
        if (await _sweeps.FindAsync(sweepId, CancellationToken.None) is not { State: SweepState.Running }) return;
        var progress = await _sweeps.ProgressAsync(sweepId, CancellationToken.None);
        if (progress.ShardsDone < progress.Shards) return;
        Hosted? hosted;
        lock (_lock)
        {
            if (_hosted.Remove(sweepId, out hosted)) _open.RemoveAll(open => open.SweepId == sweepId);
        }

        if (hosted is not null) await EndAsync(hosted);
        if (await _sweeps.TryChangeStateAsync(sweepId, SweepState.Running, SweepState.Completed, CancellationToken.None)) _options.OnNote?.Invoke($"sweep {sweepId} is completed");
    }

    /// <summary>
    /// Says of sweeps that they are done whose last shard was committed by somebody who had no time to say so: it died in between, or the sweep was paused at that
    /// moment. Nothing of them is open, so that nobody would look at them again.
    /// </summary>
    private async Task FinishAsync(CancellationToken cancellationToken)
    {
        foreach (var sweep in await _sweeps.ListAsync(cancellationToken))
        {
            if (sweep.State == SweepState.Running) await CompleteAsync(sweep.Id);
        }
    }

    /// <summary>
    /// The sweep that a free slot takes a shard of: the one with the highest priority, among equals that of which the fewest shards are held, among those the oldest.
    /// It counts as taken from this moment, so that two slots which are free at once do not both take the same. Without what it needs where this silo does not host it yet.
    /// </summary>
    private (string SweepId, Hosted? Hosted)? Choose()
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            var best = _open.Where(sweep => sweep.Open > Held(sweep) && (!_leftAt.TryGetValue(sweep.SweepId, out var at) || _time.GetElapsedTime(at, now) >= _options.Retry))
                .OrderByDescending(static sweep => sweep.Priority).ThenBy(Held).FirstOrDefault();
            if (best is null) return null;
            var hosted = _hosted.GetValueOrDefault(best.SweepId);
            hosted?.Enter();
            return (best.SweepId, hosted);
        }

        // The others' when this silo last looked, and its own as they are now. Which of its own the store knew of at that moment is not known where slots went on meanwhile: rather too few are taken for the
        // others', so that the silo's own slots are shared out by what each sweep has of them.
        int Held(OpenSweep sweep) => _hosted.TryGetValue(sweep.SweepId, out var hosted) ? Math.Max(0, sweep.Held - hosted.HeldWhenLooked) + hosted.InWork : sweep.Held;
    }

    /// <summary>Nothing was to be had of it: not asked again before the next look.</summary>
    private void Exhaust(string sweepId)
    {
        lock (_lock) _open = [.. _open.Where(open => open.SweepId != sweepId)];
    }

    private async Task<List<OpenSweep>> LookAsync(bool isFresh, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_hasLooked && !isFresh && _time.GetElapsedTime(_openAt) < _options.Poll) return _open;
        }

        // Whoever has the turn looks with the same token and ends with it.
        await _looking.WaitAsync(CancellationToken.None);
        try
        {
            lock (_lock)
            {
                if (_hasLooked && !isFresh && _time.GetElapsedTime(_openAt) < _options.Poll) return _open;
            }

            lock (_lock)
            {
                foreach (var hosted in _hosted.Values) hosted.MostInWork = hosted.InWork;
            }

            var open = await _sweeps.OpenAsync(cancellationToken);
            Hosted[] drained;
            lock (_lock)
            {
                (_open, _openAt, _hasLooked) = ([.. open], _time.GetTimestamp(), true);
                foreach (var hosted in _hosted.Values) hosted.HeldWhenLooked = hosted.MostInWork;
                drained = [.. _hosted.Values.Where(hosted => hosted.InWork == 0 && !_open.Exists(one => one.SweepId == hosted.SweepId))];
            }

            foreach (var hosted in drained) await CompleteAsync(hosted.SweepId);
            lock (_lock) return _open;
        }
        finally
        {
            _looking.Release();
        }
    }

    private async Task<Hosted?> HostAsync(string sweepId, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_hosted.TryGetValue(sweepId, out var known)) return known;
        }

        if (await _sweeps.FindAsync(sweepId, cancellationToken) is not { State: SweepState.Running } sweep) return null;
        Hosted fresh;
        try
        {
            fresh = new Hosted(sweepId, new ShardWorker(_sweeps, _host(sweep).Actors, sweep, _meter, _active), _time.GetTimestamp());
        }
        catch (OrchestrationException failure)
        {
            await LeaveAsync(sweepId, failure.Message);
            return null;
        }

        lock (_lock)
        {
            _leftAt.Remove(sweepId);
            if (!_hosted.TryAdd(sweepId, fresh)) return _hosted[sweepId];
        }

        _options.OnNote?.Invoke($"sweep {sweepId}: working on it");
        return fresh;
    }

    /// <summary>Leaves a sweep to other silos, for a while.</summary>
    private async Task LeaveAsync(string sweepId, string? why)
    {
        Hosted? hosted;
        bool isNews;
        lock (_lock)
        {
            isNews = !_leftAt.ContainsKey(sweepId) && why is not null;
            _leftAt[sweepId] = _time.GetTimestamp();
            _hosted.Remove(sweepId, out hosted);
        }

        if (isNews) _options.OnNote?.Invoke($"sweep {sweepId} is left to other silos: {why}");
        if (hosted is not null) await EndAsync(hosted);
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_options.Poll, _time);
        long? finishedAt = null;
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (finishedAt is not { } at || _time.GetElapsedTime(at) >= _options.Retry)
                {
                    await FinishAsync(cancellationToken);
                    finishedAt = _time.GetTimestamp();
                }

                Hosted[] hosted;
                lock (_lock) hosted = [.. _hosted.Values];
                foreach (var one in hosted)
                {
                    var state = (await _sweeps.FindAsync(one.SweepId, cancellationToken))?.State;
                    if (state == SweepState.Running) continue;
                    lock (_lock) _hosted.Remove(one.SweepId);
                    if (state is not SweepState.Completed) _options.OnNote?.Invoke($"sweep {one.SweepId} is {(state is { } ended ? SweepSummary.StateText(ended) : "gone")}: leaving it");
                    await EndAsync(one);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The work is over.
        }
    }

    /// <summary>Stops its shards, and writes down for how long this silo worked on it.</summary>
    private async Task EndAsync(Hosted hosted)
    {
        if (!await hosted.EndAsync()) return;
        try
        {
            await _sweeps.AddTotalsAsync(hosted.SweepId, SweepTotals.None with { Seconds = _time.GetElapsedTime(hosted.StartedAt).TotalSeconds }, CancellationToken.None);
        }
        catch (OrchestrationException gone) when (gone.Code == ErrorCodes.NotFound)
        {
            // Deleted meanwhile.
        }
    }

    /// <summary>A sweep that this silo works.</summary>
#pragma warning disable CA1001 // Without a timer the source holds nothing to dispose, and a late shard may still look at it.
    private sealed class Hosted(string sweepId, ShardWorker worker, long startedAt)
#pragma warning restore CA1001
    {
        private readonly CancellationTokenSource _stop = new();
        private int _inWork;
        private int _ended;

        public string SweepId => sweepId;

        public ShardWorker Worker => worker;

        public long StartedAt => startedAt;

        public CancellationToken Stop => _stop.Token;

        public int InWork => Volatile.Read(ref _inWork);

        /// <summary>The most that were in work at once since the last look began.</summary>
        public int MostInWork { get; set; }

        /// <summary>As many at most did the store know of as this silo's when it was looked at.</summary>
        public int HeldWhenLooked { get; set; }

        /// <summary>Under the worker's lock.</summary>
        public void Enter() => MostInWork = Math.Max(MostInWork, Interlocked.Increment(ref _inWork));

        public void Exit() => Interlocked.Decrement(ref _inWork);

        public async Task<bool> EndAsync()
        {
            if (Interlocked.Exchange(ref _ended, 1) != 0) return false;
            await ActorTasks.CancelAsync(_stop);
            return true;
        }
    }
}
