using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core.Routing;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Routing.Deciding;

public sealed class RouterDecisionTests
{
    [Fact]
    public void A_model_names_a_policy_or_an_expert()
    {
        var router = Given.Router(Given.Config("a", "b"), new WeightedPolicy("auto", 0, 1), new WeightedPolicy("cheap", 1, 0));
        router.Decide(Given.Request("auto")).ShouldSatisfyAllConditions(d => d.Policy.ShouldBe("auto"), d => d.Expert.ShouldBe("b"), d => d.Probability.ShouldBe(1));
        router.Decide(Given.Request("auto:cheap")).ShouldSatisfyAllConditions(d => d.Policy.ShouldBe("cheap"), d => d.Expert.ShouldBe("a"));
        router.Decide(Given.Request("b")).ShouldSatisfyAllConditions(d => d.Policy.ShouldBeEmpty(), d => d.Expert.ShouldBe("b"), d => d.Probability.ShouldBe(1), d => d.Choice.Reason.ShouldBe("named by the request"));
        Should.Throw<OrchestrationException>(() => router.Decide(Given.Request("gpt"))).ShouldSatisfyAllConditions(
            e => e.Code.ShouldBe(ErrorCodes.NotFound), e => e.Message.ShouldContain("auto, auto:cheap, a, b"));
        Should.Throw<OrchestrationException>(() => router.Decide(Given.Request("auto:"))).Code.ShouldBe(ErrorCodes.NotFound);
    }

    [Fact]
    public void Without_a_policy_called_auto_it_means_the_default_expert()
    {
        var router = Given.Router(Given.Config("a", "b") with { DefaultExpert = "b" });
        var decision = router.Decide();
        decision.Choice.Experts.ShouldBe(["b", "a"]);
        decision.PolicyVersion.Length.ShouldBe(64);
    }

    [Fact]
    public void Frequencies_over_many_ids_are_the_stated_probabilities()
    {
        const int Count = 40_000;
        const double Explore = 0.2;
        var router = Given.Router(Given.Config("a", "b", "c") with { Explore = Explore, Judges = "j", JudgeShare = 0.1 }, new WeightedPolicy("auto", 0.6, 0.4, 0));
        var counts = new Dictionary<string, int>(StringComparer.Ordinal) { ["a"] = 0, ["b"] = 0, ["c"] = 0 };
        var (explored, sampled, sampledAndExplored) = (0, 0, 0);
        for (var i = 0; i < Count; i++)
        {
            var decision = router.Decide();
            counts[decision.Expert]++;
            decision.Probability.ShouldBe(decision.Expert switch { "a" => (0.8 * 0.6) + (0.2 / 3), "b" => (0.8 * 0.4) + (0.2 / 3), _ => 0.2 / 3 }, 1e-12);
            decision.Choice.Estimates.Sum(static e => e.Probability).ShouldBe(1, 1e-12);
            if (decision.IsExploration) explored++;
            if (decision.IsSampled) sampled++;
            if (decision.IsSampled && decision.IsExploration) sampledAndExplored++;
        }

        // Four standard errors.
        Share(counts["a"]).ShouldBe((0.8 * 0.6) + (0.2 / 3), 0.01);
        Share(counts["b"]).ShouldBe((0.8 * 0.4) + (0.2 / 3), 0.01);
        Share(counts["c"]).ShouldBe(0.2 / 3, 0.005);
        Share(explored).ShouldBe(Explore, 0.008);
        Share(sampled).ShouldBe(0.1, 0.006);
        Share(sampledAndExplored).ShouldBe(0.02, 0.003, "being judged does not depend on being explored");

        static double Share(int n) => (double)n / Count;
    }

    [Fact]
    public void Probabilities_add_up_to_one_whoever_is_down_and_whatever_is_explored() => Prop.ForAll(
        Gen.Choose(1, 7).SelectMany(n => Gen.Choose(0, 1000).ListOf(n)).SelectMany(weights => Gen.Choose(0, 127).SelectMany(down => Gen.Choose(0, 50).SelectMany(explore => Gen.Elements(true, false).Select(abstains => (Weights: weights.ToArray(), Down: down, Explore: explore / 100.0, Abstains: abstains))))).ToArbitrary(),
        static given =>
        {
            var time = new ManualTime();
            string[] experts = [.. given.Weights.Select(static (_, i) => "e" + i)];
            var config = Given.Config(experts) with { Explore = given.Explore, DefaultExpert = experts[^1] };
            var router = Given.Router(time, config, new WeightedPolicy("auto", [.. given.Weights.Select(static w => w + 1.0)]) { Abstains = given.Abstains });
            router.Quarantine(experts.Where((_, i) => (given.Down >> i & 1) == 1).ToDictionary(static e => e, static _ => "drifts", StringComparer.Ordinal));
            if (experts.Where((_, i) => (given.Down >> i & 1) == 0).ToArray() is not { Length: > 0 } up)
            {
                Should.Throw<NoExpertException>(() => router.Decide());
                return;
            }

            for (var i = 0; i < 20; i++)
            {
                var decision = router.Decide();
                up.ShouldContain(decision.Expert);
                decision.Choice.Estimates.Sum(static e => e.Probability).ShouldBe(1, 1e-9);
                decision.Probability.ShouldBe(decision.Choice.Estimates.Single(e => e.Expert == decision.Expert).Probability);
                decision.Probability.ShouldBeGreaterThan(0);
                decision.Choice.Experts.Distinct().Count().ShouldBe(decision.Choice.Experts.Count);
                decision.Excluded.Count.ShouldBe(experts.Length - up.Length);
                decision.Choice.Estimates.ShouldAllBe(e => e.Probability >= (up.Length > 1 ? given.Explore / up.Length : 0) - 1e-12);
                if (given.Abstains && up.Contains(experts[^1]) && !decision.IsExploration) decision.Expert.ShouldBe(experts[^1]);
            }
        }).Check(SeededProperties.Config);

    [Fact]
    public void The_same_id_decides_the_same()
    {
        var config = Given.Config("a", "b", "c") with { Explore = 0.3, Judges = "j", JudgeShare = 0.5 };
        var one = Given.Router(config, new WeightedPolicy("auto", 1, 1, 1));
        var two = Given.Router(config, new WeightedPolicy("auto", 1, 1, 1));
        for (var i = 0; i < 200; i++)
        {
            var (a, b) = (one.Decide(), two.Decide());
            (a.Id, a.Expert, a.IsExploration, a.IsSampled, a.Probability).ShouldBe((b.Id, b.Expert, b.IsExploration, b.IsSampled, b.Probability));
        }
    }

    [Fact]
    public void Who_cannot_take_the_prompt_is_left_out_with_its_reason()
    {
        var config = Given.Config("small", "blind", "dear", "fits") with { };
        config = config with
        {
            Experts = [config.Experts[0] with { ContextTokens = 1000 }, config.Experts[1], config.Experts[2] with { MaxOutputTokens = 1_000_000, Skills = ["images"] }, config.Experts[3] with { ContextTokens = 8000, Skills = ["images"], MaxOutputTokens = 1000 }],
        };
        var router = Given.Router(config, new WeightedPolicy("auto", 1));
        var decision = router.Decide(Given.Request(promptTokens: 900) with { HasImages = true, MaxUsd = 0.01m });
        decision.Expert.ShouldBe("fits");
        decision.Excluded.ShouldBe([new("small", "takes no images"), new("blind", "takes no images"), new("dear", "may cost 2.0009 USD, and 0.01 are left")]);
        router.Decide(Given.Request(promptTokens: 900)).Excluded.ShouldBe([new("small", "context of 1,000 tokens")]);
        router.Decide(Given.Request(promptTokens: 700)).Excluded.ShouldBeEmpty("it has room for a quarter of its context");
        router.Decide(Given.Request(promptTokens: 700, outputTokens: 400)).Excluded.ShouldBe([new("small", "context of 1,000 tokens")]);
    }

    [Fact]
    public void Without_prices_a_limit_in_money_cannot_be_kept()
    {
        var config = Given.Config("a");
        var router = new Router(Given.Services(new ManualTime()), new RouterSetup { Config = config });
        Should.Throw<NoExpertException>(() => router.Decide(Given.Request() with { MaxUsd = 100 })).ShouldSatisfyAllConditions(
            e => e.Code.ShouldBe(ErrorCodes.Deployment), e => e.Message.ShouldContain("a: has no prices"), e => e.RetryAfter.ShouldBeNull());
    }

    [Fact]
    public void Where_a_policy_abstains_the_default_is_asked_also_outside_its_experts()
    {
        var config = Given.Config("a", "b", "c") with { DefaultExpert = "c", Policies = new Dictionary<string, PolicyConfig> { ["auto"] = new() { Name = "auto", Rule = RoutingRule.Best, Experts = ["a", "b"] } } };
        var router = Given.Router(config, new WeightedPolicy("auto", 1, 0) { Abstains = true });
        var decision = router.Decide();
        decision.Choice.Experts.ShouldBe(["c", "a", "b"]);
        decision.Probability.ShouldBe(1);
        decision.Choice.Estimates.Select(static e => (e.Expert, e.Probability)).ShouldBe([("a", 0), ("b", 0), ("c", 1)]);

        router.Quarantine(new Dictionary<string, string> { ["c"] = "drifts" });
        router.Decide().ShouldSatisfyAllConditions(d => d.Expert.ShouldBe("a"), d => d.Excluded.ShouldBe([new("c", "quarantined: drifts")]));
    }

    [Fact]
    public void Who_is_quarantined_stays_so_when_configuration_or_a_policy_are_exchanged()
    {
        var router = Given.Router(new ManualTime(), Given.Config("a", "b"), new WeightedPolicy("auto", 1, 0));
        router.Quarantine(new Dictionary<string, string> { ["a"] = "drifts" });

        router.Use(router.Setup);
        router.Decide().Expert.ShouldBe("b");
        router.UsePolicy(new WeightedPolicy("auto", 1, 0)).ShouldBeTrue();
        router.Decide().ShouldSatisfyAllConditions(static d => d.Expert.ShouldBe("b"), static d => d.Excluded.Single().Reason.ShouldBe("quarantined: drifts"));

        router.Quarantine(new Dictionary<string, string>());
        router.Decide().Expert.ShouldBe("a");
    }

    [Fact]
    public void A_policys_experts_are_all_that_it_is_offered()
    {
        var config = Given.Config("a", "b", "c") with { Explore = 0.5, Policies = new Dictionary<string, PolicyConfig> { ["auto"] = new() { Name = "auto", Rule = RoutingRule.Best, Experts = ["c", "b"] } } };
        var router = Given.Router(config, new WeightedPolicy("auto", 1, 0));
        for (var i = 0; i < 100; i++) router.Decide().Choice.Estimates.Select(static e => e.Expert).ShouldBe(["c", "b"]);
    }

    [Fact]
    public void An_experts_own_fallback_comes_before_the_policys_next_best()
    {
        var config = Given.Config("a", "b", "c", "d");
        config = config with { Experts = [config.Experts[0] with { Fallback = ["d", "c"] }, .. config.Experts.Skip(1)] };
        var router = Given.Router(config, new WeightedPolicy("auto", 1, 0, 0, 0));
        router.Decide().Choice.Experts.ShouldBe(["a", "d", "c"]);
        router.Decide(Given.Request("a")).Choice.Experts.ShouldBe(["a", "d", "c"]);
        router.Quarantine(new Dictionary<string, string> { ["d"] = "drifts", ["a"] = "drifts" });
        router.Decide(Given.Request("a")).ShouldSatisfyAllConditions(d => d.Choice.Experts.ShouldBe(["c"]), d => d.Choice.Reason.ShouldContain("fallback"), d => d.Probability.ShouldBe(1));
    }

    [Fact]
    public void An_explored_expert_is_asked_alone_whatever_the_plan()
    {
        var router = Given.Router(Given.Config("a", "b") with { Explore = 0.5 }, new WeightedPolicy("auto", 1, 0) { Kind = PlanKind.BestOf, Count = 2 });
        var decisions = Enumerable.Range(0, 200).Select(_ => router.Decide()).ToArray();
        decisions.Where(static d => d.IsExploration).ShouldAllBe(static d => d.Choice.Kind == PlanKind.Single && d.Choice.Reason.StartsWith("explored", StringComparison.Ordinal));
        decisions.Where(static d => !d.IsExploration).ShouldAllBe(static d => d.Choice.Kind == PlanKind.BestOf && d.Expert == "a");
        decisions.Count(static d => d.IsExploration).ShouldBeInRange(60, 140);
    }

    [Fact]
    public async Task A_swap_is_whole_also_under_decisions_that_run_at_the_same_time()
    {
        var first = Given.Setup(Given.Config("a", "b"), new WeightedPolicy("auto", 1, 0));
        var second = Given.Setup(Given.Config("c", "d"), new WeightedPolicy("auto", 0, 1));
        var router = new Router(Given.Services(new ManualTime()), first);
        using var start = new Barrier(5);
        var deciding = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            start.SignalAndWait(TestContext.Current.CancellationToken);
            return Enumerable.Range(0, 3000).Select(_ => router.Decide()).Select(static d => (d.Expert, string.Join(',', d.Choice.Experts))).ToHashSet();
        })).ToArray();
        start.SignalAndWait(TestContext.Current.CancellationToken);
        for (var i = 0; i < 200; i++) router.Use(i % 2 == 0 ? second : first);
        foreach (var seen in await Task.WhenAll(deciding)) seen.ShouldBeSubsetOf([("a", "a,b"), ("d", "d,c")]);
    }

    [Fact]
    public async Task A_route_is_known_from_its_decision_on()
    {
        var router = Given.Router(Given.Config("a"));
        var decision = router.Decide();
        (await router.FindAsync(decision.Id, TestContext.Current.CancellationToken)).ShouldNotBeNull().ShouldSatisfyAllConditions(r => r.Decision.ShouldBe(decision), r => r.Outcome.ShouldBeNull());
        (await router.FindAsync("r_00000000000000000000000000", TestContext.Current.CancellationToken)).ShouldBeNull();
        (await router.FindAsync("nonsense", TestContext.Current.CancellationToken)).ShouldBeNull();
    }

    [Fact]
    public async Task A_route_that_reaches_the_ledger_while_it_is_looked_for_is_found_and_then_leaves_memory()
    {
        var ledger = LedgerThatLooksBeforeTheCommit.Create();
        var router = new Router(Given.Services(new ManualTime()) with { Ledger = ledger }, Given.Setup(Given.Config("a"), new WeightedPolicy("auto", 1)));
        var decision = router.Decide();
        await router.CompleteAsync(new RouteOutcome { Decision = decision, Steps = [], AnsweredBy = "a" }, TestContext.Current.CancellationToken);

        // The ledger is asked, finds nothing, and only then is the route written: what it says is true of the moment in which it looked.
        var looking = (LedgerThatLooksBeforeTheCommit)(object)ledger;
        looking.Looked = () => router.Log!.RunAsync(new CancellationToken(canceled: true));
        (await router.FindAsync(decision.Id, TestContext.Current.CancellationToken)).ShouldNotBeNull().Outcome!.AnsweredBy.ShouldBe("a");
        (await looking.Batches.Reader.ReadAsync(TestContext.Current.CancellationToken)).ShouldBe([decision.Id]);

        looking.Looked = static () => Task.CompletedTask;
        (await router.FindAsync(decision.Id, TestContext.Current.CancellationToken)).ShouldBeNull("it is kept in one place, and this ledger never finds anything");
    }
}
