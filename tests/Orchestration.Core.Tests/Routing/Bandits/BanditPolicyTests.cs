using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Bandits;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Routing.Bandits;

public sealed class BanditPolicyTests
{
    private static readonly SimulatedPrompts World = new(3, 4, 9);

    [Theory]
    [InlineData(RoutingRule.LinUcb)]
    [InlineData(RoutingRule.Thompson)]
    public void What_is_chosen_follows_the_stated_probabilities_over_draws(RoutingRule rule)
    {
        var policy = Learned(rule, 0);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        const int Draws = 20_000;
        IReadOnlyList<ExpertEstimate> estimates = [];
        for (var i = 0; i < Draws; i++)
        {
            var choice = policy.Choose(Ask(5, (i + 0.5) / Draws));
            counts[choice.Experts[0]] = counts.GetValueOrDefault(choice.Experts[0]) + 1;
            estimates = choice.Estimates;
        }

        estimates.Sum(static e => e.Probability).ShouldBe(1, 1e-12);
        foreach (var estimate in estimates) (counts.GetValueOrDefault(estimate.Expert) / (double)Draws).ShouldBe(estimate.Probability, 1.0 / Draws);
        if (rule == RoutingRule.LinUcb) estimates.Max(static e => e.Probability).ShouldBe(1);
        else estimates.Count(static e => e.Probability > 0.01).ShouldBeGreaterThan(1);
    }

    [Fact]
    public void Thompson_sampling_by_integration_is_Thompson_sampling_by_draws()
    {
        // The same normal numbers drawn one by one: shares agree with the integral within it and the draws' error.
        var policy = Learned(RoutingRule.Thompson, 0);
        var estimates = policy.Choose(Ask(7, 0)).Estimates;
        var deviations = estimates.Select(static e => (e.Upper - e.Quality) / 1.959963984540054).ToArray();
        deviations.ShouldAllBe(static d => d > 0.01);
        var (random, wins) = (new Random(8), new double[3]);
        const int Draws = 40_000;
        for (var i = 0; i < Draws; i++)
        {
            var sampled = estimates.Select((e, k) => e.Quality + deviations[k] * Normal(random)).ToArray();
            wins[Array.IndexOf(sampled, sampled.Max())] += 1.0 / Draws;
        }

        for (var k = 0; k < 3; k++) estimates[k].Probability.ShouldBe(wins[k], 0.015);
    }

    [Fact]
    public void Before_the_first_reward_everybody_is_asked_alike()
    {
        foreach (var rule in (RoutingRule[])[RoutingRule.LinUcb, RoutingRule.Thompson])
        {
            var policy = new BanditLearner(BanditLearnerTests.Settings() with { Rule = rule }, World).Snapshot();
            policy.Choose(Ask(1, 0.9)).Estimates.ShouldAllBe(static e => Math.Abs(e.Probability - 1.0 / 3) < 1e-6 && e.Quality == 0.5);
        }
    }

    [Fact]
    public void A_dollars_worth_of_quality_sends_to_who_is_cheap_and_no_price_is_not_free()
    {
        var policy = new BanditLearner(BanditLearnerTests.Settings() with { Rule = RoutingRule.LinUcb, Lambda = 100 }, World).Snapshot();
        ExpertOffer[] offers = [new("expert-0", 0.002), new("expert-1", 0.001), new("expert-2", null)];
        var choice = policy.Choose(Ask(1, 0.5) with { Offers = offers });
        choice.Experts[0].ShouldBe("expert-1");
        choice.Estimates[1].Probability.ShouldBe(1);

        var free = policy.Choose(Ask(1, 0.2) with { Offers = [new("expert-0", 0.002), new("expert-2", null)] });
        free.Estimates.ShouldAllBe(static e => e.Probability == 0.5);
    }

    [Fact]
    public void Whom_it_does_not_know_is_asked_last_and_nobody_known_is_an_abstention()
    {
        var policy = Learned(RoutingRule.Thompson, 0);
        var choice = policy.Choose(Ask(1, 0.5) with { Offers = [new("stranger", null), new("expert-1", null)] });
        choice.Experts.ShouldBe(["expert-1", "stranger"]);
        choice.Estimates[0].Probability.ShouldBe(0);
        double.IsNaN(choice.Estimates[0].Quality).ShouldBeTrue();
        choice.IsAbstention.ShouldBeFalse();

        var nobody = policy.Choose(Ask(1, 0.5) with { Offers = [new("stranger", null), new("other", null)] });
        nobody.IsAbstention.ShouldBeTrue();
        nobody.Experts.ShouldBe(["stranger", "other"]);
        nobody.Estimates.Sum(static e => e.Probability).ShouldBe(1);
    }

    [Fact]
    public void The_choice_carries_the_features_that_its_reward_will_be_learned_with()
    {
        Learned(RoutingRule.LinUcb, 0).Choose(Ask(12, 0.1)).Features.ShouldBe(World.Features(12));
    }

    private static RoutingQuestion Ask(int number, double draw) => new()
    {
        Prompt = SimulatedPrompts.Prompt(number),
        Offers = [.. World.Experts.Select(static e => new ExpertOffer(e, null))],
        Draw = draw,
    };

    private static BanditPolicy Learned(RoutingRule rule, double lambda)
    {
        var learner = new BanditLearner(BanditLearnerTests.Settings() with { Rule = rule, Lambda = lambda, Width = 0.25 }, World);
        learner.Take(Enumerable.Range(0, 60).Select(static i => new BanditReward
        {
            RouteId = $"r_{i}",
            DecidedAt = DateTimeOffset.UnixEpoch.AddSeconds(i),
            RatedAt = DateTimeOffset.UnixEpoch,
            Expert = World.Experts[i % 3],
            FeaturesVersion = World.Version,
            Features = World.Features(i),
            Quality = World.Truth(i)[i % 3],
        }));
        return learner.Snapshot();
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
