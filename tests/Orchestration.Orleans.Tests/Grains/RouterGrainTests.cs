using Orchestration.Core;
using Orchestration.Core.Routing;
using Orchestration.Orleans.Clients;
using Orchestration.Orleans.Contracts;
using Orleans;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Grains;

public sealed class RouterGrainTests(LivingCluster cluster) : IClassFixture<LivingCluster>
{
    private const string Router = RouterConfig.RouterName;

    [Fact]
    public async Task Policies_are_those_of_the_configuration_and_decisions_are_made_in_the_askers_silo()
    {
        var decision = await DecideAsync(0, "auto:fixed");
        decision.Choice.Experts[0].ShouldBe("small", "the policy says so; the default is large");
        decision.Policy.ShouldBe("fixed");
        (await DecideAsync(1, "auto")).PolicyVersion.ShouldNotBeEmpty("a bandit decides");
        (await Should.ThrowAsync<OrchestrationException>(() => DecideAsync(0, "auto:nobody"))).Code.ShouldBe(ErrorCodes.NotFound);
    }

    [Fact]
    public async Task Ratings_of_routes_that_other_silos_decided_come_to_one_place()
    {
        List<RouteDecision> decisions = [await DecideAsync(0, "auto:fixed"), await DecideAsync(1, "auto:fixed")];
        for (var silo = 0; silo < 2; silo++)
        {
            await cluster.GrainsOf(silo).GetGrain<IRouterWorkerGrain>(Router).CompleteAsync(new RouteOutcome { Decision = decisions[silo], Steps = [], AnsweredBy = "small", Status = 200 });
        }

        var router = cluster.Client.GetGrain<IRouterGrain>(Router);
        foreach (var decision in decisions)
        {
            // Routes are written behind.
            FeedbackReceipt receipt;
            while ((receipt = await router.FeedbackAsync(new RouteFeedback(decision.Id, 0.75, "somebody"))) == FeedbackReceipt.Unknown)
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
            receipt.ShouldBeOneOf(FeedbackReceipt.Taken, FeedbackReceipt.Replaced);
            RouteRecord? found;
            while ((found = await router.FindAsync(decision.Id)) is not { Feedback.Count: > 0 })
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
            found.Decision.Choice.Experts.ShouldBe(decision.Choice.Experts);
            found.Feedback[0].Rating.ShouldBe(0.75);
        }

        (await router.DeleteAsync(decisions[0].Id)).ShouldBeTrue();
        (await router.FindAsync(decisions[0].Id)).ShouldBeNull();
        (await router.FindAsync(decisions[1].Id)).ShouldNotBeNull();
    }

    private Task<RouteDecision> DecideAsync(int silo, string model) =>
        cluster.GrainsOf(silo).GetGrain<IRouterWorkerGrain>(Router).DecideAsync(new RouteRequest { Model = model, Prompt = new RoutingPrompt("What is a monad?") });
}

/// <summary>What calls came to, told to a silo's router by those outside.</summary>
public sealed class RouterObservationTests(LivingCluster cluster) : IClassFixture<LivingCluster>
{
    private const string Router = RouterConfig.RouterName;

    [Fact]
    public async Task An_expert_that_asks_to_be_left_alone_is_left_alone_by_the_router_that_was_told()
    {
        var router = new OrleansActors(cluster.GrainsOf(1), TimeProvider.System).Router(Router);
        (await IsOnOfferAsync(router)).ShouldBeTrue();

        // Nobody waits for an observation, and so it is told until it has arrived.
        var told = 0;
        do
        {
            told++.ShouldBeLessThan(10_000, "it never arrives");
            router.Observe("small", new ExpertCall(ExpertCallKind.Failed, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)));
        }
        while (await IsOnOfferAsync(router));
    }

    private static async Task<bool> IsOnOfferAsync(IRouter router)
    {
        try
        {
            return (await router.DecideAsync(new RouteRequest { Model = "auto:fixed", Prompt = new RoutingPrompt("What is a monad?") }, TestContext.Current.CancellationToken)).Expert == "small";
        }
        catch (NoExpertException)
        {
            return false;
        }
    }
}
