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

/// <summary>Where no silo's hands work by themselves: who wakes them, and what comes back to a sweep.</summary>
public sealed class SweepWatchTests(StillCluster cluster) : IClassFixture<StillCluster>
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private IShardGrain[] Hands => [.. cluster.Cluster.Silos.Select(silo => cluster.Client.GetGrain<IShardGrain>(silo.SiloAddress.ToParsableString()))];

    [Fact]
    public async Task A_reminder_wakes_the_hands_of_all_silos_while_a_sweep_runs_and_ends_with_it()
    {
        await cluster.RunAsync("sweep", "run", "--pairs", Path.Combine(PublicData.RepositoryRoot, "samples", "pairs.jsonl"), "--judges", "relevance", "--out", cluster.At("out"), "--detach");
        var sweep = cluster.Client.GetGrain<ISweepGrain>("s1");
        await RemindAsync(sweep);
        foreach (var hand in Hands) (await hand.StatusAsync()).IsWorking.ShouldBeTrue("the sweep is running");

        // Drained, they stay so whoever starts them.
        foreach (var hand in Hands)
        {
            await hand.DrainAsync();
            while ((await hand.StatusAsync()).IsWorking) await Task.Yield();
            await hand.StartAsync();
            (await hand.StatusAsync()).IsWorking.ShouldBeFalse();
        }

        // Started, it is watched; a paused one is told apart from one that was given up; and whatever has ended is watched no more.
        var table = cluster.OfSilos<IReminderTable>()[0];
        await sweep.StartAsync();
        (await table.ReadRows(sweep.GetGrainId(), Cancelled)).Reminders.ShouldHaveSingleItem().Period.ShouldBe(TimeSpan.FromMinutes(1));
        if ((await sweep.StatusAsync()).State == SweepState.Running)
        {
            await RemindAsync(sweep);
            (await table.ReadRows(sweep.GetGrainId(), Cancelled)).Reminders.ShouldHaveSingleItem();
        }

        var other = cluster.Client.GetGrain<ISweepGrain>("s2");
        await cluster.RunAsync("sweep", "run", "--pairs", Path.Combine(PublicData.RepositoryRoot, "samples", "pairs.jsonl"), "--judges", "relevance", "--out", cluster.At("out2"), "--detach");
        (await other.StartAsync()).State.ShouldBe(SweepState.Running, "nobody works any more");
        (await other.PauseAsync()).State.ShouldBe(SweepState.Interrupted);
        (await other.StartAsync()).State.ShouldBe(SweepState.Running);
        await RemindAsync(other);
        (await table.ReadRows(other.GetGrainId(), Cancelled)).Reminders.ShouldHaveSingleItem("it runs");
        (await other.CancelAsync()).State.ShouldBe(SweepState.Cancelled);
        (await Should.ThrowAsync<OrchestrationException>(() => other.StartAsync())).Code.ShouldBe(ErrorCodes.Usage);
        await RemindAsync(other);
        (await table.ReadRows(other.GetGrainId(), Cancelled)).Reminders.ShouldBeEmpty();
    }

    /// <summary>As Orleans does when a minute is over.</summary>
    private static Task RemindAsync(ISweepGrain sweep) => sweep.AsReference<IRemindable>().ReceiveReminder("watch", default);
}

/// <summary>Where no silo's hands work by themselves, a sweep that is started wakes them.</summary>
public sealed class SweepStartTests(StillCluster cluster) : IClassFixture<StillCluster>
{
    [Fact]
    public async Task Whoever_starts_a_sweep_wakes_the_hands_of_all_silos()
    {
        await cluster.RunAsync("sweep", "run", "--pairs", Path.Combine(PublicData.RepositoryRoot, "samples", "pairs.jsonl"), "--judges", "relevance", "--out", cluster.At("out"), "--detach");
        await cluster.Client.GetGrain<ISweepGrain>("s1").StartAsync();
        foreach (var silo in cluster.Cluster.Silos)
        {
            var hand = cluster.Client.GetGrain<IShardGrain>(silo.SiloAddress.ToParsableString());
            (await hand.StatusAsync()).IsWorking.ShouldBeTrue();
            await hand.DrainAsync();
            while ((await hand.StatusAsync()).IsWorking) await Task.Yield();
        }
    }
}
