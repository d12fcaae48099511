using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Evaluation;

public sealed class ServedEvaluationTests
{
    private static readonly EvaluationColumn[] Columns = [new("quick", "quick", 0, ColumnKind.Score, Scale.Unit), new("slow", "slow", 0, ColumnKind.Score, Scale.Unit)];
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Asked_again_it_gives_the_scores_that_it_gave_and_asks_nobody()
    {
        var evaluation = new ScriptedEvaluation(_ => [Judgment.Scored(0.5), Judgment.Scored(0.25)], _ => [Judgment.Scored(0.9), Judgment.Scored(0.9)]);
        var served = new ServedEvaluation(evaluation);

        var first = await served.EvaluateAsync(Request(), None);
        var again = await served.EvaluateAsync(Request(), None);

        again.Judgments.ShouldBe(first.Judgments);
        again.Totals.ShouldBe(CallTotals.None);
        evaluation.Asked.ShouldBe(1);
    }

    [Fact]
    public async Task It_is_known_once_every_judge_has_given_a_score_and_not_before()
    {
        var served = new ServedEvaluation(new ScriptedEvaluation(_ => [Judgment.Scored(0.5), Judgment.Unscored(UnscoredReason.Timeout)], _ => [Judgment.Scored(0), Judgment.Scored(1)]));
        served.Known(Columns).ShouldBeNull();
        await served.EvaluateAsync(Request(), None);
        served.Known(Columns).ShouldBeNull("a judge is missing");
        await served.EvaluateAsync(Request(), None);

        var known = served.Known([.. Columns])!;
        known.Judgments.ShouldBe([Judgment.Scored(0.5), Judgment.Scored(1)]);
        known.IsLate.ShouldBe([false, true]);
        known.Totals.ShouldBe(CallTotals.None, "what was paid, was paid before");
        Should.Throw<OrchestrationException>(() => served.Known([Columns[0]])).Code.ShouldBe(ErrorCodes.Usage);
    }

    [Fact]
    public async Task A_judgment_that_missed_its_deadline_stands_in_a_later_reply_marked_as_late()
    {
        var evaluation = new ScriptedEvaluation(
            _ => [Judgment.Scored(0.5), Judgment.Unscored(UnscoredReason.Timeout)],
            table =>
            {
                table.IsSet(0, 0).ShouldBeTrue("what is known is not asked again");
                table.IsSet(0, 1).ShouldBeFalse();
                return [Judgment.Scored(0), Judgment.Scored(0.75)];
            });
        var served = new ServedEvaluation(evaluation);

        var first = await served.EvaluateAsync(Request(), None);
        first.Judgments[1].Reason.ShouldBe(UnscoredReason.Timeout);
        first.IsLate.ShouldBeEmpty();

        var second = await served.EvaluateAsync(Request(), None);
        second.Judgments.ShouldBe([Judgment.Scored(0.5), Judgment.Scored(0.75)]);
        second.IsLate.ShouldBe([false, true]);
        (await served.EvaluateAsync(Request(), None)).IsLate.ShouldBe([false, true], "it stays a late one");
        evaluation.Asked.ShouldBe(2);
    }

    [Fact]
    public async Task A_judge_that_could_not_say_is_asked_again_and_is_not_late()
    {
        var served = new ServedEvaluation(new ScriptedEvaluation(_ => [Judgment.Scored(1), Judgment.Unscored(UnscoredReason.Unavailable)], _ => [Judgment.Scored(1), Judgment.Scored(0)]));
        await served.EvaluateAsync(Request(), None);
        var second = await served.EvaluateAsync(Request(), None);
        second.Judgments[1].ShouldBe(Judgment.Scored(0));
        second.IsLate.ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_two_requests_at_once_both_give_the_first_score()
    {
        TaskCompletionSource both = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var served = new ServedEvaluation(new ScriptedEvaluation(_ => [Judgment.Scored(0.1), Judgment.Scored(0.1)], _ => [Judgment.Scored(0.2), Judgment.Scored(0.2)]) { Gate = both.Task });
        var (first, second) = (served.EvaluateAsync(Request(), None).AsTask(), served.EvaluateAsync(Request(), None).AsTask());
        both.SetResult();
        (await first).Judgments.ShouldBe((await second).Judgments);
        (await first).Totals.Calls.ShouldBe(1);
        (await second).Totals.Calls.ShouldBe(1, "each has paid for its own");
    }

    [Fact]
    public async Task Of_two_requests_at_once_the_first_score_stands_where_a_judge_is_still_missing()
    {
        TaskCompletionSource last = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = new ScriptedEvaluation(_ => [Judgment.Scored(0.2), Judgment.Scored(0.3)], _ => [Judgment.Scored(0.1), Judgment.Unscored(UnscoredReason.Unavailable)]);
        var served = new ServedEvaluation(new FirstIsLast(calls, last.Task));
        var slow = served.EvaluateAsync(Request(), None).AsTask();
        (await served.EvaluateAsync(Request(), None)).Judgments.ShouldBe([Judgment.Scored(0.1), Judgment.Unscored(UnscoredReason.Unavailable)]);
        last.SetResult();
        (await slow).Judgments.ShouldBe([Judgment.Scored(0.1), Judgment.Scored(0.3)]);
    }

    [Fact]
    public async Task Other_columns_and_more_than_one_row_are_refused_with_the_cure()
    {
        var served = new ServedEvaluation(new ScriptedEvaluation(_ => [Judgment.Scored(1), Judgment.Scored(1)]));
        await served.EvaluateAsync(Request(), None);

        var others = Request() with { Columns = [Columns[0]], Table = new JudgmentTable(1, 1) };
        (await Should.ThrowAsync<OrchestrationException>(async () => await served.EvaluateAsync(others, None))).Message.ShouldContain("version of the judge set");
        var two = Request() with { Table = new JudgmentTable(2, 2) };
        (await Should.ThrowAsync<OrchestrationException>(async () => await served.EvaluateAsync(two, None))).Code.ShouldBe(ErrorCodes.Usage);
    }

    private static EvaluationRequest Request() => new()
    {
        Pairs = [new Pair { Id = "p", Prompt = "?", Answer = "!", Group = "g" }],
        Columns = [.. Columns],
        Table = new JudgmentTable(1, Columns.Length),
    };

    /// <summary>Whoever asks first gets its answer once it is let.</summary>
    private sealed class FirstIsLast(IPairEvaluation evaluation, Task last) : IPairEvaluation
    {
        private int _asked;

        public async ValueTask<EvaluationReply> EvaluateAsync(EvaluationRequest request, CancellationToken cancellationToken)
        {
            var isFirst = _asked++ == 0;
            var reply = await evaluation.EvaluateAsync(request, cancellationToken);
            if (isFirst) await last;
            return reply;
        }
    }

    /// <summary>Fills what is not set, call by call.</summary>
    private sealed class ScriptedEvaluation(params Func<JudgmentTable, Judgment[]>[] calls) : IPairEvaluation
    {
        private int _asked;

        public int Asked => _asked;

        public Task Gate { get; init; } = Task.CompletedTask;

        public async ValueTask<EvaluationReply> EvaluateAsync(EvaluationRequest request, CancellationToken cancellationToken)
        {
            var judgments = calls[Interlocked.Increment(ref _asked) - 1](request.Table);
            await Gate;
            for (var column = 0; column < judgments.Length; column++)
            {
                if (!request.Table.IsSet(0, column)) request.Table.Set(0, column, judgments[column]);
            }

            return new EvaluationReply(new CallTotals(1, 0, default, 0.01m), 0);
        }
    }
}
