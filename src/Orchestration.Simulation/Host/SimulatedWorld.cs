using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Activation;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Sweeps;
using Orchestration.Simulation.InMemory;

namespace Orchestration.Simulation.Host;

/// <summary>One world: its time, its store, its silos and its operator, from the beginning of its sweeps to their end.</summary>
internal sealed class SimulatedWorld
{
    /// <summary>How long sweeps may take once nothing goes wrong any more.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan Leaving = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    private readonly ulong _seed;
    private readonly Dice _messages;
    private readonly Dice _skew;
    private readonly Func<JudgeSurroundings, IReadOnlyList<IJudge>> _judges;
    private readonly InMemoryData _store;
    private readonly List<SimulatedSilo> _silos = [];
    private readonly SimulatedSilo?[] _places;
    private readonly InMemoryOwner _registrar;
    private int _processes;
    private bool _isCalm;
    private bool _isEnding;

    public SimulatedWorld(
        ulong seed, Dice dice, WorldPlan plan, SimulationData data, byte[][][]? reference, Func<JudgeSurroundings, IReadOnlyList<IJudge>> judges, PlantedBug planted)
    {
        _seed = seed;
        _judges = judges;
        Plan = plan;
        Data = data;
        Reference = reference;
        Trace = new Trace(plan.Events);
        Timeline = new Timeline(dice.Fork(), Trace);
        _messages = dice.Fork();
        _skew = dice.Fork();
        Wire = dice.Fork();
        _store = new InMemoryData(new TrueClock(Timeline)) { Planted = planted };
        _registrar = _store.Open();
        Checks = new WorldChecks(this, _store);
        Endpoint = new SimulatedEndpoint(this);
        _places = new SimulatedSilo?[plan.Silos];
    }

    public WorldPlan Plan { get; }

    public SimulationData Data { get; }

    /// <summary>The blocks of an undisturbed run, by definition and place in the pool; null in that run itself.</summary>
    public byte[][][]? Reference { get; }

    public Timeline Timeline { get; }

    public Trace Trace { get; }

    public Dice Wire { get; }

    public WorldChecks Checks { get; }

    public SimulatedEndpoint Endpoint { get; }

    public bool HasDeploymentFaults => Plan.Faults.HasFlag(SimulationFaults.DeploymentFaults);

    public static string SweepId(int sweep) => $"s{sweep + 1}";

    /// <summary>What is fixed of the judges.</summary>
    public static IReadOnlyList<JudgeDescriptor> Describe(Func<JudgeSurroundings, IReadOnlyList<IJudge>> judges)
    {
        // In a world without anything in it: nobody calls them.
        var world = new SimulatedWorld(0, new Dice(0), new WorldPlan { Silos = 1, Sweeps = [], RequestsPerMinute = 1, Faults = SimulationFaults.None }, null!, null, judges, PlantedBug.None);
        var silo = world.Begin(0);
        return [.. silo.Judges.Select(static j => j.Descriptor)];
    }

    public SimulationResult Run()
    {
        Register();
        for (var place = 0; place < Plan.Silos; place++) _places[place] = Started(place);
        Trouble();
        Timeline.After(Plan.Trouble, Calm);
        var ended = Timeline.RunUntil(IsOver, Plan.Trouble + Bound);
        if (!ended) Checks.Break(0, Timeline.Escape is { } escape ? "a step left the world's thread: " + escape : "the sweeps did not come to their end");
        if (Checks.Broken is null) End();
        return new SimulationResult(
            _seed, Trace.Hash, Timeline.Steps, TimeSpan.FromTicks(Timeline.Now), Endpoint.Arrivals.Count + Endpoint.Unavoidable.Count,
            Checks.Broken is var (promise, what) ? new SimulationViolation(promise, what, Trace.Last()) : null);
    }

    /// <summary>The blocks of all sweeps, by definition and shard.</summary>
    public byte[][][] BlocksByDefinition() =>
        [.. Plan.Sweeps.OrderBy(static s => s.Definition).Select((sweep, s) => sweep.Shards.Select((_, shard) => Checks.Blocks[(SweepId(s), shard)].Block).ToArray())];

    public Fate DrawFate()
    {
        if (_isCalm) return Fate.Done;
        var now = TimeSpan.FromTicks(Timeline.Now);
        if (now >= Plan.Outage.From && now < Plan.Outage.Until) return Fate.FailsBefore;
        var drawn = _messages.Share();
        return drawn < Plan.Failing ? Fate.FailsBefore : drawn < Plan.Failing * 2 ? Fate.AnswerLost : Fate.Done;
    }

    /// <summary>Mostly a millisecond or two, at times fifty.</summary>
    public TimeSpan DrawTravel()
    {
        var drawn = _messages.Share();
        return TimeSpan.FromTicks((long)((drawn * drawn * drawn * drawn * 50 + 0.2) * TimeSpan.TicksPerMillisecond));
    }

    public bool DrawRepeats() => !_isCalm && _messages.Chance(Plan.Repeating);

    public TimeSpan DrawLate(TimeSpan most) => most * (_messages.Share() * _messages.Share());

    public TimeSpan RetryWait(int attempt) => TimeSpan.FromMilliseconds(Math.Min(1000, 20 << Math.Min(attempt, 6)));

    private void Register()
    {
        var owner = _registrar;
        foreach (var version in Data.Stored) _store.Aggregators.Versions.Add((version, new AggregatorHead(version.Name, version.Id, version.Model, default)));
        var first = Data.Stored[0].Id;
        Now(owner.Aggregators.TryChangeAsync(0, new AggregatorSetting { Name = SimulationData.Aggregator, Active = first }, null, CancellationToken.None));
        Checks.Changed(_store.Aggregators.Setting(SimulationData.Aggregator));
        foreach (var planned in Plan.Sweeps)
        {
            var sweep = Now(owner.Sweeps.CreateAsync(new NewSweep("", "", "simulated", owner.Owner), CancellationToken.None));
            Now(owner.Sweeps.AppendShardsAsync(sweep.Id, [.. planned.Shards.Select((place, index) => Data.Pool[place] with { Index = index })], CancellationToken.None));
            Now(owner.Sweeps.SealAsync(sweep.Id, new SweepSeal(Data.Definitions[planned.Definition], planned.Shards.Sum(place => Data.Pool[place].Rows), 0), CancellationToken.None));
            _store.Spending[sweep.Id].Cap = planned.CapUsd;
        }
    }

    private SimulatedSilo Begin(int place)
    {
        var skewed = Plan.Faults.HasFlag(SimulationFaults.ClockSkew);
        var number = ++_processes;
        var process = new SimulatedProcess(
            Timeline, number, $"silo {number}", skewed ? TimeSpan.FromSeconds((_skew.Share() - 0.5) * 7200) : TimeSpan.Zero, skewed ? (_skew.Share() - 0.5) * 0.002 : 0);
        var silo = new SimulatedSilo(this, process, _store.OpenForMessages(), place, _judges);
        _silos.Add(silo);
        return silo;
    }

    private SimulatedSilo Started(int place)
    {
        var silo = Begin(place);
        Trace.Note(Timeline.Now, silo.Process.Name, "begins as " + silo.Owner);
        silo.Start();
        return silo;
    }

    private void Trouble()
    {
        foreach (var (at, place, until) in Plan.Crashes)
        {
            Timeline.After(at, () => Crash(place, until));
        }

        foreach (var (at, place, length) in Plan.Pauses)
        {
            Timeline.After(at, () =>
            {
                if (_isCalm || _places[place] is not { Process.State: ProcessState.Runs } silo) return;
                Trace.Note(Timeline.Now, silo.Process.Name, "stands still");
                silo.Process.StandStill();
                Timeline.After(length, () => GoOn(silo));
            });
        }

        if (Plan.Activations.Count + Plan.Rollbacks.Count + Plan.SweepPauses.Count > 0 || Plan.Sweeps.Any(static s => s.CapUsd is not null)) new SimulatedOperator(this, _store.OpenForMessages(), _skew.Fork()).Start();
    }

    private void Crash(int place, TimeSpan until)
    {
        if (_isCalm || _places[place] is not { } silo || silo.Process.State == ProcessState.Dead) return;
        Trace.Note(Timeline.Now, silo.Process.Name, "dies");
        silo.Process.Kill();
        _places[place] = null;

        // Its death is known at once, or a little later.
        if (_skew.Chance(0.5)) silo.Leave();
        else Timeline.After(_skew.Between(TimeSpan.Zero, TimeSpan.FromSeconds(5)), silo.Leave);
        Timeline.After(until, () =>
        {
            if (!_isEnding) _places[place] = Started(place);
        });
    }

    private void GoOn(SimulatedSilo silo)
    {
        if (silo.Process.State != ProcessState.StandsStill) return;
        Trace.Note(Timeline.Now, silo.Process.Name, "goes on");
        silo.Process.GoOn();
    }

    private void Calm()
    {
        Trace.Note(Timeline.Now, "world", "is calm");
        _isCalm = true;
        foreach (var silo in _silos) GoOn(silo);
    }

    private bool IsOver()
    {
        if (Checks.Broken is not null) return true;
        foreach (var silo in _silos)
        {
            if (silo.Failure is { } failure) Checks.Break(0, $"{silo.Process.Name} ended by an error: {failure}");
        }

        if (Checks.Broken is not null) return true;
        foreach (var sweep in _store.Sweeps.All.Values)
        {
            if (sweep.State != SweepState.Completed) return false;
        }

        return true;
    }

    /// <summary>Every silo ends in order; then what is left is looked at.</summary>
    private void End()
    {
        Calm();
        Timeline.RunUntil(() => Checks.Broken is not null, Settling);
        _isEnding = true;
        Swap();
        foreach (var silo in _silos) silo.Stop();
        if (!Timeline.RunUntil(() => Checks.Broken is not null || _silos.TrueForAll(static silo => silo.HasEnded), Leaving)) Checks.Break(0, "the silos did not come to their end");
        if (Checks.Broken is not null) return;
        IsOver();
        Checks.AtEnd();
        foreach (var silo in _silos) silo.Leave();
        foreach (var sweep in _store.Spending.Accounts.Keys) Checks.Money(sweep);
    }

    /// <summary>Promise 7: a swap takes effect in all silos within a second.</summary>
    private void Swap()
    {
        var setting = _store.Aggregators.Setting(SimulationData.Aggregator);
        if (Now(_registrar.Aggregators.TryChangeAsync(setting.Epoch, setting with { Active = Data.Stored[^1].Id }, null, CancellationToken.None)) is not { } changed) return;
        Checks.Changed(changed);
        Timeline.RunUntil(() => Checks.Broken is not null, TimeSpan.FromSeconds(1));
        foreach (var silo in _silos)
        {
            if (!silo.HasSeen(changed.Epoch)) Checks.Break(7, $"{silo.Process.Name} has not put epoch {changed.Epoch} of what is active into effect within a second");
        }
    }

    // The ports of memory do everything at once.
    private static T Now<T>(ValueTask<T> done) => done.AsTask().GetAwaiter().GetResult();

    private static void Now(ValueTask done) => done.AsTask().GetAwaiter().GetResult();

    /// <summary>The store's clock: the true time.</summary>
    private sealed class TrueClock(Timeline timeline) : TimeProvider
    {
        private static readonly DateTimeOffset Began = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => timeline.Now;

        public override DateTimeOffset GetUtcNow() => Began.AddTicks(timeline.Now);
    }
}
