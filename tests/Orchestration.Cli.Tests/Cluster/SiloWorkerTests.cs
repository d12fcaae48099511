using System.Collections.Concurrent;
using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Spending;
using Orchestration.Core.Sweeps;
using Orchestration.Storage.Sqlite;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Cluster;

/// <summary>Which sweeps a silo works, in which order, and when it leaves one.</summary>
public sealed class SiloWorkerTests : IDisposable
{
    private readonly CliRun _folder = new();
    private readonly ConcurrentQueue<string> _notes = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_small_sweep_does_not_wait_for_a_big_one()
    {
        await using var store = await OpenAsync();

        // Until the small one has been asked for, both slots go in step: neither runs ahead while the other waits for the disk.
        var (gate, smalls, waiting) = (new Lock(), 0, (TaskCompletionSource?)null);
        var judge = new Judge
        {
            Before = id =>
            {
                lock (gate)
                {
                    if (id.StartsWith("small", StringComparison.Ordinal)) smalls++;
                    if (waiting is { } other)
                    {
                        waiting = null;
                        other.SetResult();
                        return Task.CompletedTask;
                    }

                    if (smalls == 3) return Task.CompletedTask;
                    waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    return waiting.Task;
                }
            },
        };
        await RegisterAsync(store, judge, "big", 30);
        await RegisterAsync(store, judge, "small", 3);
        await WorkAsync(store, judge, slots: 2);

        // Half of what was asked while the small one was there was its own.
        var asked = judge.Asked.ToList();
        asked.Count.ShouldBe(33);
        asked.FindLastIndex(static id => id.StartsWith("small", StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(9);
        (await store.Sweeps.ListAsync(Cancelled)).ShouldAllBe(static sweep => sweep.State == SweepState.Completed);
    }

    [Fact]
    public async Task A_higher_priority_goes_first()
    {
        await using var store = await OpenAsync();
        var judge = new Judge();
        await RegisterAsync(store, judge, "usual", 6);
        await RegisterAsync(store, judge, "urgent", 6, priority: 5);
        await WorkAsync(store, judge, slots: 2);
        judge.Asked.Take(6).ShouldAllBe(static id => id.StartsWith("urgent", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_sweep_that_is_paused_elsewhere_is_left_and_the_others_go_on()
    {
        await using var store = await OpenAsync();
        var (started, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        var judge = new Judge
        {
            Before = async id =>
            {
                if (!id.StartsWith("paused", StringComparison.Ordinal)) return;
                started.TrySetResult();
                await gate.Task;
            },
        };
        var paused = await RegisterAsync(store, judge, "paused", 10);
        var other = await RegisterAsync(store, judge, "other", 4);
        var working = WorkAsync(store, judge, slots: 2);
        await started.Task;
        (await store.Sweeps.TryChangeStateAsync(paused.Id, SweepState.Running, SweepState.Interrupted, Cancelled)).ShouldBeTrue();
        while (!_notes.Any(static note => note.Contains("leaving it", StringComparison.Ordinal))) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancelled);
        gate.SetResult();
        await working;
        judge.Asked.Count(static id => id.StartsWith("paused", StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(2, "what was in flight, and no more");
        (await store.Sweeps.FindAsync(other.Id, Cancelled)).ShouldNotBeNull().State.ShouldBe(SweepState.Completed);
        (await store.Sweeps.FindAsync(paused.Id, Cancelled)).ShouldNotBeNull().State.ShouldBe(SweepState.Interrupted);
        (await store.Sweeps.HeldAsync(Cancelled)).ShouldBeEmpty("its shards were given back");
    }

    [Fact]
    public async Task What_a_silo_cannot_make_is_left_to_others()
    {
        await using var store = await OpenAsync();
        var judge = new Judge();
        var impossible = await RegisterAsync(store, judge, "impossible", 2);
        var possible = await RegisterAsync(store, judge, "possible", 2);
        await WorkAsync(store, judge, slots: 2, host: sweep => sweep.Id == impossible.Id
            ? throw new OrchestrationException(ErrorCodes.Configuration, "no deployment is called 'gpt'")
            : new SweepHost(Actors(store, judge)));
        judge.Asked.Order().ShouldBe(["possible0", "possible1"]);
        (await store.Sweeps.FindAsync(impossible.Id, Cancelled)).ShouldNotBeNull().State.ShouldBe(SweepState.Running);
        (await store.Sweeps.FindAsync(possible.Id, Cancelled)).ShouldNotBeNull().State.ShouldBe(SweepState.Completed);
        _notes.ShouldContain($"sweep {impossible.Id} is left to other silos: no deployment is called 'gpt'");
    }

    [Fact]
    public async Task At_its_cap_a_sweep_stops_for_all_and_the_others_go_on()
    {
        await using var store = await OpenAsync();
        var judge = new Judge { Before = id => id == "poor1" ? throw new SpendCapReachedException("s1", 1) : Task.CompletedTask };
        var poor = await RegisterAsync(store, judge, "poor", 5);
        var rich = await RegisterAsync(store, judge, "rich", 3);
        await WorkAsync(store, judge, slots: 1);
        (await store.Sweeps.FindAsync(poor.Id, Cancelled)).ShouldNotBeNull().State.ShouldBe(SweepState.Capped);
        (await store.Sweeps.FindAsync(rich.Id, Cancelled)).ShouldNotBeNull().State.ShouldBe(SweepState.Completed);
    }

    [Fact]
    public async Task A_slot_counts_what_another_has_just_chosen_although_the_store_does_not_know_of_it_yet()
    {
        await using var store = await OpenAsync();
        var judge = new Judge();
        await RegisterAsync(store, judge, "older", 40);
        await RegisterAsync(store, judge, "newer", 40);

        // The first claim is under way while the other slot looks at the store, which says that nothing of that sweep is held.
        var sweeps = FirstClaimUnderWay.Of(store.Sweeps);
        await WorkAsync(store, judge, slots: 2, sweeps: sweeps, poll: TimeSpan.FromMilliseconds(1));
        var first = (FirstClaimUnderWay)sweeps;
        first.NextAfterTheLook.ShouldNotBeNull().ShouldNotBe(first.SweepId);
        judge.Asked.Count.ShouldBe(80);
    }

    [Fact]
    public async Task A_silo_that_is_told_to_stop_awaits_what_is_in_flight_gives_its_shards_back_and_says_for_how_long_it_worked()
    {
        await using var store = await OpenAsync();
        var (started, gate) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var judge = new Judge
        {
            Before = async _ =>
            {
                started.TrySetResult();
                await gate.Task;
            },
        };
        var sweep = await RegisterAsync(store, judge, "cut", 16, rowsPerShard: 8);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var working = WorkAsync(store, judge, slots: 1, stop: stop.Token);
        await started.Task;
        await stop.CancelAsync();
        working.IsCompleted.ShouldBeFalse("a call is in flight");
        (await store.Sweeps.HeldAsync(Cancelled)).ShouldHaveSingleItem().Shards.ShouldBe(1);
        gate.SetResult();
        await working;
        judge.Asked.Count.ShouldBeLessThanOrEqualTo(judge.Concurrency, "what was in flight, and no more");
        (await store.Sweeps.HeldAsync(Cancelled)).ShouldBeEmpty("its shard was given back");
        var left = (await store.Sweeps.FindAsync(sweep.Id, Cancelled)).ShouldNotBeNull();
        left.State.ShouldBe(SweepState.Running);
        left.Totals.Seconds.ShouldBeGreaterThan(0);
    }

    private static EmbeddedActors Actors(SqliteStore store, Judge judge) => new([judge], store.Judgments, TimeProvider.System);

    private Task WorkAsync(
        SqliteStore store, Judge judge, int slots, Func<SweepRecord, SweepHost>? host = null, ISweepStore? sweeps = null, TimeSpan? poll = null, CancellationToken? stop = null) => new SiloWorker(
        sweeps ?? store.Sweeps, host ?? (_ => new SweepHost(Actors(store, judge))), TimeProvider.System, store.Owner,
        new SiloWorkOptions { Slots = slots, Poll = poll ?? TimeSpan.FromMilliseconds(20), UntilIdle = true, OnNote = _notes.Enqueue }, new SweepMeter()).RunAsync(stop ?? Cancelled);

    private async Task<SqliteStore> OpenAsync() => await SqliteStore.OpenAsync(new SqliteStoreOptions { Path = _folder.At("s.db") }, Cancelled);

    private async Task<SweepRecord> RegisterAsync(SqliteStore store, Judge judge, string name, int rows, int priority = 0, int rowsPerShard = 1)
    {
        var pairs = _folder.Write(name + ".jsonl", [.. Enumerable.Range(0, rows).Select(i => $$"""{"id":"{{name}}{{i}}","prompt":"q","answer":"{{name}} {{i}}"}""")]);
        var plan = new SweepPlan
        {
            Data = new IngestOptions { Kind = DataKind.Pairs, Inputs = [pairs], TempFolder = _folder.Folder, RowsPerShard = rowsPerShard },
            Judges = [new PlannedJudge(judge.Descriptor, new FixedJudge("model", "model", JudgeKind.Llm, judge.Descriptor.Version.ToString()))],
            OutputFolder = _folder.At(name),
            Priority = priority,
        };
        return (await new SweepRegistration(store.Sweeps, store.Owner).RegisterAsync(plan, null, Cancelled)).Sweep;
    }

    private sealed class Judge : IJudge
    {
        public ConcurrentQueue<string> Asked { get; } = new();

        public Func<string, Task> Before { get; init; } = static _ => Task.CompletedTask;

        public int Concurrency => 4;

        public JudgeDescriptor Descriptor { get; } = new()
        {
            Id = "model",
            Kind = JudgeKind.Llm,
            Version = new Hash128(1, 2),
            Dimensions = [new JudgeDimension("model", new Scale(0, 4, 1))],
            IsPaid = true,
        };

        public async ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken)
        {
            foreach (var pair in request.Items)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Asked.Enqueue(pair.Id);
                await Before(pair.Id);
            }

            return new JudgeReply { Judgments = [.. request.Items.Select(static _ => Judgment.Scored(2))], Totals = CallTotals.None, FromStore = 0 };
        }

        public ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
