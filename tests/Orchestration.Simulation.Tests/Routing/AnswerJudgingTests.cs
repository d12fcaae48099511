using Orchestration.Core.Aggregation;
using Orchestration.Core.Judging;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Loop;
using Orchestration.Simulation.InMemory;
using Orchestration.Simulation.Tests.Aggregation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Simulation.Tests.Routing;

public sealed class AnswerJudgingTests
{
    private readonly ManualTime _time = new();
    private readonly InMemoryData _data;

    public AnswerJudgingTests() => _data = new InMemoryData(_time);

    private static CancellationToken Cancel => LoopSilo.Cancel;

    [Fact]
    public async Task A_share_of_the_answers_by_hash_is_judged_and_no_other()
    {
        var judge = Says("j", 3);
        await using var silo = New(LoopSilo.Config("a") with { JudgeShare = 0.2 }, judge);
        silo.Run();
        var sampled = new List<string>();
        for (var i = 0; i < 300; i++)
        {
            var decision = await silo.RouteAsync();
            if (decision.IsSampled) sampled.Add(decision.Id);
        }

        foreach (var id in sampled) (await silo.RewardAsync(id)).Score.ShouldBe(0.75);
        sampled.Count.ShouldBeInRange(40, 80);
        judge.Asked.ShouldBe(sampled.Count);
        silo.Loop.Counts.Judged.ShouldBe(sampled.Count);
    }

    [Fact]
    public async Task Missing_judges_are_tolerated_and_an_answer_that_nobody_scored_has_no_score()
    {
        await using var silo = New(LoopSilo.Config("a"), Says("j1", 4), new ScoringJudge("j2", static p => p.Answer == "both" ? Judgment.Scored(2) : Judgment.Unscored(UnscoredReason.Unreadable)), Unreadable("j3"));
        silo.Run();
        var both = await silo.RewardAsync((await silo.RouteAsync(answer: "both")).Id);
        both.Score.ShouldBe(0.75);
        both.Scores.ShouldBe(new Dictionary<string, double> { ["j1"] = 1, ["j2"] = 0.5 }, ignoreOrder: true);
        both.Unscored.ShouldBe(new Dictionary<string, string> { ["j3"] = "unreadable" });
        both.AggregatorVersion.ShouldBe("mean");
        both.Interval.ShouldBeNull();

        // One of three is below half: a mean over other judges is another quantity.
        var one = await silo.RewardAsync((await silo.RouteAsync(answer: "one")).Id);
        one.Score.ShouldBeNull();
        one.Scores.Count.ShouldBe(1);
        silo.Loop.Counts.Unscored.ShouldBe(1);
    }

    [Fact]
    public async Task A_judge_does_not_reward_its_own_family_unless_told()
    {
        ScoringJudge[] judges = [Says("own", 4, family: "A-Family"), Says("other", 1, family: "b-family")];
        await using var silo = New(LoopSilo.Config("a"), judges);
        silo.Run();
        var reward = await silo.RewardAsync((await silo.RouteAsync()).Id);
        reward.Score.ShouldBe(0.25);
        reward.Unscored.ShouldBe(new Dictionary<string, string> { ["own"] = "own_family" });
        judges[0].Asked.ShouldBe(0, "it is not asked, and so not paid");

        silo.Router.Use(silo.Router.Setup with { Config = silo.Router.Setup.Config with { JudgesOwnFamily = true } });
        (await silo.RewardAsync((await silo.RouteAsync()).Id)).Score.ShouldBe(0.625);
    }

    [Fact]
    public async Task Judges_that_chose_an_answer_do_not_report_its_quality()
    {
        await using var silo = New(LoopSilo.Config("a"), Says("chose", 4), Says("other", 1));
        silo.Run();
        var reward = await silo.RewardAsync((await silo.RouteAsync(change: static o => o with { ChosenBy = ["chose"] })).Id);
        reward.Score.ShouldBe(0.25);
        reward.Unscored.ShouldBe(new Dictionary<string, string> { ["chose"] = "took_part_in_choosing" });
    }

    [Fact]
    public async Task Where_all_judges_chose_those_that_can_be_asked_again_are()
    {
        ScoringJudge[] judges = [Says("llm", 3), new ScoringJudge("length", static _ => Judgment.Scored(4), kind: JudgeKind.Code)];
        await using var silo = New(LoopSilo.Config("a"), judges);
        silo.Run();
        var reward = await silo.RewardAsync((await silo.RouteAsync(change: static o => o with { ChosenBy = ["llm", "length"] })).Id);
        reward.Score.ShouldBe(0.75, "code says the same again, and that is what chose");
        reward.Unscored.Keys.ShouldBe(["length"]);
        judges[0].Asked.ShouldBe(1);
    }

    [Fact]
    public async Task A_version_makes_the_score_on_its_targets_scale_and_names_itself()
    {
        var catalog = _data.Open().Aggregators;
        var id = await catalog.AddAsync(offset: 2, slope: 4);
        await catalog.SetAsync(s => s with { Active = id });
        await using var silo = New(LoopSilo.Config("a") with { Aggregator = SampleVersions.Name }, Says("clarity@local", 4), Says("chrf", 2));
        silo.Run();
        var reward = await silo.RewardAsync((await silo.RouteAsync()).Id);
        reward.Score.ShouldBe((2 + (4 * 0.75)) / 10.0, "its target is 0 to 10");
        reward.AggregatorVersion.ShouldBe(id);
    }

    [Fact]
    public async Task A_quarantined_judge_is_not_asked_and_the_aggregator_goes_on_without_it()
    {
        var catalog = _data.Open().Aggregators;
        var id = await catalog.AddAsync(offset: 0);
        await catalog.SetAsync(s => s with { Active = id });
        ScoringJudge[] judges = [Says("clarity@local", 4), Says("chrf", 2)];
        await using var silo = New(LoopSilo.Config("a") with { Aggregator = SampleVersions.Name }, judges);
        await silo.Store.Routing.TryChangeAsync(0, new QuarantineChange(QuarantineKind.Judge, "chrf", true, "its replies cannot be read", "drift"), Cancel);
        await silo.Loop.FollowAsync(Cancel);
        silo.Run();
        var reward = await silo.RewardAsync((await silo.RouteAsync()).Id);
        reward.Score.ShouldNotBeNull().ShouldBe((0.375 + 0.5) / 10, 1e-12, "the judge's deviation from its reference mean");
        reward.AggregatorVersion.ShouldBe(id);
        reward.Unscored.ShouldBe(new Dictionary<string, string> { ["chrf"] = "quarantined" });
        judges[1].Asked.ShouldBe(0);
    }

    [Fact]
    public async Task Without_a_quarantined_judge_the_interval_widens()
    {
        var store = _data.Open();
        var version = SampleVersions.WithIntervals();
        await store.Aggregators.AddAsync(new StoredAggregator(SampleVersions.Name, version.Id, "mean-fit", version.Manifest.ToJson(), version.Weights), Cancel);
        await store.Aggregators.SetAsync(s => s with { Active = version.Id });
        await using var silo = New(LoopSilo.Config("a") with { Aggregator = SampleVersions.Name }, Says("clarity@local", 2), Says("chrf", 2));
        silo.Run();
        var whole = (await silo.RewardAsync((await silo.RouteAsync()).Id)).Interval.ShouldNotBeNull();
        await store.Routing.TryChangeAsync(0, new QuarantineChange(QuarantineKind.Judge, "chrf", true, "its scores shifted", "drift"), Cancel);
        await silo.Loop.FollowAsync(Cancel);
        var without = await silo.RewardAsync((await silo.RouteAsync()).Id);
        var (lower, upper) = without.Interval.ShouldNotBeNull();
        without.AggregatorVersion.ShouldBe(version.Id);
        (upper - lower).ShouldBeGreaterThan(2 * (whole.Upper - whole.Lower));
        without.Score.ShouldNotBeNull().ShouldBeInRange(lower, upper);
    }

    [Fact]
    public async Task The_days_money_for_judging_is_not_passed_and_the_next_day_has_its_own()
    {
        var ledger = _data.Open().Spending;
        await using var silo = New(LoopSilo.Config("a") with { JudgingUsdPerDay = 3 }, new ScoringJudge("paid", static _ => Judgment.Scored(4), ledger: ledger));
        silo.Run();
        for (var i = 0; i < 10; i++) await silo.RouteAsync();
        await silo.UntilAsync(() => Task.FromResult(silo.Loop.Counts.Judged + silo.Loop.Counts.NotJudged == 10));
        silo.Loop.Counts.ShouldSatisfyAllConditions(c => c.Judged.ShouldBe(3), c => c.NotJudged.ShouldBe(7), c => c.Unscored.ShouldBe(0));
        (await ledger.StatusAsync("router-judging:2026-01-01", Cancel)).ShouldSatisfyAllConditions(s => s.SettledUsd.ShouldBe(3), s => s.CapUsd.ShouldBe(3));
        silo.Notes.ShouldContain(static n => n.Contains("3 USD for judging are spent"));

        _time.Advance(TimeSpan.FromDays(1));
        await silo.RewardAsync((await silo.RouteAsync()).Id);
        (await ledger.StatusAsync("router-judging:2026-01-02", Cancel)).SettledUsd.ShouldBe(1);
    }

    [Fact]
    public async Task Answers_without_text_and_failed_requests_are_not_judged()
    {
        await using var silo = New(LoopSilo.Config("a"), Says("j", 1));
        await silo.RouteAsync(change: static o => o with { Answer = null });
        await silo.RouteAsync(change: static o => o with { AnsweredBy = null, Status = 502 });
        silo.Loop.Counts.NotJudged.ShouldBe(1, "a failed request had nothing to judge");
    }

    [Fact]
    public async Task A_full_queue_of_answers_is_counted_and_holds_nobody_up()
    {
        await using var silo = New(LoopSilo.Config("a"), Says("j", 1));
        for (var i = 0; i < 1100; i++) await silo.RouteAsync();
        silo.Loop.Counts.NotJudged.ShouldBe(76);
    }

    [Fact]
    public async Task A_judge_set_that_cannot_be_asked_is_told_and_the_next_answer_is_judged()
    {
        var isBroken = true;
        await using var silo = New(LoopSilo.Config("a"), new ScoringJudge("j", _ => Volatile.Read(ref isBroken) ? throw new Core.OrchestrationException(Core.ErrorCodes.Deployment, "The key is wrong.") : Judgment.Scored(2)));
        silo.Run();
        await silo.RouteAsync();
        await silo.UntilAsync(() => Task.FromResult(silo.Loop.Counts.NotJudged == 1));
        silo.Notes.ShouldContain(static n => n.Contains("The key is wrong."));
        Volatile.Write(ref isBroken, false);
        (await silo.RewardAsync((await silo.RouteAsync()).Id)).Score.ShouldBe(0.5);
    }

    private static ScoringJudge Says(string id, double score, string family = "") => new(id, _ => Judgment.Scored(score), family);

    private static ScoringJudge Unreadable(string id) => new(id, static _ => Judgment.Unscored(UnscoredReason.Unreadable));

    private LoopSilo New(RouterConfig config, params ScoringJudge[] judges) => new(_data, _time, config, judges);
}
