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

    public SiloWork(SiloParts parts, SiloJudges judges, SiloAggregators aggregators)
    {
        _parts = parts;
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
        var (at, judgments, calls) = (_parts.Time.GetTimestamp(), 0L, 0L);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                while (_parts.Board.TryTakeNote(out var note)) _parts.Options.Note($"note: {note}");
                var (now, totals) = (_parts.Time.GetTimestamp(), _meter.Totals);
                var seconds = _parts.Time.GetElapsedTime(at, now).TotalSeconds;
                var report = new SiloReport
                {
                    Role = "orleans",
                    Shards = _worker?.Working ?? 0,
                    Judgments = _meter.Judgments,
                    Calls = totals.Calls,
                    Failures = totals.Failures,
                    CostUsd = totals.CostUsd,
                    JudgmentsPerSecond = Math.Round((_meter.Judgments - judgments) / seconds, 1),
                    CallsPerSecond = Math.Round((totals.Calls - calls) / seconds, 1),
                };
                (at, judgments, calls) = (now, report.Judgments, report.Calls);
                await _parts.Store.Cluster.TellAsync(report, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo leaves.
        }
    }
}
