using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Core.Quotas;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orleans;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Grains;

public sealed class JudgeGrainTests(StillCluster cluster) : IClassFixture<StillCluster>
{
    [Fact]
    public async Task A_judge_is_described_under_its_own_id_and_an_unknown_one_is_refused()
    {
        var terms = await cluster.Client.GetGrain<IJudgeGrain>("quick").DescribeAsync();
        terms.Concurrency.ShouldBe(4);
        terms.Descriptor.Id.ShouldBe("quick");
        terms.Descriptor.Version.ShouldBe(cluster.Quick.Descriptor.Version);
        terms.Descriptor.Dimensions.ShouldBe(cluster.Quick.Descriptor.Dimensions);
        (await Should.ThrowAsync<OrchestrationException>(() => cluster.Client.GetGrain<IJudgeGrain>("nobody").DescribeAsync())).Message.ShouldContain("nobody");
    }

    [Fact]
    public async Task A_limit_is_shared_and_a_grain_that_moves_does_not_lease_it_twice()
    {
        var judge = cluster.Client.GetGrain<IJudgeGrain>("slow");
        (await judge.LeaseAsync("a")).Share.ShouldBe(4);
        await cluster.Cluster.DeactivateAsync(judge);

        (await judge.LeaseAsync("b")).Share.ShouldBe(1, "a holds all four: what it holds was kept");
        (await judge.LeaseAsync("a")).Share.ShouldBe(2);
        (await judge.LeaseAsync("b")).Share.ShouldBe(2);
        await judge.ReleaseAsync("a");
        (await judge.LeaseAsync("b")).Share.ShouldBe(4);

        cluster.Time.Advance(new OrleansOptions { Store = "" }.JudgeLease + TimeSpan.FromSeconds(1));
        (await judge.LeaseAsync("c")).Share.ShouldBe(4, "b's lease has run out");
    }

    [Fact]
    public async Task Permits_come_from_the_deployments_grain_as_the_store_grants_them()
    {
        var bucket = new QuotaBucket("grain-test", 60, null);
        var ask = new QuotaAsk([bucket], new long[40], TimeSpan.FromSeconds(10));
        var first = await cluster.Client.GetGrain<IDeploymentGrain>(bucket.Name).GrantAsync(ask);
        var second = await cluster.GrainsOf(1).GetGrain<IDeploymentGrain>(bucket.Name).GrantAsync(ask);
        first.Permits.Count.ShouldBeInRange(1, 12, "ten seconds of sixty a minute");
        (first.Permits.Count + second.Permits.Count).ShouldBeLessThanOrEqualTo(12, "both asked the same store");
    }
}

/// <summary>A judge that costs money, asked for the same again and again.</summary>
public sealed class JudgeWorkerGrainTests(LivingCluster cluster) : IClassFixture<LivingCluster>
{
    [Fact]
    public async Task The_same_question_many_times_at_once_is_one_call()
    {
        var before = cluster.Endpoint.Statistics().Requests;
        var question = new JudgeQuestion { Pairs = [new Pair { Id = "p", Prompt = "Is it so?", Answer = "It is so, and always was.", Group = "g" }] };
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => cluster.GrainsOf(0).GetGrain<IJudgeWorkerGrain>("clarity@local").JudgeAsync(question)));
        answers.Select(static answer => answer.Judgments[0]).Distinct().Count().ShouldBe(1);
        (cluster.Endpoint.Statistics().Requests - before).ShouldBe(1);
        cluster.OfSilos<SiloJudges>()[0].PlacesAt("clarity@local").ShouldNotBeNull("it keeps to the silo's lease");

        // Paid once, it is the store's: the other silo asks nobody.
        (await cluster.GrainsOf(1).GetGrain<IJudgeWorkerGrain>("clarity@local").JudgeAsync(question)).FromStore.ShouldBe(1);
        (cluster.Endpoint.Statistics().Requests - before).ShouldBe(1);
    }
}
