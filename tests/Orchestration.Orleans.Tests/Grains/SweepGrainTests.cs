using Orchestration.Core;
using Orchestration.Core.Sweeps;
using Orchestration.Orleans.Contracts;
using Orchestration.Testing;
using Orleans;
using Orleans.Runtime;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Grains;

public sealed class SweepGrainTests(LivingCluster cluster) : IClassFixture<LivingCluster>
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sweep_is_paused_started_and_polled_until_it_is_completed()
    {
        var sweep = await RegisterAsync("s1");
        (await sweep.PauseAsync()).State.ShouldBe(SweepState.Interrupted);
        (await sweep.PauseAsync()).State.ShouldBe(SweepState.Interrupted, "so already");
        (await sweep.StartAsync()).Shards.ShouldBeGreaterThan(1);
        SweepStatus status;
        while ((status = await sweep.StatusAsync()).State == SweepState.Running) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancelled);
        status.State.ShouldBe(SweepState.Completed);
        (status.ShardsDone, status.RowsDone).ShouldBe((status.Shards, status.Rows));

        // Nothing comes back to a sweep more often than once a minute.
        var reminders = await cluster.OfSilos<IReminderTable>()[0].ReadRows(0, 0, Cancelled);
        reminders.Reminders.ShouldNotBeEmpty();
        reminders.Reminders.ShouldAllBe(reminder => reminder.Period >= TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task An_unknown_sweep_is_refused_with_its_code()
    {
        var failure = await Should.ThrowAsync<OrchestrationException>(() => cluster.Client.GetGrain<ISweepGrain>("s99").StartAsync());
        failure.Code.ShouldBe(ErrorCodes.NotFound);
        failure.Message.ShouldContain("s99");
    }

    [Fact]
    public async Task A_shard_grain_lives_in_the_silo_of_its_key_and_nowhere_else()
    {
        var owners = cluster.Parts.Select(static parts => parts.Store.Owner).Order(StringComparer.Ordinal).ToArray();
        var hands = cluster.Cluster.Silos.Select(silo => cluster.Client.GetGrain<IShardGrain>(silo.SiloAddress.ToParsableString()).StatusAsync());
        var statuses = await Task.WhenAll(hands);
        statuses.Select(static status => status.Owner).Order(StringComparer.Ordinal).ShouldBe(owners);
        statuses.ShouldAllBe(status => status.IsWorking);
        await Should.ThrowAsync<OrleansException>(() => cluster.Client.GetGrain<IShardGrain>("127.0.0.1:1@1").StatusAsync());
    }

    private async Task<ISweepGrain> RegisterAsync(string id)
    {
        await cluster.RunAsync("sweep", "run", "--pairs", Path.Combine(PublicData.RepositoryRoot, "samples", "pairs.jsonl"), "--judges", "relevance", "clarity@local", "--out", cluster.At("out"), "--max-cost", "8", "--rows-per-shard", "32", "--detach");
        return cluster.Client.GetGrain<ISweepGrain>(id);
    }
}
