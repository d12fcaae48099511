using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Cluster;
using Orchestration.Core.Sweeps;
using Orchestration.Silo.Hosting;
using Orchestration.Silo.Judging;

namespace Orchestration.Silo.Sweeps;

/// <summary>The silo's part in the sweeps of its store, and what it tells the others of itself.</summary>
/// <param name="state">The silo.</param>
/// <param name="judges">Its judges.</param>
internal sealed class SiloSweeps(SiloState state, SiloJudges judges)
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly SweepMeter _meter = new();
    private SiloWorker? _worker;

    /// <summary>Shards in work.</summary>
    public int Working => _worker?.Working ?? 0;

    /// <summary>Works the store's sweeps until told to stop: calls in flight are finished and stored, shards not done are given back.</summary>
    public async Task WorkAsync(CancellationToken cancellationToken)
    {
        if (state.Options.Slots == 0) return;
        _worker = new SiloWorker(
            state.Store.Sweeps, sweep => new SweepHost(judges.OfSweep(sweep)), state.Options.Time, state.Store.Owner,
            new SiloWorkOptions { Slots = state.Options.Slots, OnNote = state.Options.Note }, _meter);
        await _worker.RunAsync(cancellationToken);
    }

    /// <summary>Keeps aggregators up to date: a swap made anywhere takes effect here within a second.</summary>
    public Task FollowAggregatorsAsync(CancellationToken cancellationToken) =>
        new AggregatorFeed(state.Store.Aggregators, () => judges.HostedAggregators, onFault: fault => state.Options.Note($"the aggregator stays as it was: {fault.Message}")).RunAsync(cancellationToken);

    /// <summary>Tells the other silos what this one does, every second.</summary>
    public async Task TellAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(Beat, state.Options.Time);
            do
            {
                while (state.Board.TryTakeNote(out var note)) state.Options.Note($"note: {note}");
                var totals = _meter.Totals;
                try
                {
                    await state.Store.Cluster.TellAsync(
                        new SiloReport
                        {
                            Role = "gateway",
                            Slots = state.Options.Slots,
                            Shards = Working,
                            Judgments = _meter.Judgments,
                            Calls = totals.Calls,
                            Failures = totals.Failures,
                            CostUsd = totals.CostUsd,
                        },
                        cancellationToken);
                }
                catch (Core.OrchestrationException e) when (e.Code == Core.ErrorCodes.Store)
                {
                    state.Options.Note($"the other silos cannot be told of this one: {e.Message}");
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo leaves.
        }
    }
}
