using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Code;
using Orchestration.Core.Pairs;
using Orchestration.Core.Tests.Judging.Llm;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Code;

public sealed class CodePanelJudgeTests
{
    [Fact]
    public async Task A_batch_is_scored_in_its_order()
    {
        var actor = new CodePanelJudge([new AnswerLength(1)]);
        var reply = await actor.JudgeAsync(Given.Request(Given.Pair(1), Given.Pair(500), Given.Pair(0) with { Answer = "" }), TestContext.Current.CancellationToken);
        reply.Judgments.ShouldBe([Judgment.Scored(8), Judgment.Scored(11), Judgment.Unscored(UnscoredReason.NotApplicable)]);
        reply.Totals.ShouldBe(CallTotals.None);
        actor.Concurrency.ShouldBe(0);
    }

    [Fact]
    public async Task Each_member_fills_its_own_dimension()
    {
        var reply = await new CodePanelJudge([new AnswerLength(1), CodeJudges.Find("exact-match")!])
            .JudgeAsync(Given.Request(Given.Pair(1) with { Reference = null }, Given.Pair(2) with { Answer = "x", Reference = "x" }), TestContext.Current.CancellationToken);
        reply.Judgments.Count.ShouldBe(4);
        reply.Judgments[1].ShouldBe(Judgment.Unscored(UnscoredReason.NoReference));
        reply.Judgments[3].ShouldBe(Judgment.Scored(1));
        reply.Judgments[2].ShouldBe(Judgment.Scored(1));
    }

    [Fact]
    public void Its_descriptor_says_what_the_judge_says_and_a_revision_is_a_version()
    {
        var descriptor = new CodePanelJudge([new AnswerLength(1)]).Descriptor;
        descriptor.ShouldSatisfyAllConditions(
            d => d.Id.ShouldBe(CodePanelJudge.Id),
            d => d.Kind.ShouldBe(JudgeKind.Code),
            d => d.Dimensions.ShouldBe([new JudgeDimension("answer-length", new Scale(0, 100))]),
            d => d.IsPaid.ShouldBeFalse());
        new CodePanelJudge([new AnswerLength(2)]).Descriptor.Version.ShouldNotBe(descriptor.Version);
        new CodePanelJudge([new AnswerLength(1)]).Descriptor.Version.ShouldBe(descriptor.Version);
    }

    [Fact]
    public async Task A_cancelled_batch_stops()
    {
        using var cancel = new CancellationTokenSource();
        var judge = new AnswerLength(1) { OnScore = n => { if (n == 20) cancel.Cancel(); } };
        var many = Enumerable.Range(0, 1000).Select(n => Given.Pair(n)).ToArray();
        await Should.ThrowAsync<OperationCanceledException>(async () => await new CodePanelJudge([judge]).JudgeAsync(Given.Request(many), cancel.Token));
        judge.Scored.ShouldBeLessThan(100);
    }

    [Fact]
    public Task It_does_not_compare() => Should.ThrowAsync<NotSupportedException>(async () => await new CodePanelJudge([new AnswerLength(1)])
        .CompareAsync(Given.Request(Given.Comparison), TestContext.Current.CancellationToken));

    private sealed class AnswerLength(int revision) : ICodeJudge
    {
        public int Scored { get; private set; }

        public Action<int>? OnScore { get; init; }

        public string Id => "answer-length";

        public int Revision => revision;

        public string Summary => "Characters of the answer.";

        public Scale Scale { get; } = new(0, 100);

        public bool NeedsReference => true;

        public Judgment Score(Pair pair)
        {
            OnScore?.Invoke(++Scored);
            return pair.Answer.Length == 0 ? Judgment.Unscored(UnscoredReason.NotApplicable) : Judgment.Scored(pair.Answer.Length);
        }
    }
}
