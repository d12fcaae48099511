using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Bandits;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Routing.Bandits;

public sealed class BanditReplayTests
{
    private static readonly SimulatedPrompts World = new(4, 6, 5);

    [Fact]
    public void A_replay_stands_between_chance_and_oracle_beats_the_best_single_and_is_the_same_every_time()
    {
        var rows = Rows(3000);
        var options = new ReplayOptions { Runs = 2, Delay = 100, Seed = 3 };
        var result = BanditReplay.Run(Settings(RoutingRule.Thompson), World, rows, options, CancellationToken.None);
        var again = BanditReplay.Run(Settings(RoutingRule.Thompson), World, rows, options, CancellationToken.None);

        result.Curve.ShouldBe(again.Curve);
        result.Oracle.Mean.ShouldBe(rows.Quality.Chunk(4).Average(static q => q.Max()), 1e-12);
        result.Random.Mean.ShouldBe(rows.Quality.Average(), 1e-12);
        result.BestSingle.Mean.ShouldBe(Enumerable.Range(0, 4).Max(k => rows.Quality.Where((_, i) => i % 4 == k).Average()), 1e-12);
        result.Gain.Mean.ShouldBeGreaterThan(0.02);
        result.Bandit.Mean.ShouldBeLessThan(result.Oracle.Mean);
        result.Regret.Mean.ShouldBe((result.Oracle.Mean - result.Bandit.Mean) * 3000, 1e-6);
        result.Curve.Count.ShouldBe(10);
        result.Curve[^1].Through.ShouldBe(3000);
        result.Curve[^1].Bandit.Mean.ShouldBeGreaterThan(result.Curve[0].Bandit.Mean + 0.05, "it learns");
    }

    [Fact]
    public void Before_the_first_reward_comes_it_does_no_better_than_chance()
    {
        var result = BanditReplay.Run(Settings(RoutingRule.LinUcb), World, Rows(1500), new ReplayOptions { Runs = 3, Delay = 1500 }, CancellationToken.None);
        result.Bandit.Mean.ShouldBe(result.Random.Mean, 0.02);
    }

    [Fact]
    public void An_expert_that_breaks_breaks_in_every_figure_and_cost_is_taken_off()
    {
        var rows = Rows(1000);
        var best = Enumerable.Range(0, 4).MaxBy(k => rows.Quality.Where((_, i) => i % 4 == k).Sum());
        var broken = BanditReplay.Run(Settings(RoutingRule.Thompson), World, rows, new ReplayOptions { Runs = 1, Drift = [new ReplayedDrift(World.Experts[best], 0, 0)] }, CancellationToken.None);
        broken.BestSingleExpert.ShouldNotBe(World.Experts[best]);
        broken.Bandit.Deviation.ShouldBe(double.NaN);

        var priced = rows with { CostUsd = [.. Enumerable.Range(0, 4000).Select(i => i % 4 == best ? 1.0 : 0)] };
        BanditReplay.Run(Settings(RoutingRule.Thompson) with { Lambda = 1 }, World, priced, new ReplayOptions { Runs = 1 }, CancellationToken.None).BestSingleExpert.ShouldNotBe(World.Experts[best]);
    }

    [Fact]
    public void Options_that_cannot_be_are_refused()
    {
        Should.Throw<OrchestrationException>(() => BanditReplay.Run(Settings(RoutingRule.Thompson), World, Rows(10), new ReplayOptions { JudgeShare = 0 }, CancellationToken.None)).Message.ShouldContain("judged share");
        Should.Throw<OrchestrationException>(() => BanditReplay.Run(Settings(RoutingRule.Thompson), World, Rows(10), new ReplayOptions { Drift = [new ReplayedDrift("nobody", 1, 1)] }, CancellationToken.None))
            .Message.ShouldContain("'nobody'");
    }

    private static BanditSettings Settings(RoutingRule rule) => new() { Name = "auto", Rule = rule, Experts = World.Experts };

    private static ReplayRows Rows(int count) =>
        new(World.Experts, [.. Enumerable.Range(0, count).Select(static n => SimulatedPrompts.Prompt(n).Text)], [.. Enumerable.Range(0, count).SelectMany(World.Truth)], null);
}
