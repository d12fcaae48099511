using System.Globalization;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Orchestration.Core.Sweeps;
using Orchestration.Orleans.Clients;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orchestration.Orleans.Tests.Processes;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Azure.Tests;

/// <summary>Silo processes whose members, grain state and reminders are in Azure's storage, as azurite speaks it.</summary>
public sealed class AzureClusterTests
{
    private static readonly string[] Azure = ["--clustering", "azure"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_silos_one_of_them_killed_make_the_results_of_one_embedded_process()
    {
        await using var azurite = await Azurite.StartAsync();
        await using var world = await WorldAsync(azurite);
        var silos = await Task.WhenAll(world.StartSiloAsync(Azure), world.StartSiloAsync(Azure));
        await using var client = await ConnectAsync(world, azurite);
        await world.RegisterAsync();
        var sweep = client.Grains.GetGrain<ISweepGrain>("s1");
        (await sweep.StartAsync()).State.ShouldBe(SweepState.Running);
        HashSet<string> owners = [];
        while (owners.Count < 2)
        {
            owners.UnionWith((await sweep.StatusAsync()).Held.Keys);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Stop);
        }

        await world.Endpoint.RequestsReachedAsync(30).WaitAsync(TimeSpan.FromMinutes(1), Stop);
        silos[0].Kill();
        await world.CheckAsync(mostRepaid: OrleansWorld.MostClaims);

        // Whoever killed has left the rest in order; members, reminders and grain state are where they were told to be.
        (await silos[1].StopAsync()).ShouldBe(0, silos[1].Said);
        var tables = new TableServiceClient(azurite.ConnectionString);
        var names = AzurePlace.Names.Of(world.Options.ClusterId);
        (await RowsAsync(tables.GetTableClient(names.Members))).ShouldBeGreaterThanOrEqualTo(2);
        (await RowsAsync(tables.GetTableClient(names.Reminders))).ShouldBeGreaterThanOrEqualTo(1, "the sweep's");
        List<string> blobs = [];
        await foreach (var blob in new BlobContainerClient(azurite.ConnectionString, names.Container).GetBlobsAsync(cancellationToken: Stop)) blobs.Add(blob.Name);
        blobs.ShouldContain(static name => name.Contains("judge", StringComparison.Ordinal));
        foreach (var silo in silos) silo.Said.ShouldNotContain(azurite.Key);
    }

    [Fact]
    public async Task All_silos_are_killed_at_once_and_others_elsewhere_join_and_go_on()
    {
        await using var azurite = await Azurite.StartAsync();
        await using var world = await WorldAsync(azurite);
        string[] quickly = [.. Azure, "--failure-detection", "3"];
        await Task.WhenAll(world.StartSiloAsync(quickly), world.StartSiloAsync(quickly));
        await world.RegisterAsync();
        await world.Endpoint.RequestsReachedAsync(60).WaitAsync(TimeSpan.FromMinutes(1), Stop);
        var killed = world.Silos.ToArray();
        foreach (var silo in killed) silo.Kill();
        await Task.WhenAll(killed.Select(static silo => silo.Exited));

        // Nobody is left to say that the others are dead; those who come do, two at once.
        await Task.WhenAll(world.StartSiloAsync(quickly), world.StartSiloAsync(quickly)).WaitAsync(TimeSpan.FromMinutes(1), Stop);
        await using var client = await ConnectAsync(world, azurite);
        (await client.Grains.GetGrain<ISweepGrain>("s1").StatusAsync()).Rows.ShouldBeGreaterThan(0, "the client is at one of those who came");
        await world.CheckAsync(mostRepaid: 2 * OrleansWorld.MostClaims);
        foreach (var silo in world.Silos) silo.Said.ShouldNotContain(azurite.Key);
    }

    [Fact]
    public async Task A_silo_that_is_told_to_stop_drains_and_leaves_and_a_client_connects_to_what_remains()
    {
        await using var azurite = await Azurite.StartAsync();
        await using var world = await WorldAsync(azurite);
        var silos = await Task.WhenAll(world.StartSiloAsync(Azure), world.StartSiloAsync(Azure));
        await world.RegisterAsync();
        await world.Endpoint.RequestsReachedAsync(60).WaitAsync(TimeSpan.FromMinutes(1), Stop);
        (await silos[0].StopAsync()).ShouldBe(0, silos[0].Said);
        silos[0].Said.ShouldContain("has left");
        (await ActiveAsync(world, azurite)).ShouldBe([silos[1].Ports.Gateway], "who leaves says so in the table, and nobody has to find out");
        await using var client = await ConnectAsync(world, azurite);
        (await client.Grains.GetGrain<ISweepGrain>("s1").StatusAsync()).State.ShouldBe(SweepState.Running);
        await world.CheckAsync(mostRepaid: 0);
    }

    private static async Task<OrleansWorld> WorldAsync(Azurite azurite)
    {
        var world = await OrleansWorld.CreateAsync(TimeSpan.FromMilliseconds(150));
        world.Program = new SiloProgram("Orchestration.Orleans.Azure", "orchestrate-orleans-azure") { Environment = new Dictionary<string, string>(StringComparer.Ordinal) { [AzurePlace.Variable] = azurite.ConnectionString, ["ORCHESTRATE_ORLEANS_LOG"] = "1" } };
        return world;
    }

    private static async Task<OrleansClient> ConnectAsync(OrleansWorld world, Azurite azurite) =>
        await OrleansClient.ConnectAsync(await AzurePlace.ApplyAsync(world.Options with { Environment = _ => azurite.ConnectionString }, Stop), Stop);

    /// <summary>The ports for clients of the members that are there.</summary>
    private static async Task<int[]> ActiveAsync(OrleansWorld world, Azurite azurite)
    {
        List<int> ports = [];
        var members = new TableServiceClient(azurite.ConnectionString).GetTableClient(AzurePlace.Names.Of(world.Options.ClusterId).Members);
        await foreach (var row in members.QueryAsync<TableEntity>("Status eq 'Active'", cancellationToken: Stop))
        {
            if (row.GetString("ProxyPort") is { } port) ports.Add(int.Parse(port, CultureInfo.InvariantCulture));
        }

        return [.. ports];
    }

    private static async Task<int> RowsAsync(TableClient table)
    {
        var rows = 0;
        await foreach (var row in table.QueryAsync<TableEntity>(cancellationToken: Stop)) rows += row.Count > 0 ? 1 : 0;
        return rows;
    }
}
