using System.Collections.Concurrent;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Evaluation;

public sealed class PairEvaluationTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_judge_fills_its_own_columns()
    {
        var computing = new FakeJudge("length", 0, pair => Judgment.Scored(pair.Answer.Length));
        var calling = new FakeJudge("model", 4, pair => pair.Id == "p2" ? Judgment.Unscored("unreadable") : Judgment.Scored(3));
        var table = new JudgmentTable(3, 2);

        await new EmbeddedActors([computing, calling], null, TimeProvider.System).PairEvaluation("x").EvaluateAsync(Request(table, computing, calling), None);

        Column(table, 0).ShouldBe(["2", "3", "4"]);
        Column(table, 1).ShouldBe(["3", "3", "unreadable"]);
        computing.Batches.ToArray().ShouldBe([3], "a judge that computes takes the whole batch at once");
        calling.Batches.ToArray().ShouldBe([1, 1, 1]);
    }

    [Fact]
    public async Task Cells_that_are_set_are_kept_and_not_asked_again()
    {
        var judge = new FakeJudge("model", 2, _ => Judgment.Scored(1));
        var table = new JudgmentTable(3, 1);
        table.SetUnscored(1, 0, "unreadable");

        await new EmbeddedActors([judge], null, TimeProvider.System).PairEvaluation("x").EvaluateAsync(Request(table, judge), None);

        Column(table, 0).ShouldBe(["1", "unreadable", "1"]);
        judge.Asked.ShouldBe(["p0", "p2"], ignoreOrder: true);
    }

    [Fact]
    public async Task What_the_store_holds_is_taken_from_it_and_counted()
    {
        var judge = new FakeJudge("model", 2, _ => Judgment.Scored(1));
        var store = new FakeStore();
        store.Known[JudgmentAddress.Of(judge.Descriptor, PairHash.Of(Pairs[1]), null)] = [4];
        var table = new JudgmentTable(3, 1);

        var reply = await new EmbeddedActors([judge], store, TimeProvider.System).PairEvaluation("x").EvaluateAsync(Request(table, judge), None);

        Column(table, 0).ShouldBe(["1", "4", "1"]);
        judge.Asked.ShouldBe(["p0", "p2"], ignoreOrder: true);
        reply.FromStore.ShouldBe(1);
    }

    [Fact]
    public async Task An_outcome_without_a_score_is_written_down_before_it_counts()
    {
        var judge = new FakeJudge("model", 2, _ => Judgment.Unscored("refused"));
        var table = new JudgmentTable(3, 1);
        var observer = new RecordingObserver(table);

        await new EmbeddedActors([judge], null, TimeProvider.System).PairEvaluation("x").EvaluateAsync(Request(table, judge) with { Observer = observer }, None);

        observer.Outcomes.Order().ShouldBe(["0 refused", "1 refused", "2 refused"]);
        observer.SetBeforeRecorded.ShouldBe(0);
    }

    [Fact]
    public async Task At_most_as_many_items_are_in_flight_as_the_judge_takes()
    {
        var gate = new TaskCompletionSource();
        var full = new TaskCompletionSource();
        int inFlight = 0, most = 0;
        var judge = new FakeJudge("model", 2, _ => Judgment.Scored(1), async () =>
        {
            var now = Interlocked.Increment(ref inFlight);
            most = Math.Max(most, now);
            if (now == 2) full.TrySetResult();
            await gate.Task;
            Interlocked.Decrement(ref inFlight);
        });
        var table = new JudgmentTable(3, 1);

        var evaluating = new EmbeddedActors([judge], null, TimeProvider.System).PairEvaluation("x").EvaluateAsync(Request(table, judge), None).AsTask();
        await full.Task;
        evaluating.IsCompleted.ShouldBeFalse();
        gate.SetResult();
        await evaluating;

        most.ShouldBe(2);
    }

    [Fact]
    public async Task Cancelling_awaits_the_call_in_flight_and_starts_no_other()
    {
        using var stop = new CancellationTokenSource();
        var started = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        var judge = new FakeJudge("model", 1, _ => Judgment.Scored(1), async () =>
        {
            started.TrySetResult();
            await gate.Task;
        });
        var table = new JudgmentTable(3, 1);

        var evaluating = new EmbeddedActors([judge], null, TimeProvider.System).PairEvaluation("x").EvaluateAsync(Request(table, judge), stop.Token).AsTask();
        await started.Task;
        await stop.CancelAsync();
        evaluating.IsCompleted.ShouldBeFalse("the call in flight is paid for");
        gate.SetResult();

        await Should.ThrowAsync<OperationCanceledException>(() => evaluating);
        judge.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_failure_of_the_deployment_is_what_the_caller_sees()
    {
        var judge = new FakeJudge("model", 3, _ => throw new OrchestrationException(ErrorCodes.Deployment, "wrong key"));
        var table = new JudgmentTable(3, 1);

        var thrown = await Should.ThrowAsync<OrchestrationException>(
            () => new EmbeddedActors([judge], null, TimeProvider.System).PairEvaluation("x").EvaluateAsync(Request(table, judge), None).AsTask());
        thrown.Message.ShouldBe("wrong key");
    }

    [Fact]
    public async Task A_judge_that_misses_the_deadline_is_missing_and_the_others_count()
    {
        var time = new ManualTime();
        var started = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        var slow = new FakeJudge("slow", 1, _ => Judgment.Scored(1), async () =>
        {
            started.TrySetResult();
            await never.Task;
        });
        var quick = new FakeJudge("quick", 0, _ => Judgment.Scored(2));
        var table = new JudgmentTable(1, 2);
        var request = Request(table, quick, slow) with { Pairs = [Pairs[0]], Deadline = time.GetUtcNow() + TimeSpan.FromSeconds(5) };

        var evaluating = new EmbeddedActors([quick, slow], null, time).PairEvaluation("x").EvaluateAsync(request, None).AsTask();
        await started.Task;
        time.FireAll();
        await evaluating;

        Column(table, 0).ShouldBe(["2"]);
        Column(table, 1).ShouldBe([UnscoredReason.Timeout]);
    }

    [Fact]
    public void An_unknown_judge_is_named_with_those_there_are()
    {
        Should.Throw<OrchestrationException>(() => new EmbeddedActors([new FakeJudge("a", 0, _ => default)], null, TimeProvider.System).Judge("b"))
            .Message.ShouldBe("No judge is called 'b' here. Hosted: a.");
    }

    private static readonly Pair[] Pairs =
        [.. Enumerable.Range(0, 3).Select(i => new Pair { Id = $"p{i}", Prompt = "q", Answer = new string('x', i + 2), Group = "g" })];

    private static EvaluationRequest Request(JudgmentTable table, params FakeJudge[] judges) => new()
    {
        Pairs = Pairs,
        Columns = [.. judges.Select(j => new EvaluationColumn(j.Descriptor.Id, j.Descriptor.Id, 0, ColumnKind.Score, null))],
        Table = table,
    };

    private static string[] Column(JudgmentTable table, int column) =>
        [.. Enumerable.Range(0, table.Rows).Select(r => table.IsScored(r, column) ? $"{table.Value(r, column)}" : table.Reason(r, column) ?? "missing")];

    private sealed class FakeJudge(string id, int concurrency, Func<Pair, Judgment> judge, Func<Task>? before = null) : IJudge
    {
        public ConcurrentQueue<string> Asked { get; } = new();

        public ConcurrentQueue<int> Batches { get; } = new();

        public JudgeDescriptor Descriptor { get; } = new()
        {
            Id = id,
            Kind = JudgeKind.Llm,
            Version = PairHash.Of(id),
            Dimensions = [new JudgeDimension(id, null)],
            IsPaid = concurrency > 0,
        };

        public int Concurrency => concurrency;

        public async ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Batches.Enqueue(request.Items.Count);
            foreach (var item in request.Items) Asked.Enqueue(item.Id);
            if (before is not null) await before();
            return new JudgeReply { Judgments = [.. request.Items.Select(judge)] };
        }

        public ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    private sealed class FakeStore : IJudgmentStore
    {
        public Dictionary<JudgmentAddress, IReadOnlyList<double>> Known { get; } = [];

        public ValueTask<IReadOnlyList<IReadOnlyList<double>?>> GetAsync(IReadOnlyList<JudgmentAddress> addresses, CancellationToken cancellationToken) =>
            ValueTask.FromResult<IReadOnlyList<IReadOnlyList<double>?>>([.. addresses.Select(a => Known.GetValueOrDefault(a))]);

        public ValueTask<StoredJudgment?> FindAsync(JudgmentAddress address, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<IReadOnlyList<double>>> PutAsync(IReadOnlyList<StoredJudgment> judgments, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<long> CountAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    private sealed class RecordingObserver(JudgmentTable table) : IEvaluationObserver
    {
        private int _setBeforeRecorded;

        public ConcurrentQueue<string> Outcomes { get; } = new();

        public int SetBeforeRecorded => _setBeforeRecorded;

        public async ValueTask UnscoredAsync(int row, int column, string reason)
        {
            await Task.Yield();
            if (table.IsSet(row, column)) Interlocked.Increment(ref _setBeforeRecorded);
            Outcomes.Enqueue($"{row} {reason}");
        }

        public void Judged(int scored, int unscored, int fromStore, in CallTotals totals)
        {
            // Only outcomes matter here.
        }
    }

    /// <summary>Time that stands still until every timer is fired by hand.</summary>
    private sealed class ManualTime : TimeProvider
    {
        private readonly List<ManualTimer> _timers = [];

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;

        public void FireAll()
        {
            ManualTimer[] due;
            lock (_timers) due = [.. _timers];
            foreach (var timer in due) timer.Fire();
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new ManualTimer(callback, state);
            lock (_timers) _timers.Add(timer);
            return timer;
        }

        private sealed class ManualTimer(TimerCallback callback, object? state) : ITimer
        {
            private bool _disposed;

            public void Fire()
            {
                if (!_disposed) callback(state);
            }

            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() => _disposed = true;

            public ValueTask DisposeAsync()
            {
                _disposed = true;
                return ValueTask.CompletedTask;
            }
        }
    }
}
