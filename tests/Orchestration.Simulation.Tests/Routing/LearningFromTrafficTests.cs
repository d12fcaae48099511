using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Core.Judging;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Drift;
using Orchestration.Core.Routing.Bandits;
using Orchestration.Core.Routing.Loop;
using Orchestration.Learning.Drift;
using Orchestration.Simulation.InMemory;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Simulation.Tests.Routing;

public sealed class LearningFromTrafficTests
{
    private readonly ManualTime _time = new();
    private readonly InMemoryData _data;

    public LearningFromTrafficTests() => _data = new InMemoryData(_time);

    private static CancellationToken Cancel => LoopSilo.Cancel;

    [Fact]
    public async Task Bandits_of_all_silos_learn_from_one_feed_and_reach_the_same_policy()
    {
        var (one, two) = (Learner(), Learner());
        await using var first = new LoopSilo(_data, _time, Config(), policies: [one.Snapshot()]);
        await using var second = new LoopSilo(_data, _time, Config(), policies: [two.Snapshot()], seed: 2);
        first.Loop.Use(null, [one]);
        second.Loop.Use(null, [two]);
        var before = (await first.DecideAsync()).PolicyVersion;
        for (var i = 0; i < 40; i++) await (i % 2 == 0 ? first : second).Store.Routing.RewardAsync([Reward(i, i % 4 < 2 ? "a" : "b", i % 4 < 2 ? 0.2 : 0.9)], Cancel);
        await first.Loop.FollowAsync(Cancel);
        await second.Loop.FollowAsync(Cancel);
        var (a, b) = (await first.DecideAsync(), await second.DecideAsync());
        a.Expert.ShouldBe("b");
        a.PolicyVersion.ShouldBe(b.PolicyVersion);
        a.PolicyVersion.ShouldNotBe(before);

        // A late silo begins at the beginning; what nobody scored, and what was chosen among several, teaches nothing.
        await first.Store.Routing.RewardAsync([Reward(100, "a", 1) with { Score = null }, Reward(101, "a", 1) with { Kind = PlanKind.BestOf }], Cancel);
        var three = Learner();
        await using var third = new LoopSilo(_data, _time, Config(), policies: [three.Snapshot()], seed: 3);
        third.Loop.Use(null, [three]);
        await third.Loop.FollowAsync(Cancel);
        (await third.DecideAsync()).PolicyVersion.ShouldBe(a.PolicyVersion);
    }

    [Fact]
    public async Task An_expert_that_drifts_is_quarantined_where_that_is_wanted_and_stays_released_once_it_was_looked_at()
    {
        await using var silo = Watching(quarantines: true);
        for (var i = 0; i < 600; i++) await RewardAsync(silo, i, "a", i < 200 ? Noisy(i, 0.8) : Noisy(i, 0.4));
        await silo.Loop.FollowAsync(Cancel);
        await silo.Loop.FollowAsync(Cancel);
        var report = await silo.Loop.ReportAsync(Cancel);
        report.Drift.ShouldContain(static f => f.Subject == "a" && !f.IsJudge && f.After < f.Before);
        report.Quarantines.Held.ShouldHaveSingleItem().ShouldSatisfyAllConditions(h => h.Name.ShouldBe("a"), h => h.By.ShouldBe("drift"), h => h.Reason.ShouldContain("judged quality"));
        (await silo.DecideAsync()).Expert.ShouldBe("b");
        silo.Notes.ShouldContain(static n => n.StartsWith("quarantined: expert a", StringComparison.Ordinal));

        _time.Advance(TimeSpan.FromHours(1));
        await Quarantines.ChangeAsync(silo.Store, new QuarantineChange(QuarantineKind.Expert, "a", false, "a new snapshot was deployed", "ada"), Cancel);
        (await Should.ThrowAsync<OrchestrationException>(async () => await Quarantines.ChangeAsync(silo.Store, new QuarantineChange(QuarantineKind.Expert, "a", false, "again", "ada"), Cancel))).Code.ShouldBe(ErrorCodes.NotFound);
        (await silo.Store.Access.AuditAsync(new AuditQuery(), Cancel)).Select(static a => (a.By, a.Action, a.Subject)).ShouldBe([("ada", "router.release", "expert a"), ("drift", "router.quarantine", "expert a")]);
        await silo.Loop.FollowAsync(Cancel);
        (await silo.DecideAsync()).Expert.ShouldBe("a");
        (await silo.Loop.ReportAsync(Cancel)).Drift.ShouldBeEmpty();

        // Nor does a silo that starts now hold it again for what was before.
        await using var late = Watching(quarantines: true);
        await late.Loop.FollowAsync(Cancel);
        (await late.DecideAsync()).Expert.ShouldBe("a");
        (await late.Store.Routing.QuarantineHistoryAsync(10, Cancel)).Select(static c => (c.Name, c.IsHeld, c.By)).ShouldBe([("a", false, "ada"), ("a", true, "drift")]);
    }

    [Fact]
    public async Task Drift_is_only_shown_where_nobody_asked_for_quarantines()
    {
        await using var silo = Watching(quarantines: false);
        for (var i = 0; i < 600; i++) await RewardAsync(silo, i, "a", i < 200 ? Noisy(i, 0.8) : Noisy(i, 0.4));
        await silo.Loop.FollowAsync(Cancel);
        (await silo.Loop.ReportAsync(Cancel)).ShouldSatisfyAllConditions(r => r.Drift.ShouldNotBeEmpty(), r => r.Quarantines.Held.ShouldBeEmpty());
        (await silo.DecideAsync()).Expert.ShouldBe("a");
    }

    [Fact]
    public async Task A_judge_whose_verdicts_begin_to_turn_with_the_order_is_shown_and_held_by_nobody_but_an_operator()
    {
        ScoringJudge[] judges = [new("j1", static _ => Judgment.Scored(3)), new("j2", static _ => Judgment.Scored(1))];
        await using var silo = Watching(quarantines: true, judges);
        for (var i = 0; i < 600; i++) silo.Loop.Compared("j1", flipped: i % 10 == 0 || (i >= 200 && i % 2 == 0));
        for (var i = 0; i < 600; i++) silo.Loop.Compared("j2", flipped: i % 10 == 0);
        await silo.Loop.FollowAsync(Cancel);
        await silo.Loop.FollowAsync(Cancel);

        var report = await silo.Loop.ReportAsync(Cancel);
        report.Drift.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            f => f.Subject.ShouldBe("j1"), f => f.Kind.ShouldBe(DriftKind.Flips), f => f.IsWorse.ShouldBeTrue(), f => f.Before.ShouldBe(0.1, 0.03), f => f.After.ShouldBe(0.5, 0.1));

        // Whoever sends comparisons chooses them.
        report.Quarantines.Held.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_last_expert_is_never_quarantined_by_itself()
    {
        await using var silo = Watching(quarantines: true);
        for (var i = 0; i < 600; i++)
        {
            await RewardAsync(silo, i, "a", i < 200 ? Noisy(i, 0.8) : Noisy(i, 0.4));
            await RewardAsync(silo, 10_000 + i, "b", i < 200 ? Noisy(i, 0.8) : Noisy(i, 0.4));
        }

        for (var i = 0; i < 4; i++) await silo.Loop.FollowAsync(Cancel);
        (await silo.Loop.ReportAsync(Cancel)).Quarantines.Held.ShouldHaveSingleItem();
        (await silo.DecideAsync()).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_judge_that_cannot_be_read_any_more_is_quarantined_and_no_longer_asked()
    {
        ScoringJudge[] judges = [new("j1", static _ => Judgment.Scored(3)), new("j2", static _ => Judgment.Scored(1))];
        await using var silo = Watching(quarantines: true, judges);
        for (var i = 0; i < 500; i++)
        {
            var isReadable = i < 200 || i % 2 == 0;
            await silo.Store.Routing.RewardAsync(
                [Reward(i, "a", 0.5) with { Scores = isReadable ? new Dictionary<string, double> { ["j1"] = 0.75, ["j2"] = 0.25 } : new Dictionary<string, double> { ["j1"] = 0.75 }, Unscored = isReadable ? new Dictionary<string, string>() : new Dictionary<string, string> { ["j2"] = "unreadable" } }], Cancel);
        }

        await silo.Loop.FollowAsync(Cancel);
        (await silo.Loop.ReportAsync(Cancel)).Quarantines.Held.ShouldHaveSingleItem().ShouldSatisfyAllConditions(h => h.Kind.ShouldBe(QuarantineKind.Judge), h => h.Name.ShouldBe("j2"));
        silo.Run();
        var reward = await silo.RewardAsync((await silo.RouteAsync()).Id);
        reward.Score.ShouldBe(0.75);
        reward.Unscored.ShouldBe(new Dictionary<string, string> { ["j2"] = "quarantined" });
        judges[1].Asked.ShouldBe(0);
    }

    [Fact]
    public async Task Quality_by_expert_is_corrected_for_who_was_sent_what()
    {
        // Easy prompts go to a, hard ones to b, which answers both better; a tenth goes anywhere.
        await using var silo = Watching(quarantines: false);
        var random = new Random(11);
        for (var block = 0; block < 40; block++)
        {
            var rewards = new List<RouteReward>();
            for (var i = 0; i < 100; i++)
            {
                var isEasy = random.NextDouble() < 0.5;
                var pa = isEasy ? 0.95 : 0.05;
                var expert = random.NextDouble() < pa ? "a" : "b";
                var truth = (isEasy ? 0.9 : 0.4) - (expert == "a" ? 0.1 : 0);
                rewards.Add(Reward((block * 100) + i, expert, Math.Clamp(truth + ((random.NextDouble() - 0.5) * 0.2), 0, 1)) with
                {
                    Probability = expert == "a" ? pa : 1 - pa,
                    Estimates = [new ExpertEstimate("a", isEasy ? 0.7 : 0.5, 0, 1, 0.001, pa), new ExpertEstimate("b", isEasy ? 0.7 : 0.5, 0, 1, 0.001, 1 - pa)],
                });
            }

            await silo.Store.Routing.RewardAsync(rewards, Cancel);
        }

        await silo.Loop.FollowAsync(Cancel);
        var experts = (await silo.Loop.ReportAsync(Cancel)).Experts;
        var (a, b) = (experts.Single(static e => e.Expert == "a"), experts.Single(static e => e.Expert == "b"));
        a.OfWhatItWasSent.Value.ShouldBeGreaterThan(b.OfWhatItWasSent.Value + 0.2, "it was sent what is easy");
        a.Corrected.Value.ShouldBe(0.55, 0.02);
        b.Corrected.Value.ShouldBe(0.65, 0.02);
        b.Corrected.Lower.ShouldBeGreaterThan(a.Corrected.Upper);
        (a.NotCorrected, b.NotCorrected).ShouldBe((null, null));

        // The same from the ledger alone, as the command reads it.
        var read = await RouterReporter.ReadAsync(silo.Store.Routing, _time, null, Cancel);
        read.Experts.Single(static e => e.Expert == "a").Corrected.ShouldBe(a.Corrected);
    }

    [Fact]
    public async Task Too_little_to_correct_by_is_said_and_no_figure_given()
    {
        await using var silo = Watching(quarantines: false);
        for (var i = 0; i < 30; i++) await RewardAsync(silo, i, "a", 0.5);
        await silo.Loop.FollowAsync(Cancel);
        var expert = (await silo.Loop.ReportAsync(Cancel)).Experts.Single(static e => e.Expert == "a");
        expert.OfWhatItWasSent.Value.ShouldBe(0.5, 1e-12);
        double.IsNaN(expert.Corrected.Value).ShouldBeTrue();
        expert.NotCorrected.ShouldNotBeNull();
    }

    [Fact]
    public async Task Totals_failures_and_what_was_lost_stand_in_the_report()
    {
        await using var silo = Watching(quarantines: false);
        silo.Run();
        for (var i = 0; i < 4; i++) await silo.RouteAsync(change: o => i == 3 ? o with { AnsweredBy = null, Status = 502 } : o);
        await silo.WrittenAsync(4);
        var report = await silo.Loop.ReportAsync(Cancel);
        report.Experts.Single(static e => e.Expert == "a").ShouldSatisfyAllConditions(
            e => e.Routes.ShouldBe(4), e => e.Failed.ShouldBe(1), e => e.CostUsd.ShouldBe(0.04m), e => e.LatencySeconds.ShouldBe(1), e => e.Judged.ShouldBe(0));
        report.Dropped.ShouldBe(0);
        report.Waiting.ShouldBe(0);
    }

    private static double Noisy(int i, double mean) => mean + ((i * 7 % 11) - 5) * 0.02;

    private static RouterConfig Config() => LoopSilo.Config("a", "b") with
    {
        Policies = new Dictionary<string, PolicyConfig> { ["auto"] = new() { Name = "auto", Rule = RoutingRule.LinUcb } },
    };

    private LoopSilo Watching(bool quarantines, IReadOnlyList<ScoringJudge>? judges = null) =>
        new(_data, _time, LoopSilo.Config("a", "b") with { Quarantines = quarantines }, judges, drift: new DriftOptions { Reference = 100, FalseAlarmEvery = 10_000 });

    private static ValueTask RewardAsync(LoopSilo silo, int number, string expert, double score) => silo.Store.Routing.RewardAsync([Reward(number, expert, score)], Cancel);

    private static BanditLearner Learner() => new(new BanditSettings { Name = "auto", Rule = RoutingRule.LinUcb, Experts = ["a", "b"] }, new NoFeatures());

    private static RouteReward Reward(int number, string expert, double score) => new()
    {
        RouteId = RouteId.Format(new Hash128((ulong)number, 7)),
        DecidedAt = new DateTimeOffset(2025, 12, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(number),
        JudgedAt = new DateTimeOffset(2025, 12, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(number),
        Expert = expert,
        Chosen = expert,
        Policy = "auto",
        PolicyVersion = "v",
        FeaturesVersion = NoFeatures.Hash,
        Probability = 1,
        Estimates = [new ExpertEstimate(expert, double.NaN, double.NaN, double.NaN, null, 1)],
        Score = score,
        AggregatorVersion = "mean",
    };

    private sealed class NoFeatures : IPromptFeatures
    {
        public static string Hash { get; } = new('f', 64);

        public string Version => Hash;

        public int Dimension => 0;

        public void Fill(RoutingPrompt prompt, Span<float> features)
        {
        }
    }
}
