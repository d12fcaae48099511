using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Bandits;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Routing.Bandits;

public sealed class BanditLearnerTests
{
    private static readonly SimulatedPrompts World = new(3, 4, 9);
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Late_repeated_and_shuffled_rewards_make_the_policy_of_each_answers_last_word()
    {
        var final = Enumerable.Range(0, 60).Select(static i => Reward(i, i % 3 / 2.0, rated: 5000 + i)).ToArray();
        var plain = new BanditLearner(Settings(), World);
        plain.Take(final).ShouldBe(new BanditIntake(60, 0, 0, 0, 0));

        // Every answer was first rated otherwise, every rating is delivered twice, and all of it is shuffled.
        var all = final.Concat(final).Concat(Enumerable.Range(0, 60).Select(static i => Reward(i, 1 - i % 3 / 2.0, rated: 10 + i))).ToArray();
        new Random(4).Shuffle(all);
        var shuffled = new BanditLearner(Settings(), World);
        var intake = shuffled.Take(all);

        intake.Taken.ShouldBe(60);
        (intake.Replaced + intake.Repeated).ShouldBe(120);
        shuffled.Intake.ShouldBe(intake);
        for (var n = 0; n < 20; n++)
        {
            var (one, other) = (Choose(plain.Snapshot(), n), Choose(shuffled.Snapshot(), n));
            one.Experts.ShouldBe(other.Experts);
            one.Estimates.Select(static e => e.Quality).ShouldBe(other.Estimates.Select(static e => e.Quality), 1e-12);
        }
    }

    [Fact]
    public void Processes_that_saw_other_answers_add_up_to_one_that_saw_all()
    {
        var rewards = Enumerable.Range(0, 80).Select(static i => Reward(i, i % 4 / 3.0, rated: i)).ToArray();
        var (all, left, right) = (new BanditLearner(Settings(), World), new BanditLearner(Settings(), World), new BanditLearner(Settings(), World));
        all.Take(rewards);
        left.Take(rewards.Where(static (_, i) => i % 3 == 0));
        right.Take(rewards.Where(static (_, i) => i % 3 != 0));

        right.Merge(left.Statistics());

        for (var n = 0; n < 20; n++)
            Choose(right.Snapshot(), n).Estimates.Select(static e => e.Lower).ShouldBe(Choose(all.Snapshot(), n).Estimates.Select(static e => e.Lower), 1e-12);
        right.Snapshot().Rewards.ShouldBe(80);
    }

    [Fact]
    public void One_feed_gives_one_version_and_another_reward_another()
    {
        var rewards = Enumerable.Range(0, 30).Select(static i => Reward(i, 0.5, rated: i)).ToArray();
        var (one, other) = (new BanditLearner(Settings(), World), new BanditLearner(Settings(), World));
        one.Take(rewards);
        foreach (var reward in rewards) other.Take([reward]);

        one.Snapshot().Version.ShouldBe(other.Snapshot().Version);
        one.Snapshot().Version.Length.ShouldBe(64);
        one.Snapshot().ShouldBeSameAs(one.Snapshot());
        var before = one.Snapshot();
        one.Take([rewards[3]]);
        one.Snapshot().ShouldBeSameAs(before, "a reward that was known makes no version");
        one.Take([Reward(31, 1, rated: 40)]);
        one.Snapshot().Version.ShouldNotBe(before.Version);
        new BanditLearner(Settings() with { Lambda = 1 }, World, other.Statistics()).Snapshot().Version.ShouldNotBe(before.Version);
        new BanditLearner(Settings(), World, other.Statistics()).Snapshot().Version.ShouldBe(before.Version);
    }

    [Fact]
    public void What_is_too_old_to_be_told_from_what_was_counted_is_left_out_and_counted_as_that()
    {
        var learner = new BanditLearner(Settings() with { Remembered = 10 }, World);
        learner.Take(Enumerable.Range(0, 25).Select(static i => Reward(i, 0.5, rated: i))).Taken.ShouldBe(25);

        // Decisions 0–14 were forgotten one by one; 15–24 are remembered.
        learner.Take([Reward(3, 0.9, rated: 99)]).ShouldBe(new BanditIntake(0, 0, 0, 1, 0));
        learner.Take([Reward(20, 0.9, rated: 99)]).ShouldBe(new BanditIntake(0, 1, 0, 0, 0));
        learner.Take([Reward(14, 0.9, rated: 99) with { RouteId = "r_new" }]).TooLate.ShouldBe(1);
        learner.Take([Reward(26, 0.9, rated: 99)]).Taken.ShouldBe(1);
    }

    [Fact]
    public void What_is_not_a_reward_of_this_bandit_is_left_out()
    {
        var learner = new BanditLearner(Settings(), World);
        var good = Reward(1, 0.5, rated: 1);
        BanditReward[] foreign =
        [
            good with { Expert = "somebody" }, good with { FeaturesVersion = "other" }, good with { Features = [1] }, good with { Quality = double.NaN }, good with { Quality = 1.01 },
            good with { Weight = 0 }, good with { Weight = double.PositiveInfinity }, good with { Features = [1, 2, float.NaN, 4] },
        ];

        learner.Take(foreign).ShouldBe(new BanditIntake(0, 0, 0, 0, foreign.Length));
        learner.Snapshot().Rewards.ShouldBe(0);
    }

    [Fact]
    public void What_the_ledger_feeds_teaches_unless_judges_picked_the_answer()
    {
        var fed = new RouteReward
        {
            RouteId = "r_1",
            DecidedAt = Start,
            JudgedAt = Start.AddHours(3),
            Expert = World.Experts[1],
            Chosen = World.Experts[0],
            FeaturesVersion = World.Version,
            Features = World.Features(4),
            Score = 0.75,
            AggregatorVersion = "mean",
        };
        var reward = BanditReward.Of(fed).ShouldNotBeNull();
        (reward.Expert, reward.Quality, reward.RatedAt, reward.Weight).ShouldBe((World.Experts[1], 0.75, Start.AddHours(3), 1));
        new BanditLearner(Settings(), World).Take([reward]).Taken.ShouldBe(1);
        BanditReward.Of(fed with { Score = null }).ShouldBeNull();
        BanditReward.Of(fed with { Kind = PlanKind.BestOf }).ShouldBeNull();
        BanditReward.Of(fed with { FeaturesVersion = "" }).ShouldBeNull();
    }

    [Fact]
    public void Settings_that_cannot_be_are_refused_by_name()
    {
        Should.Throw<OrchestrationException>(() => new BanditLearner(Settings() with { Ridge = 0 }, World)).Message.ShouldContain("ridge");
        Should.Throw<OrchestrationException>(() => new BanditLearner(Settings() with { Rule = RoutingRule.Best }, World)).Message.ShouldContain("lin-ucb");
        Should.Throw<OrchestrationException>(() => new BanditLearner(Settings() with { Experts = ["a", "a"] }, World)).Message.ShouldContain("twice");
        Should.Throw<OrchestrationException>(() => new BanditLearner(Settings(), new SimulatedPrompts(3, 300, 1))).Message.ShouldContain("256");
        var other = new BanditLearner(Settings(), new SimulatedPrompts(3, 5, 1)).Statistics();
        Should.Throw<OrchestrationException>(() => new BanditLearner(Settings(), World, other)).Message.ShouldContain("anew");
    }

    [Fact]
    public async Task Rewards_from_many_threads_are_each_counted_once()
    {
        var learner = new BanditLearner(Settings(), World);
        using var together = new Barrier(4);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(t => Task.Run(() =>
        {
            together.SignalAndWait();
            for (var i = 0; i < 200; i++)
            {
                learner.Take([Reward(i, 0.5, rated: i)]);
                Choose(learner.Snapshot(), i);
            }
        })));

        learner.Intake.ShouldBe(new BanditIntake(200, 0, 600, 0, 0));
        learner.Snapshot().Rewards.ShouldBe(200);
    }

    internal static BanditSettings Settings() => new() { Name = "auto", Rule = RoutingRule.Thompson, Experts = World.Experts };

    private static BanditReward Reward(int number, double quality, int rated) => new()
    {
        RouteId = $"r_{number}",
        DecidedAt = Start.AddSeconds(number),
        RatedAt = Start.AddSeconds(rated),
        Expert = World.Experts[number % 3],
        FeaturesVersion = World.Version,
        Features = World.Features(number),
        Quality = quality,
    };

    private static RoutingChoice Choose(BanditPolicy policy, int number) => policy.Choose(new RoutingQuestion
    {
        Prompt = SimulatedPrompts.Prompt(number),
        Offers = [.. World.Experts.Select(static e => new ExpertOffer(e, null))],
        Draw = 0.37,
    });
}
