using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Orchestration.Core;
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
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_silos_one_of_them_killed_make_the_results_of_one_embedded_process()
    {
        await using var azurite = await Azurite.StartAsync();
        await using var world = await OrleansWorld.CreateAsync(TimeSpan.FromMilliseconds(150));
        world.Program = new SiloProgram("Orchestration.Orleans.Azure", "orchestrate-orleans-azure") { Environment = new Dictionary<string, string>(StringComparer.Ordinal) { [AzurePlace.Variable] = azurite.ConnectionString } };
        string[] azure = ["--clustering", "azure"];
        var silos = await Task.WhenAll(world.StartSiloAsync(azure), world.StartSiloAsync(azure));
        await using var client = await OrleansClient.ConnectAsync(await AzurePlace.ApplyAsync(world.Options with { Environment = _ => azurite.ConnectionString }, Stop), Stop);
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
        silos[1].Said.ShouldNotContain("AccountKey");
    }

    [Theory]
    [InlineData(null, "orchestration", "put the storage account's name")]
    [InlineData("", "orchestration", "put the storage account's name")]
    [InlineData("No Account", "orchestration", "neither the name of a storage account")]
    [InlineData("AccountKey=c2VjcmV0", "orchestration", "neither the name of a storage account")]
    [InlineData("UseDevelopmentStorage=true", "Team-A", "--cluster is 'Team-A'")]
    public async Task What_is_wrong_is_told_with_its_cure_and_nothing_that_may_be_a_key(string? account, string cluster, string message)
    {
        var failure = await Should.ThrowAsync<OrchestrationException>(() => AzurePlace.ApplyAsync(new OrleansOptions { Store = "s", ClusterId = cluster, Environment = _ => account }, Stop));
        failure.Code.ShouldBe(ErrorCodes.Usage);
        failure.Message.ShouldContain(message);
        failure.ToString().ShouldNotContain("c2VjcmV0");
    }

    [Fact]
    public async Task A_key_that_is_not_the_accounts_is_refused_and_not_shown()
    {
        await using var azurite = await Azurite.StartAsync();
        var wrong = Convert.ToBase64String(new byte[64]);
        var connection = string.Join(';', azurite.ConnectionString.Split(';').Select(part => part.StartsWith("AccountKey=", StringComparison.Ordinal) ? "AccountKey=" + wrong : part));
        var failure = await Should.ThrowAsync<OrchestrationException>(() => AzurePlace.ApplyAsync(new OrleansOptions { Store = "s", Environment = _ => connection }, Stop));
        failure.Code.ShouldBe(ErrorCodes.Store);
        failure.Message.ShouldContain("'testaccount' refuses (403");
        failure.ToString().ShouldNotContain(wrong);
    }

    [Fact]
    public async Task An_account_that_does_not_answer_is_told_by_its_name()
    {
        // Nobody listens at this port.
        const string Connection = "DefaultEndpointsProtocol=http;AccountName=nobody;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:1/nobody;TableEndpoint=http://127.0.0.1:1/nobody;";
        var failure = await Should.ThrowAsync<OrchestrationException>(() => AzurePlace.ApplyAsync(new OrleansOptions { Store = "s", Environment = static _ => Connection }, Stop));
        failure.Code.ShouldBe(ErrorCodes.Store);
        failure.Message.ShouldStartWith("The storage account 'nobody' does not answer");
        failure.ToString().ShouldNotContain("c2VjcmV0");
    }

    private static async Task<int> RowsAsync(TableClient table)
    {
        var rows = 0;
        await foreach (var row in table.QueryAsync<TableEntity>(cancellationToken: Stop)) rows += row.Count > 0 ? 1 : 0;
        return rows;
    }
}
