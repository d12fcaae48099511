using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Loop;
using Orchestration.Core.Spending;
using Orchestration.Learning.Drift;
using Orchestration.Simulation.InMemory;
using Orchestration.Testing;
using Xunit;

namespace Orchestration.Simulation.Tests.Routing;

/// <summary>A silo's router with its loop, on data that several silos may share; a clock that tests move.</summary>
internal sealed class LoopSilo : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public LoopSilo(InMemoryData data, ManualTime time, RouterConfig config, IReadOnlyList<ScoringJudge>? judges = null, IReadOnlyList<IRoutingPolicy>? policies = null, int seed = 1, int queue = 16_384, DriftOptions? drift = null)
    {
        Time = time;
        Store = data.Open();
        judges ??= [];
        Actors = new EmbeddedActors(judges, null, time, Store.Aggregators);
        Router = new Router(
            new RouterServices { Time = time, NewId = Ids(seed), Ledger = Store.Routing, LedgerQueue = queue, Note = Notes.Enqueue },
            new RouterSetup { Config = config, Policies = (policies ?? []).ToDictionary(static p => p.Name, StringComparer.Ordinal) });
        Loop = new RouterLoop(Router, Actors, Store, new RouterLoopOptions { Time = time, Note = Notes.Enqueue, Concurrency = 2, Drift = drift ?? new DriftOptions() });
        Loop.Use(judges.Count == 0 ? null : new RouterJudges([.. judges.Select(static j => j.ForRouter)]), []);
    }

    public System.Collections.Concurrent.ConcurrentQueue<string> Notes { get; } = new();

    public ManualTime Time { get; }

    public InMemoryOwner Store { get; }

    public EmbeddedActors Actors { get; }

    public Router Router { get; }

    public RouterLoop Loop { get; }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static RouterConfig Config(params string[] experts) => new()
    {
        Experts = [.. experts.Select(static e => new ExpertConfig { Name = e, Deployment = e, Family = e + "-family" })],
        DefaultExpert = experts[0],
        Explore = 0,
        Judges = "panel",
        JudgeShare = 1,
    };

    public LoopSilo Run()
    {
        _running = Task.Run(() => Loop.RunAsync(_stop.Token), Cancel);
        return this;
    }

    public async Task<RouteDecision> DecideAsync(string model = "auto", string text = "What is a monad?") =>
        await Router.DecideAsync(new RouteRequest { Model = model, Prompt = new RoutingPrompt(text, 10) }, Cancel);

    /// <summary>A request that ended.</summary>
    public async Task<RouteDecision> RouteAsync(string model = "auto", string answer = "A monoid.", Func<RouteOutcome, RouteOutcome>? change = null)
    {
        var decision = await DecideAsync(model);
        await CompleteAsync(decision, answer, change);
        return decision;
    }

    public async Task CompleteAsync(RouteDecision decision, string answer = "A monoid.", Func<RouteOutcome, RouteOutcome>? change = null)
    {
        var outcome = new RouteOutcome
        {
            Decision = decision,
            Steps = [new RouteStep(decision.Expert, "first", 200, 0.01m, 0, TimeSpan.FromSeconds(1), double.NaN, null)],
            AnsweredBy = decision.Expert,
            Status = 200,
            Prompt = "What is a monad?",
            Answer = answer,
            CostUsd = 0.01m,
            Latency = TimeSpan.FromSeconds(1),
        };
        await Router.CompleteAsync(change is null ? outcome : change(outcome), Cancel);
    }

    /// <summary>Moves the clock past every short wait that begins, until something is so.</summary>
    public async Task UntilAsync(Func<Task<bool>> isSo)
    {
        while (!await isSo())
        {
            Cancel.ThrowIfCancellationRequested();
            if (Time.Pending(static wait => wait <= TimeSpan.FromMilliseconds(50)) > 0) Time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }
    }

    public Task WrittenAsync(int routes) => UntilAsync(() => Task.FromResult(Loop.Counts.Written >= routes));

    /// <summary>The reward of a route, once it is in the ledger.</summary>
    public async Task<RouteReward> RewardAsync(string routeId)
    {
        RouteReward? found = null;
        await UntilAsync(async () => (found = (await Store.Routing.RewardsAsync(0, 10_000, Cancel)).Rewards.FirstOrDefault(r => r.RouteId == routeId)) is not null);
        return found!;
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private static Func<Hash128> Ids(int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[16];
        return () =>
        {
            lock (random)
            {
                random.NextBytes(bytes);
                return Hash128.FromBytes(bytes);
            }
        };
    }
}

/// <summary>A judge on 0–4 that says what a test wants.</summary>
internal sealed class ScoringJudge(string id, Func<Pair, Judgment> says, string family = "", JudgeKind kind = JudgeKind.Llm, ISpendLedger? ledger = null) : IJudge
{
    private int _asked;

    public int Asked => Volatile.Read(ref _asked);

    public JudgeDescriptor Descriptor { get; } = new()
    {
        Id = id,
        Kind = kind,
        Version = PairHash.Of(id),
        Dimensions = [new JudgeDimension(id, new Scale(0, 4))],
        IsPaid = true,
    };

    public int Concurrency => 4;

    public RouterJudge ForRouter => new(
        new EvaluationColumn(id, id, 0, ColumnKind.Score, new Scale(0, 4)), new AggregatorColumn(id, id.StartsWith("clarity", StringComparison.Ordinal) ? Aggregation.SampleVersions.Rubric : null),
        family.Length == 0 ? [] : [family], kind != JudgeKind.Code);

    public async ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken)
    {
        Interlocked.Add(ref _asked, request.Items.Count);
        if (ledger is not null)
        {
            var held = await ledger.ReserveAsync(request.Payer!, 1, cancellationToken) ?? throw new SpendCapReachedException(request.Payer!, 1);
            await ledger.SettleAsync(held, 1, 0);
        }

        return new JudgeReply { Judgments = [.. request.Items.Select(says)] };
    }

    public ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken) => throw new NotSupportedException();
}
