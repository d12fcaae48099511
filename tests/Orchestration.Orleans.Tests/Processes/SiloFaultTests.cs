using Orchestration.Core.Sweeps;
using Orchestration.Orleans.Contracts;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Processes;

/// <summary>Silo processes of a real cluster that work together, are killed, and are replaced one by one: the results are those of one embedded process.</summary>
public sealed class SiloFaultTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Three_silos_make_the_results_of_one_embedded_process_and_keep_the_quota_together()
    {
        await using var world = await OrleansWorld.CreateAsync();
        await Task.WhenAll(world.StartSiloAsync(), world.StartSiloAsync(), world.StartSiloAsync());
        await using var client = await world.ConnectAsync();
        (await world.RegisterAsync()).ShouldContain("3 silos at work");
        var sweep = client.Grains.GetGrain<ISweepGrain>("s1");
        (await sweep.StartAsync()).Shards.ShouldBe(21);

        // Polled, as long work is: no call waits for the sweep.
        HashSet<string> owners = [];
        SweepStatus status;
        while ((status = await sweep.StatusAsync()).State == SweepState.Running)
        {
            owners.UnionWith(status.Held.Keys);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancelled);
        }

        status.State.ShouldBe(SweepState.Completed);
        status.RowsDone.ShouldBe(status.Rows);
        owners.Count.ShouldBe(3, "shards spread over all silos");
        await world.CheckAsync(mostRepaid: 0);
    }

    [Fact]
    public Task Silos_are_killed_in_mid_sweep() => KillAsync(2);

    [Fact]
    [Trait("Length", "long")]
    public Task Silos_are_killed_in_mid_sweep_again_and_again() => KillAsync(6);

    private static async Task KillAsync(int kills)
    {
        await using var world = await OrleansWorld.CreateAsync(latency: TimeSpan.FromMilliseconds(250));
        var living = new List<SiloProcess>(await Task.WhenAll(world.StartSiloAsync(), world.StartSiloAsync(), world.StartSiloAsync()));
        await world.RegisterAsync();
        var random = new Random(8);
        for (var kill = 0; kill < kills; kill++)
        {
            await world.Endpoint.RequestsReachedAsync(((kill + 1) * 30)).WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
            var victim = random.Next(living.Count);
            living[victim].Kill();
            await living[victim].Exited;
            living[victim] = world.StartSilo(living[victim]);
        }

        await world.CheckAsync(mostRepaid: kills * OrleansWorld.MostClaims);
    }

    [Fact]
    public async Task All_silos_are_killed_at_once_and_others_elsewhere_go_on()
    {
        await using var world = await OrleansWorld.CreateAsync();
        string[] quickly = ["--failure-detection", "3"];
        await Task.WhenAll(world.StartSiloAsync(quickly), world.StartSiloAsync(quickly));
        await world.RegisterAsync();
        await world.Endpoint.RequestsReachedAsync(60).WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
        foreach (var silo in world.Silos) silo.Kill();

        // Nobody is left to say that the others are dead.
        await world.StartSiloAsync(quickly).WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
        await world.CheckAsync(mostRepaid: 2 * OrleansWorld.MostClaims);
    }

    [Fact]
    public async Task Silos_are_replaced_one_by_one_under_load_and_nothing_is_bought_twice()
    {
        await using var world = await OrleansWorld.CreateAsync(latency: TimeSpan.FromMilliseconds(100));
        var living = new List<SiloProcess>(await Task.WhenAll(world.StartSiloAsync(), world.StartSiloAsync()));
        await using var client = await world.ConnectAsync();
        await world.RegisterAsync();

        // Served requests go on meanwhile, by computed judges: each is answered, by whichever silo there is.
        using var enough = new CancellationTokenSource();
        var served = ServedLoad.RunAsync(client, enough.Token);
        for (var replaced = 0; replaced < living.Count; replaced++)
        {
            await world.Endpoint.RequestsReachedAsync(((replaced + 1) * 60)).WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
            var next = await world.StartSiloAsync();
            (await living[replaced].StopAsync()).ShouldBe(0, living[replaced].Said);
            living[replaced].Said.ShouldContain("has left");
            living[replaced] = next;
        }

        await world.CheckAsync(mostRepaid: 0);
        await enough.CancelAsync();
        var load = await served;
        load.Answered.ShouldBeGreaterThan(100);
        load.Wrong.ShouldBe(0);
        load.Failed.ShouldBe(0, load.Failure);
    }
}
