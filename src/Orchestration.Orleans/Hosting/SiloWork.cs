using Orchestration.Core;
using Orchestration.Core.Cluster;
using Orchestration.Core.Sweeps;
using Orchestration.Orleans.Contracts;

namespace Orchestration.Orleans.Hosting;

/// <summary>A silo's work on sweeps: Core's <see cref="SiloWorker"/>, started, watched and drained. On the thread pool, not in a grain's turn: a shard is minutes of work.</summary>
internal sealed class SiloWork : IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly SiloParts _parts;
    private readonly SweepMeter _meter = new();
    private readonly SiloWorker? _worker;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private Task? _running;
    private (long At, long Judgments, long Calls) _told;

    public SiloWork(SiloParts parts, SiloJudges judges, SiloAggregators aggregators)
    {
        _parts = parts;
        _told.At = parts.Time.GetTimestamp();
        if (parts.Options.Slots == 0) return;
        var options = new SiloWorkOptions { Slots = parts.Options.Slots, Lease = parts.Options.Lease, OnNote = parts.Options.Note };
        _worker = new SiloWorker(parts.Store.Sweeps, sweep => new SweepHost(SiloActors.Of(sweep, parts, judges, aggregators)), parts.Time, parts.Store.Owner, options, _meter);
    }

    public ShardStatus Status => new(IsWorking, _worker?.Working ?? 0, _meter.Rows, _meter.Judgments, _parts.Store.Owner);

    private bool IsWorking
    {
        get
        {
            lock (_lock) return _running is { IsCompleted: false };
        }
    }

    /// <summary>Ends when the work does; an <see cref="OrchestrationException"/> where the store failed for good.</summary>
    public Task Running
    {
        get
        {
            lock (_lock) return _running ?? Task.CompletedTask;
        }
    }

    public void Start()
    {
        lock (_lock)
        {
            if (_worker is null || _running is not null || _stop.IsCancellationRequested) return;
            _running = Task.Run(() => _worker.RunAsync(_stop.Token));
        }
    }

    public void Dispose() => _stop.Dispose();

    public void Drain() => _ = _stop.CancelAsync();

    /// <summary>Drains and waits: calls in flight are finished and stored, unfinished shards given back.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Running;
    }

    /// <summary>Tells the store's directory what this silo does, each second, until cancelled.</summary>
    public async Task TellAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Beat, _parts.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                while (_parts.Board.TryTakeNote(out var note)) _parts.Options.Note($"note: {note}");
                await TellNowAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo leaves.
        }
    }

    /// <summary>Tells it once. Not for several threads at a time.</summary>
    public async Task TellNowAsync(CancellationToken cancellationToken)
    {
        var now = (At: _parts.Time.GetTimestamp(), _meter.Judgments, _meter.Totals.Calls);
        var seconds = _parts.Time.GetElapsedTime(_told.At, now.At).TotalSeconds;
        var totals = _meter.Totals;
        var report = new SiloReport
        {
            Role = "orleans",
            Slots = _parts.Options.Slots,
            Shards = _worker?.Working ?? 0,
            Judgments = now.Judgments,
            Calls = totals.Calls,
            Failures = totals.Failures,
            CostUsd = totals.CostUsd,
            JudgmentsPerSecond = seconds > 0 ? Math.Round((now.Judgments - _told.Judgments) / seconds, 1) : 0,
            CallsPerSecond = seconds > 0 ? Math.Round((now.Calls - _told.Calls) / seconds, 1) : 0,
        };
        _told = now;
        try
        {
            await _parts.Store.Cluster.TellAsync(report, cancellationToken);
        }
        catch (OrchestrationException e) when (e.Code == ErrorCodes.Store)
        {
            _parts.Options.Note($"the other silos cannot be told of this one: {e.Message}");
        }
    }
}
