using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Bandits;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Routing.Bandits;

/// <summary>Bandits on prompts of which everybody's true quality is known.</summary>
public sealed class BanditRegretTests(ITestOutputHelper output)
{
    private const int Experts = 5;
    private const int Features = 8;
    private const int Steps = 6000;

    [Theory]
    [InlineData(RoutingRule.LinUcb, 0)]
    [InlineData(RoutingRule.Thompson, 0)]
    [InlineData(RoutingRule.LinUcb, 1500)]
    [InlineData(RoutingRule.Thompson, 1500)]
    public void Regret_flattens_out_and_beats_chance_and_the_best_single_expert_by_far(RoutingRule rule, int delay)
    {
        var (early, late, uniform, single) = (0.0, 0.0, 0.0, 0.0);
        const int Seeds = 3;
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var world = new SimulatedPrompts(Experts, Features, seed);
            var regret = Run(world, rule, delay, seed);
            early += regret.AsSpan(delay, 1500).ToArray().Sum() / Seeds;
            late += regret.AsSpan(Steps - 1500, 1500).ToArray().Sum() / Seeds;
            var truths = Enumerable.Range(Steps - 1500, 1500).Select(world.Truth).ToArray();
            uniform += truths.Sum(static t => t.Max() - t.Average()) / Seeds;
            var best = Enumerable.Range(0, Experts).MaxBy(k => truths.Sum(t => t[k]));
            single += truths.Sum(t => t.Max() - t[best]) / Seeds;
        }

        output.WriteLine($"{rule} delay {delay}: first 1,500 after the delay {early:0.0}, last 1,500 {late:0.0}; uniform {uniform:0.0}, best single {single:0.0}");
        late.ShouldBeLessThan(early * 0.6, "regret grows ever more slowly");
        late.ShouldBeLessThan(uniform * 0.25);
        late.ShouldBeLessThan(single * 0.5, "the best single expert is told in hindsight, and still loses");
    }

    [Fact]
    public void With_a_half_life_an_expert_that_breaks_is_left_alone_soon_and_without_one_late()
    {
        var (fresh, stale) = (0.0, 0.0);
        for (var seed = 1; seed <= 3; seed++)
        {
            fresh += AfterBreak(seed, TimeSpan.FromSeconds(1000));
            stale += AfterBreak(seed, null);
        }

        output.WriteLine($"regret of 1,500 steps after the break, 3 runs: half-life {fresh:0.0}, none {stale:0.0}");
        fresh.ShouldBeLessThan(stale * 0.85);
    }

    private static double AfterBreak(int seed, TimeSpan? halfLife)
    {
        var world = new SimulatedPrompts(Experts, Features, seed);
        var best = Enumerable.Range(0, Experts).MaxBy(k => Enumerable.Range(0, 500).Sum(n => world.Truth(n)[k]));
        var regret = Run(world, RoutingRule.Thompson, 0, seed, halfLife, (step, truth) =>
        {
            if (step >= 3000) truth[best] *= 0.3;
        });
        return regret.AsSpan(3000, 1500).ToArray().Sum();
    }

    private static double[] Run(SimulatedPrompts world, RoutingRule rule, int delay, int seed, TimeSpan? halfLife = null, Action<int, double[]>? change = null)
    {
        var learner = new BanditLearner(new BanditSettings { Name = "auto", Rule = rule, Experts = world.Experts, HalfLife = halfLife }, world);
        var offers = world.Experts.Select(static e => new ExpertOffer(e, null)).ToArray();
        var random = new Random(seed);
        var waiting = new Queue<BanditReward>();
        var regret = new double[Steps];
        for (var step = 0; step < Steps; step++)
        {
            var choice = learner.Snapshot().Choose(new RoutingQuestion { Prompt = SimulatedPrompts.Prompt(step), Offers = offers, Draw = random.NextDouble() });
            var truth = world.Truth(step);
            change?.Invoke(step, truth);
            var chosen = world.Experts.ToList().IndexOf(choice.Experts[0]);
            regret[step] = truth.Max() - truth[chosen];
            waiting.Enqueue(new BanditReward
            {
                RouteId = $"r_{step}",
                DecidedAt = DateTimeOffset.UnixEpoch.AddSeconds(step),
                RatedAt = DateTimeOffset.UnixEpoch.AddSeconds(step + delay),
                Expert = choice.Experts[0],
                FeaturesVersion = world.Version,
                Features = choice.Features,
                Quality = random.NextDouble() < truth[chosen] ? 1 : 0,
            });

            // Snapshots are made every twenty rewards, as a router would.
            if (waiting.Count >= delay + 20) learner.Take(Enumerable.Range(0, 20).Select(_ => waiting.Dequeue()).ToArray());
        }

        return regret;
    }
}
