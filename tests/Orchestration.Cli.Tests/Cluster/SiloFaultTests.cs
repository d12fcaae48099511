using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Cluster;

/// <summary>Silos that are killed, frozen, told to stop, started all at once: the results are those of one undisturbed process.</summary>
public sealed class SiloFaultTests
{
    private const int Kills = 30;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_at_random_moments_thirty_times()
    {
        await using var world = await ClusterWorld.CreateAsync(latency: TimeSpan.FromMilliseconds(500));
        await world.RegisterAsync();
        var random = new Random(30);
        List<ProcessRun> living = [world.Work(), world.Work(), world.Work()];
        var inWork = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            // Near the end there is nothing left to wait for: then silos are killed while they start, look, or leave.
            var at = world.Endpoint.Statistics().Requests + random.Next(1, 12);
            var reached = world.Endpoint.RequestsReachedAsync(at);
            if (await Task.WhenAny(reached, Task.Delay(TimeSpan.FromMilliseconds(random.Next(100, 1500)), TimeProvider.System, Cancelled)) == reached) inWork++;
            var victim = random.Next(living.Count);
            living[victim].Kill();
            await living[victim].Exited;
            living[victim] = world.Work();
        }

        inWork.ShouldBeGreaterThanOrEqualTo(8, "the sweep must be long enough to be killed many times while it calls");
        await world.CheckAsync(mostRepaid: Kills * ClusterWorld.MostClaims);
    }

    [Fact]
    public async Task Frozen_for_longer_than_its_lease_and_awake_again()
    {
        await using var world = await ClusterWorld.CreateAsync();
        await world.RegisterAsync();
        var frozen = world.Work();
        await world.Endpoint.RequestsReachedAsync(world.Undisturbed + 30);
        frozen.Signal("STOP");
        var other = world.Work("--until-idle");
        (await other.ExitAsync()).ShouldBe(0, await other.Error);
        frozen.Signal("CONT");
        await world.CheckAsync(mostRepaid: ClusterWorld.MostClaims);

        // It finds out by itself, and leaves in order.
        frozen.Signal("TERM");
        (await frozen.ExitAsync()).ShouldBe(0, await frozen.Error);
    }

    [Fact]
    public async Task Told_to_stop_it_finishes_what_is_in_flight_and_leaves_the_rest()
    {
        await using var world = await ClusterWorld.CreateAsync();
        await world.RegisterAsync();
        var first = world.Work();
        await world.Endpoint.RequestsReachedAsync(world.Undisturbed + 40);
        first.Signal("TERM");
        (await first.ExitAsync()).ShouldBe(0, await first.Error);
        var stopped = world.Endpoint.Statistics();
        stopped.Delivered.ShouldBe(stopped.Requests, "calls in flight are finished, not cut off");

        world.Work("--until-idle");
        await world.CheckAsync(mostRepaid: 0);
    }

    [Fact]
    public async Task At_the_cost_cap_all_of_them_stop_and_none_passes_it()
    {
        await using var world = await ClusterWorld.CreateAsync();
        await world.RegisterAsync(capUsd: 0.09m);
        for (var silo = 0; silo < 3; silo++) world.Work("--until-idle");
        foreach (var silo in world.Workers) (await silo.ExitAsync()).ShouldBe(0, await silo.Error);
        var line = await world.CheckAsync(mostRepaid: 0, capUsd: 0.09m, expectedStatus: 3);
        line.GetProperty("state").GetString().ShouldBe("capped");
        line.GetProperty("cost_usd").GetDecimal().ShouldBeGreaterThan(0.05m, "it stops near its cap, not long before");

        // A higher one lets it go on, by whoever works.
        (await world.Cli.RunAsync(["sweep", "resume", "s1", "--detach", "--max-cost", "8", "--store", world.Store, "--config", world.Cli.At("orchestration.yaml")])).ShouldBe(0, world.Cli.Error);
        world.Work("--until-idle");
        await world.CheckAsync(mostRepaid: 0);
    }

    [Fact]
    public async Task Sixteen_silos_start_together_on_an_empty_database()
    {
        await using var world = await ClusterWorld.CreateAsync();
        var registering = world.RegisterAsync();
        for (var silo = 0; silo < 16; silo++) world.Work();
        await registering;
        await world.CheckAsync(mostRepaid: 0);
        (await world.Cli.RunAsync(["cluster", "status", "--store", world.Store, "--config", world.Cli.At("orchestration.yaml")])).ShouldBe(0, world.Cli.Error);
        world.Cli.Out.Split('\n').Count(static line => line.Contains("worker", StringComparison.Ordinal) && line.Contains("alive", StringComparison.Ordinal)).ShouldBe(16, world.Cli.Out);
        world.Cli.Out.ShouldContain("deployment/local");
    }
}
