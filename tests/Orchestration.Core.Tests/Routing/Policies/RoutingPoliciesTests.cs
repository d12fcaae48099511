using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Models;
using Orchestration.Core.Routing.Policies;
using Orchestration.Core.Tests.Routing.Models;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Routing.Policies;

public sealed class RoutingPoliciesTests
{
    private static readonly RoutingModel Model = RoutingTrainer.Train(GivenHistory.Matrix(), new RoutingTraining { Clusters = 6, Neighbours = 20 });
    private static readonly ExpertConfig[] Experts = [.. GivenHistory.Experts.Select(static e => new ExpertConfig { Name = e, Deployment = e })];
    private static readonly string Code = GivenHistory.Prompt(0, new Random(3));
    private static readonly string Verse = GivenHistory.Prompt(1, new Random(3));

    [Fact]
    public void Best_asks_the_expert_with_the_best_prediction_and_then_the_next_best()
    {
        var choice = Choose(new PolicyConfig { Name = "p", Rule = RoutingRule.Best }, Verse);
        choice.Experts[0].ShouldBe("poet");
        choice.Experts.Count.ShouldBe(3);
        choice.Estimates.Single(e => e.Expert == "poet").Probability.ShouldBe(1);
        choice.Estimates.Sum(e => e.Probability).ShouldBe(1);
        choice.Estimates.ShouldAllBe(e => e.Lower <= e.Quality && e.Quality <= e.Upper && e.CostUsd > 0);
        choice.IsAbstention.ShouldBeFalse();
    }

    [Theory]
    [InlineData(0.1, "coder")]
    [InlineData(0.5, "clerk")]
    [InlineData(0.75, "poet")]
    [InlineData(1.0, "poet")]
    public void Cheapest_takes_the_cheapest_that_is_good_enough_and_the_best_where_none_is(double threshold, string expected)
    {
        // For a verse: the poet is best and dearest, the clerk middling, the coder bad and cheapest.
        var choice = Choose(new PolicyConfig { Name = "p", Rule = RoutingRule.Cheapest, Threshold = threshold }, Verse, 0.001, 0.009, 0.002);
        choice.Experts[0].ShouldBe(expected);
    }

    [Theory]
    [InlineData(0, "poet")]
    [InlineData(1e6, "coder")]
    public void Net_value_weighs_quality_against_cost(double lambda, string expected) =>
        Choose(new PolicyConfig { Name = "p", Rule = RoutingRule.NetValue, Lambda = lambda }, Verse, 0.001, 0.009, 0.002).Experts[0].ShouldBe(expected);

    [Fact]
    public void Who_states_no_price_counts_as_the_dearest() =>
        Choose(new PolicyConfig { Name = "p", Rule = RoutingRule.NetValue, Lambda = 1e6 }, Verse, null, 0.009, 0.002).Experts[0].ShouldBe("clerk");

    [Theory]
    [InlineData(RoutingRule.Nearest, null)]
    [InlineData(RoutingRule.Nearest, 10)]
    [InlineData(RoutingRule.Clusters, null)]
    [InlineData(RoutingRule.Clusters, 3)]
    [InlineData(RoutingRule.Skills, null)]
    public void History_finds_the_expert_of_the_task(RoutingRule rule, int? count)
    {
        Choose(new PolicyConfig { Name = "p", Rule = rule, Count = count }, Verse).Experts[0].ShouldBe("poet");
        Choose(new PolicyConfig { Name = "p", Rule = rule, Count = count }, Code).Experts[0].ShouldBe("coder");
    }

    [Fact]
    public void Skills_prefers_those_that_state_the_inferred_skill()
    {
        ExpertConfig[] experts = [Experts[0], Experts[1], Experts[2] with { Skills = ["poetry"] }];
        var choice = RoutingPolicies.Create(new PolicyConfig { Name = "p", Rule = RoutingRule.Skills }, experts, Model).Choose(Question(Verse));
        choice.Experts[0].ShouldBe("clerk");
        choice.Reason.ShouldContain("'poetry'");
    }

    [Theory]
    [InlineData(0.05, "poet")]
    [InlineData(0.99, "clerk")]
    public void Two_model_takes_the_strong_one_where_its_gain_is_worth_it(double threshold, string expected)
    {
        var policy = new PolicyConfig { Name = "p", Rule = RoutingRule.TwoModel, Experts = ["clerk", "poet"], Threshold = threshold };
        RoutingPolicies.Create(policy, Experts, Model).Choose(Question(Verse) with { Offers = [new("poet", 0.009), new("clerk", 0.002)] }).Experts[0].ShouldBe(expected);
    }

    [Fact]
    public void Plans_say_what_the_gateway_does()
    {
        var cascade = Choose(new PolicyConfig { Name = "p", Rule = RoutingRule.Cascade, Threshold = 0.8, Judges = "quick" }, Verse, 0.009, 0.001, 0.002, model: false);
        cascade.Kind.ShouldBe(PlanKind.Cascade);
        cascade.Experts.ShouldBe(["poet", "clerk", "coder"]);
        (cascade.Threshold, cascade.Judges).ShouldBe((0.8, "quick"));
        Choose(new PolicyConfig { Name = "p", Rule = RoutingRule.Cascade, Experts = ["clerk", "coder", "poet"] }, Verse, model: false).Experts.ShouldBe(["clerk", "coder", "poet"]);
        var best = Choose(new PolicyConfig { Name = "p", Rule = RoutingRule.BestOf }, Verse);
        (best.Kind, best.Count, best.Experts[0]).ShouldBe((PlanKind.BestOf, 2, "poet"));
        var fusion = Choose(new PolicyConfig { Name = "p", Rule = RoutingRule.FusionOf, Count = 5, Synthesizer = "clerk" }, Verse, model: false);
        (fusion.Kind, fusion.Count, fusion.Synthesizer).ShouldBe((PlanKind.FusionOf, 3, "clerk"));
        Choose(new PolicyConfig { Name = "p", Rule = RoutingRule.Always, Experts = ["clerk"] }, Verse, model: false).Experts[0].ShouldBe("clerk");
    }

    [Fact]
    public void What_is_unlike_the_history_is_left_to_the_default()
    {
        var choice = Choose(new PolicyConfig { Name = "p", Rule = RoutingRule.Best }, "Ĉu vi povas traduki tiun ĉi frazon en la latinan lingvon kaj klarigi ĝin?");
        choice.IsAbstention.ShouldBeTrue();
        choice.Experts[0].ShouldBe("clerk");
        choice.Reason.ShouldBe("abstained: nothing like it in the history");
    }

    [Fact]
    public void An_expert_that_the_model_does_not_know_is_asked_last()
    {
        var question = Question(Verse) with { Offers = [new("newcomer", 0.00001), new("coder", 0.1), new("poet", 0.1)] };
        var choice = RoutingPolicies.Create(new PolicyConfig { Name = "p", Rule = RoutingRule.Best }, [.. Experts, new ExpertConfig { Name = "newcomer", Deployment = "d" }], Model).Choose(question);
        choice.Experts.ShouldBe(["poet", "coder", "newcomer"]);
        double.IsNaN(choice.Estimates[0].Quality).ShouldBeTrue();
    }

    [Fact]
    public void A_version_changes_with_whatever_a_choice_depends_on()
    {
        var policy = new PolicyConfig { Name = "p", Rule = RoutingRule.Cheapest, Threshold = 0.5 };
        string[] versions = [Of(policy), Of(policy with { Threshold = 0.6 }), Of(policy with { Experts = ["poet", "coder"] }), Of(policy with { Rule = RoutingRule.Best, Threshold = null })];
        versions.Distinct().Count().ShouldBe(4);
        Of(policy with { Name = "q" }).ShouldBe(versions[0]);

        static string Of(PolicyConfig policy) => RoutingPolicies.Create(policy, Experts, Model).Version;
    }

    [Theory]
    [InlineData(RoutingRule.Best, 0.5, null, "router.policies.p.threshold is not read by the rule 'best'")]
    [InlineData(RoutingRule.Cheapest, null, null, "router.policies.p.threshold is missing")]
    [InlineData(RoutingRule.BestOf, null, 1, "router.policies.p.count is how many answers are bought")]
    [InlineData(RoutingRule.TwoModel, null, null, "router.policies.p.experts is missing")]
    public void What_a_rule_does_not_read_or_lacks_is_refused(RoutingRule rule, double? threshold, int? count, string message) =>
        Should.Throw<OrchestrationException>(() => RoutingPolicies.Create(new PolicyConfig { Name = "p", Rule = rule, Threshold = threshold, Count = count }, Experts, Model)).Message.ShouldContain(message);

    [Fact]
    public void A_model_that_knows_none_of_the_experts_is_refused() =>
        Should.Throw<OrchestrationException>(() => RoutingPolicies.Create(new PolicyConfig { Name = "p", Rule = RoutingRule.Best }, [new ExpertConfig { Name = "gpt", Deployment = "d" }], Model))
            .Message.ShouldContain("knows none of the policy's experts (gpt)");

    [Fact]
    public void A_configuration_becomes_policies_and_reads_each_model_once()
    {
        var reads = 0;
        var config = new RouterConfig
        {
            Experts = Experts,
            Policies = new Dictionary<string, PolicyConfig>(StringComparer.Ordinal)
            {
                ["auto"] = new() { Name = "auto", Rule = RoutingRule.Best, Model = "/m" },
                ["cheap"] = new() { Name = "cheap", Rule = RoutingRule.Cheapest, Model = "/m", Threshold = 0.5 },
            },
        };
        var policies = RoutingPolicies.Create(config, new PolicySources { ModelOf = _ => Interlocked.Increment(ref reads) > 0 ? Model : null! });
        policies.Keys.ShouldBe(["auto", "cheap"], ignoreOrder: true);
        reads.ShouldBe(1);
    }

    private static RoutingChoice Choose(PolicyConfig policy, string prompt, double? coder = 0.001, double? poet = 0.002, double? clerk = 0.003, bool model = true) =>
        RoutingPolicies.Create(policy, Experts, model ? Model : null).Choose(Question(prompt) with { Offers = [new("coder", coder), new("poet", poet), new("clerk", clerk)] });

    private static RoutingQuestion Question(string prompt) => new() { Prompt = new RoutingPrompt(prompt), Offers = [new("coder", 0.001), new("poet", 0.002), new("clerk", 0.003)] };
}
