using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Orleans.Clients;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orleans.Runtime;
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
        var question = Question("idempotent");
        var first = await AskAsync(question, Both, cluster.Client);
        var asked = (cluster.Quick.Asked, cluster.Slow.Asked);
        first.Judgments.ToArray().ShouldAllBe(judgment => judgment == Judgment.Scored(GatedJudge.ScoreOf(question.Pair!)));

        foreach (var grains in new[] { cluster.Client, cluster.GrainsOf(0), cluster.GrainsOf(1) })
        {
            var again = await AskAsync(question, Both, grains);
            again.Judgments.ToArray().ShouldBe(first.Judgments.ToArray());
            again.Late.ShouldBeNull();
            (again.Totals, again.FromStore).ShouldBe((CallTotals.None, 0), "it was paid for by whoever asked first");
        }

        first.Totals.Calls.ShouldBe(2);

        (cluster.Quick.Asked, cluster.Slow.Asked).ShouldBe(asked);
    }

    [Fact]
    public async Task A_pair_lives_in_the_silo_where_it_was_asked_for_first()
    {
        var silos = cluster.OfSilos<ILocalSiloDetails>();
        var management = cluster.Client.GetGrain<IManagementGrain>(0);
        for (var number = 0; number < 16; number++)
        {
            var question = Question($"lives {number}");
            await AskAsync(question, Both, cluster.GrainsOf(number % 2));
            await AskAsync(question, Both, cluster.GrainsOf((number + 1) % 2));
            (await management.GetActivationAddress(cluster.Client.GetGrain<IPairEvaluationGrain>(question.KeyOf(Both)), TestContext.Current.CancellationToken)).ShouldBe(silos[number % 2].SiloAddress);
        }
    }

    [Fact]
    public async Task A_judge_that_misses_the_deadline_is_missing_and_what_it_says_later_is_marked_as_late()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Slow.Gate = gate.Task;
        var question = Question("late") with { Within = TimeSpan.FromSeconds(2) };
        var asking = AskAsync(question, Both, cluster.Client);
        await cluster.Time.WaitBegunAsync(static wait => wait == TimeSpan.FromSeconds(2)).WaitAsync(Patience, TestContext.Current.CancellationToken);
        cluster.Time.Advance(TimeSpan.FromSeconds(2));

        var first = await asking;
        first.Judgments[0].IsScored.ShouldBeTrue();
        first.Judgments[1].ShouldBe(Judgment.Unscored(UnscoredReason.Timeout));
        first.Late.ShouldBeNull();

        gate.SetResult();
        var second = await AskAsync(question, Both, cluster.Client);
        second.Judgments[1].ShouldBe(Judgment.Scored(GatedJudge.ScoreOf(question.Pair!)));
        second.Late.ShouldBe([1]);
        (await AskAsync(question, Both, cluster.Client)).Late.ShouldBe([1], "it stays a late one");
    }

    [Fact]
    public async Task Another_judge_set_is_another_evaluation_and_an_unknown_judge_is_refused_by_its_name()
    {
        var set = JudgeSet.Of([cluster.Quick.Descriptor]);
        Question("sets").KeyOf(set).ShouldNotBe(Question("sets").KeyOf(Both));
        (await AskAsync(Question("sets"), set, cluster.Client)).Judgments.Count.ShouldBe(1);

        var stranger = JudgeSet.Of([cluster.Quick.Descriptor with { Id = "nobody", Dimensions = [new JudgeDimension("nobody", Scale.Unit)] }]);
        var failure = await Should.ThrowAsync<OrchestrationException>(() => AskAsync(Question("sets"), stranger, cluster.Client));
        failure.Message.ShouldContain("nobody");
        failure.Code.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_comparison_is_judged_answer_by_answer()
    {
        var columns = JudgeSet.Of(
            [new("quick/a", "quick", 0, Core.Evaluation.ColumnKind.ScoreA, Scale.Unit), new("quick/b", "quick", 0, Core.Evaluation.ColumnKind.ScoreB, Scale.Unit)], _ => cluster.Quick.Descriptor);
        var question = new EvaluationQuestion { Comparison = new Comparison { Id = "c", Prompt = "?", AnswerA = "one", AnswerB = "seven", Group = "g" } };
        (await AskAsync(question, columns, cluster.Client)).Judgments.ToArray().ShouldBe([Judgment.Scored(0.3), Judgment.Scored(0.5)]);
    }

    [Fact]
    public async Task Each_silo_is_told_of_a_judge_set_once_and_what_comes_with_another_key_is_refused()
    {
        // A set of this test's own: its columns have names that no other has.
        var set = JudgeSet.Of([new("told", "quick", 0, Core.Evaluation.ColumnKind.Score, Scale.Unit)], _ => cluster.Quick.Descriptor);
        var silos = new HashSet<string>();
        var told = 0;
        for (var number = 0; silos.Count < 2; number++)
        {
            number.ShouldBeLessThan(200, "all of these pairs live in one silo");
            var question = new Envelope<EvaluationQuestion>(Question("told " + number));
            var grain = cluster.Client.GetGrain<IPairEvaluationGrain>(question.Value.KeyOf(set));
            if (await grain.EvaluateAsync(question, null) is null)
            {
                told++;
                (await grain.EvaluateAsync(question, set))!.Value.Judgments[0].ShouldBe(Judgment.Scored(GatedJudge.ScoreOf(question.Value.Pair!)));
            }

            silos.Add((await cluster.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(grain, TestContext.Current.CancellationToken))!.ToString());
        }

        told.ShouldBe(2);
        var other = cluster.Client.GetGrain<IPairEvaluationGrain>(Question("told otherwise").KeyOf(set));
        (await Should.ThrowAsync<OrchestrationException>(() => other.EvaluateAsync(new Envelope<EvaluationQuestion>(Question("told otherwise")), Both).AsTask())).Message.ShouldContain(Both.Version);
    }

    [Fact]
    public async Task Who_asks_tells_each_silo_of_a_judge_set_once()
    {
        var set = JudgeSet.Of([new("counted", "quick", 0, Core.Evaluation.ColumnKind.Score, Scale.Unit)], _ => cluster.Quick.Descriptor);
        var pairs = new GrainPairs(cluster.Client);
        var before = cluster.Told;
        for (var number = 0; cluster.Told - before < 2; number++)
        {
            number.ShouldBeLessThan(200, "all of these pairs live in one silo");
            (await pairs.AskAsync(Question("counted " + number), set)).Judgments[0].IsScored.ShouldBeTrue();
        }

        for (var number = 0; number < 10; number++) (await pairs.AskAsync(Question("counted after " + number), set)).Judgments[0].IsScored.ShouldBeTrue();
        (cluster.Told - before).ShouldBe(2);
    }

    [Fact]
    public void Of_one_version_with_other_columns_each_sender_gets_his_own_and_what_was_told_first_stays()
    {
        var sets = cluster.OfSilos<SiloJudgeSets>()[0];
        var known = JudgeSet.Of([new("known", "quick", 0, Core.Evaluation.ColumnKind.Score, Scale.Unit)], _ => cluster.Quick.Descriptor);
        var wrong = JudgeSet.Received([new("known", "slow", 0, Core.Evaluation.ColumnKind.Score, Scale.Unit)], known.Version);
        var key = Question("versions").KeyOf(known);
        sets.Of(key, null).ShouldBeNull();
        sets.Of(key, known)!.Set.ShouldBe(known);
        sets.Of(key, wrong)!.Set.ShouldBe(wrong);
        sets.Of(key, null)!.Set.ShouldBe(known);
        sets.Of(key, known)!.IsComputed.ShouldBeFalse("its judge is limited, and may wait for an endpoint");

        var computed = JudgeSet.Of([new("computed", "relevance", 0, Core.Evaluation.ColumnKind.Score, Scale.Unit)], _ => cluster.Quick.Descriptor);
        sets.Of(Question("versions").KeyOf(computed), computed)!.IsComputed.ShouldBeTrue();
        var mixed = JudgeSet.Of([.. computed.Columns, .. known.Columns], _ => cluster.Quick.Descriptor);
        sets.Of(Question("versions").KeyOf(mixed), mixed)!.IsComputed.ShouldBeFalse();
    }

    [Fact]
    public async Task Many_judge_sets_are_not_kept_and_one_that_was_forgotten_is_told_of_again()
    {
        var sets = cluster.OfSilos<SiloJudgeSets>();
        var first = JudgeSet.Of([new("many", "quick", 0, Core.Evaluation.ColumnKind.Score, Scale.Unit)], _ => cluster.Quick.Descriptor);
        var pairs = new GrainPairs(cluster.Client);
        await pairs.AskAsync(Question("many"), first);
        foreach (var silo in sets)
        {
            for (var i = 0; i < 300; i++)
            {
                var other = JudgeSet.Of([new("many " + i, "quick", 0, Core.Evaluation.ColumnKind.Score, Scale.Unit)], _ => cluster.Quick.Descriptor);
                silo.Of(Question("many").KeyOf(other), other).ShouldNotBeNull();
            }

            silo.Of(Question("many").KeyOf(first), null).ShouldBeNull();
        }

        (await pairs.AskAsync(Question("many more"), first)).Judgments[0].IsScored.ShouldBeTrue();
    }

    private static EvaluationQuestion Question(string answer) => new() { Pair = new Pair { Id = "p", Prompt = "Which?", Answer = answer, Group = "g" } };

    private static Task<EvaluationAnswer> AskAsync(EvaluationQuestion question, JudgeSet judges, IGrainFactory grains) => new GrainPairs(grains).AskAsync(question, judges);
}
