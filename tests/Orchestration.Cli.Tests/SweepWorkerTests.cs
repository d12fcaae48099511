using System.Collections.Concurrent;
using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;
using Orchestration.Storage.Sqlite;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests;

public sealed class SweepWorkerTests : IDisposable
{
    private readonly CliRun _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_outcome_without_a_score_that_a_killed_owner_wrote_down_is_kept_and_not_asked_again()
    {
        await using var store = await OpenAsync();
        var judge = new Judge();
        var sweep = await RegisterAsync(store, judge);
        var lease = (await store.Sweeps.ClaimAsync(sweep.Id, store.Owner + "/gone", 1, TimeSpan.FromMinutes(1), Cancelled)).Single();
        (await store.Sweeps.RecordUnscoredAsync(lease, [new UnscoredOutcome(1, 0, "unreadable")], Cancelled)).ShouldBeTrue();
        await store.Sweeps.ReleaseAsync([lease], Cancelled);

        (await WorkAsync(store, sweep, judge)).ShouldBe(SweepState.Completed);

        judge.Asked.Order().ShouldBe(["p0", "p2"]);
        var block = ResultBlock.Decode((await store.Sweeps.ReadShardAsync(sweep.Id, 0, ShardParts.Block, Cancelled))!.Block!);
        block.Table.Reason(1, 0).ShouldBe("unreadable");
        (block.Table.Value(0, 0), block.Table.Value(2, 0)).ShouldBe((2, 2));
    }

    [Fact]
    public async Task A_sweep_that_another_process_cancels_is_no_longer_worked()
    {
        await using var store = await OpenAsync();
        var started = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        var judge = new Judge
        {
            Before = async () =>
            {
                started.TrySetResult();
                await gate.Task;
            },
        };
        var sweep = await RegisterAsync(store, judge);

        var working = WorkAsync(store, sweep, judge);
        await started.Task;
        (await store.Sweeps.TryChangeStateAsync(sweep.Id, SweepState.Running, SweepState.Cancelled, Cancelled)).ShouldBeTrue();
        await judge.Stopped.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancelled);
        gate.SetResult();

        (await working).ShouldBe(SweepState.Cancelled);
        judge.Asked.Count.ShouldBe(1, "the call in flight is awaited and no other is started");
    }

    private async Task<SqliteStore> OpenAsync() => await SqliteStore.OpenAsync(new SqliteStoreOptions { Path = _folder.At("s.db") }, Cancelled);

    private async Task<SweepRecord> RegisterAsync(SqliteStore store, Judge judge)
    {
        var pairs = _folder.Write("pairs.jsonl", [.. Enumerable.Range(0, 3).Select(i => $$"""{"id":"p{{i}}","prompt":"q","answer":"a{{i}}"}""")]);
        var plan = new SweepPlan
        {
            Data = new IngestOptions { Kind = DataKind.Pairs, Inputs = [pairs], TempFolder = _folder.Folder },
            Judges = [new PlannedJudge(judge.Descriptor, new FixedJudge("model", "model", JudgeKind.Llm, judge.Descriptor.Version.ToString()))],
            OutputFolder = _folder.At("out"),
        };
        return (await new SweepRegistration(store.Sweeps, store.Owner).RegisterAsync(plan, null, Cancelled)).Sweep;
    }

    private static Task<SweepState> WorkAsync(SqliteStore store, SweepRecord sweep, Judge judge) => new SweepWorker(
        store.Sweeps, new EmbeddedActors([judge], store.Judgments, TimeProvider.System), TimeProvider.System, store.Owner, sweep,
        new SweepWorkOptions { ParallelShards = 1, Watch = TimeSpan.FromMilliseconds(20) }, new SweepMeter()).RunAsync(Cancelled);

    private sealed class Judge : IJudge
    {
        public ConcurrentQueue<string> Asked { get; } = new();

        public Func<Task> Before { get; init; } = () => Task.CompletedTask;

        public TaskCompletionSource Stopped { get; } = new();

        public JudgeDescriptor Descriptor { get; } = new()
        {
            Id = "model",
            Kind = JudgeKind.Llm,
            Version = PairHash.Of("model"),
            Dimensions = [new JudgeDimension("model", new Scale(0, 4))],
            IsPaid = true,
        };

        public int Concurrency => 1;

        public async ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken)
        {
            await using var told = cancellationToken.Register(() => Stopped.TrySetResult());
            Asked.Enqueue(request.Items.Single().Id);
            await Before();
            return new JudgeReply { Judgments = [Judgment.Scored(2)] };
        }

        public ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
