using Orchestration.Core;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Sweeps;
using Orchestration.Simulation.InMemory;

namespace Orchestration.Simulation.Host;

/// <summary>One silo of a world: the real worker, feed, judges and gates over the carried ports.</summary>
#pragma warning disable CA1001 // A world ends with everything in it; what a silo holds open is memory.
internal sealed class SimulatedSilo
#pragma warning restore CA1001
{
    private static readonly SiloWorkOptions Working = new()
    {
        Slots = 2,
        Lease = TimeSpan.FromSeconds(6),
        Poll = TimeSpan.FromSeconds(1),
        Retry = TimeSpan.FromSeconds(5),
    };

    private static readonly TimeSpan FeedPoll = TimeSpan.FromMilliseconds(600);

    private readonly SimulatedWorld _world;
    private readonly InMemoryOwner _owner;
    private readonly SimulatedStore _store;
    private readonly SimulatedDeployment _deployment;
    private readonly List<EmbeddedActors> _hosted = [];
    private readonly CancellationTokenSource _stop = new();
    private Task? _main;
    private readonly Dictionary<Aggregator, long> _epochs = [];

    public SimulatedSilo(SimulatedWorld world, SimulatedProcess process, InMemoryOwner owner, int place, Func<JudgeSurroundings, IReadOnlyList<IJudge>> judges)
    {
        _world = world;
        _owner = owner;
        Process = process;
        Place = place;
        _store = new SimulatedStore(world, process, owner);
        _deployment = new SimulatedDeployment(world, process, owner.Owner, _store.Quotas);
        var purchases = new JudgmentPurchases(_store.Judgments, _store.Spending, process.Clock, _store.Claims);
        Judges = judges(new JudgeSurroundings(_deployment, purchases, _store.Judgments, process.Clock));
    }

    public SimulatedProcess Process { get; }

    public int Place { get; }

    public string Owner => _owner.Owner;

    public IReadOnlyList<IJudge> Judges { get; }

    /// <summary>True where it ended by itself, or died.</summary>
    public bool HasEnded => Process.State == ProcessState.Dead || _main!.IsCompleted;

    /// <summary>Promise 7: what is active everywhere is in effect here.</summary>
    public bool HasSeen(long epoch) => Process.State == ProcessState.Dead || Aggregators().All(aggregator => aggregator.Epoch < 0 || aggregator.Epoch >= epoch);

    /// <summary>What it ended by, where it should not have.</summary>
    public Exception? Failure => Process.State == ProcessState.Dead ? null : _main!.Exception?.GetBaseException();

    public void Start() => _main = Process.Start(RunAsync);

    public void Stop() => Process.Post(_stop.Cancel);

    /// <summary>The store learns that it is no more.</summary>
    public void Leave() => _owner.Kill();

    private async Task RunAsync()
    {
        var worker = new SiloWorker(_store.Sweeps, Host, Process.Clock, Owner, Working, new SweepMeter());
        using var serving = new CancellationTokenSource();
        var feed = new AggregatorFeed(_store.Aggregators, Aggregators, FeedPoll).RunAsync(serving.Token);
        try
        {
            await worker.RunAsync(_stop.Token);
        }
        finally
        {
            serving.Cancel();
            await feed;
        }

        _deployment.Dispose();
    }

    private SweepHost Host(SweepRecord sweep)
    {
        var actors = new EmbeddedActors(Judges, _store.Judgments, Process.Clock, _store.Aggregators);
        _hosted.Add(actors);
        return new SweepHost(actors);
    }

    private IReadOnlyCollection<Aggregator> Aggregators()
    {
        List<Aggregator> all = [.. _hosted.SelectMany(static actors => actors.HostedAggregators)];
        foreach (var aggregator in all)
        {
            var seen = _epochs.GetValueOrDefault(aggregator, -1);
            if (aggregator.Epoch < seen) _world.Checks.Break(7, $"{Owner} went back from epoch {seen} of what is active to {aggregator.Epoch}");
            _epochs[aggregator] = aggregator.Epoch;
        }

        return all;
    }
}
