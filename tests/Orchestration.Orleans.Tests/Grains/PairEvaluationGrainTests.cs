using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Orleans.Contracts;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Grains;

public sealed class PairEvaluationGrainTests(StillCluster cluster) : IClassFixture<StillCluster>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private JudgeSet Both => JudgeSet.Of([cluster.Quick.Descriptor, cluster.Slow.Descriptor]);

    [Fact]
    public async Task Asked_again_from_whichever_silo_it_gives_the_scores_that_it_gave_and_no_judge_is_asked()
    {
        var question = Question("idempotent", Both);
        var first = await AskAsync(question, cluster.Client);
        var asked = (cluster.Quick.Asked, cluster.Slow.Asked);
        first.Judgments.ToArray().ShouldAllBe(judgment => judgment == Judgment.Scored(GatedJudge.ScoreOf(question.Pair!)));

        foreach (var grains in new[] { cluster.Client, cluster.GrainsOf(0), cluster.GrainsOf(1) })
        {
            var again = await AskAsync(question, grains);
            again.Judgments.ToArray().ShouldBe(first.Judgments.ToArray());
            again.Late.ShouldBeNull();
        }

        (cluster.Quick.Asked, cluster.Slow.Asked).ShouldBe(asked);
    }

    [Fact]
    public async Task A_judge_that_misses_the_deadline_is_missing_and_what_it_says_later_is_marked_as_late()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Slow.Gate = gate.Task;
        var question = Question("late", Both) with { Within = TimeSpan.FromSeconds(2) };
        var asking = AskAsync(question, cluster.Client);
        await cluster.Time.WaitBegunAsync(static wait => wait == TimeSpan.FromSeconds(2)).WaitAsync(Patience, TestContext.Current.CancellationToken);
        cluster.Time.Advance(TimeSpan.FromSeconds(2));

        var first = await asking;
        first.Judgments[0].IsScored.ShouldBeTrue();
        first.Judgments[1].ShouldBe(Judgment.Unscored(UnscoredReason.Timeout));
        first.Late.ShouldBeNull();

        gate.SetResult();
        var second = await AskAsync(question, cluster.Client);
        second.Judgments[1].ShouldBe(Judgment.Scored(GatedJudge.ScoreOf(question.Pair!)));
        second.Late.ShouldBe([1]);
        (await AskAsync(question, cluster.Client)).Late.ShouldBe([1], "it stays a late one");
    }

    [Fact]
    public async Task Another_judge_set_is_another_evaluation_and_an_unknown_judge_is_refused_by_its_name()
    {
        var set = JudgeSet.Of([cluster.Quick.Descriptor]);
        Question("sets", set).KeyOf().ShouldNotBe(Question("sets", Both).KeyOf());
        (await AskAsync(Question("sets", set), cluster.Client)).Judgments.Count.ShouldBe(1);

        var stranger = JudgeSet.Of([cluster.Quick.Descriptor with { Id = "nobody", Dimensions = [new JudgeDimension("nobody", Scale.Unit)] }]);
        var failure = await Should.ThrowAsync<OrchestrationException>(() => AskAsync(Question("sets", stranger), cluster.Client));
        failure.Message.ShouldContain("nobody");
        failure.Code.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_comparison_is_judged_answer_by_answer()
    {
        var columns = JudgeSet.Of(
            [new("quick/a", "quick", 0, Core.Evaluation.ColumnKind.ScoreA, Scale.Unit), new("quick/b", "quick", 0, Core.Evaluation.ColumnKind.ScoreB, Scale.Unit)], _ => cluster.Quick.Descriptor);
        var question = new EvaluationQuestion { Comparison = new Comparison { Id = "c", Prompt = "?", AnswerA = "one", AnswerB = "seven", Group = "g" }, Judges = columns };
        (await AskAsync(question, cluster.Client)).Judgments.ToArray().ShouldBe([Judgment.Scored(0.3), Judgment.Scored(0.5)]);
    }

    private static EvaluationQuestion Question(string answer, JudgeSet judges) => new() { Pair = new Pair { Id = "p", Prompt = "Which?", Answer = answer, Group = "g" }, Judges = judges };

    private static Task<EvaluationAnswer> AskAsync(EvaluationQuestion question, IGrainFactory grains) => grains.GetGrain<IPairEvaluationGrain>(question.KeyOf()).EvaluateAsync(question).AsTask();
}
