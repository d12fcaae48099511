using System.Net;
using System.Net.Sockets;
using Azure.Storage;
using Azure.Storage.Sas;
using Orchestration.Core;
using Orchestration.Orleans.Hosting;
using Orchestration.Orleans.Tests.Processes;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Azure.Tests;

/// <summary>What a user meets where the storage account is not as it should be: what, where and the cure, soon, and never a key.</summary>
public sealed class AzureErrorTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

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
        failure.Message.ShouldContain("its account's key");
        failure.ToString().ShouldNotContain(wrong);
    }

    [Fact]
    public async Task An_account_that_does_not_answer_is_told_by_its_name()
    {
        // Nobody listens at this port.
        const string Connection = "DefaultEndpointsProtocol=http;AccountName=nobody;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:1/nobody;TableEndpoint=http://127.0.0.1:1/nobody;";
        var failure = await Should.ThrowAsync<OrchestrationException>(() => AzurePlace.ApplyAsync(new OrleansOptions { Store = "s", Environment = static _ => Connection }, Stop));
        failure.Code.ShouldBe(ErrorCodes.Store);
        failure.Message.ShouldStartWith("The storage account 'nobody' does not answer at http://127.0.0.1:1/nobody: ");
        failure.ToString().ShouldNotContain("c2VjcmV0");
    }

    [Fact]
    public async Task An_account_of_another_name_is_told_with_where_it_was_looked_for()
    {
        await using var azurite = await Azurite.StartAsync();
        var failure = await FailureAsync(azurite.ConnectionString.Replace(Azurite.Account, "another", StringComparison.Ordinal));
        failure.Message.ShouldStartWith("The storage account 'another' is not at http://127.0.0.1:");
        failure.Message.ShouldContain(AzurePlace.Variable);
        failure.ToString().ShouldNotContain(azurite.Key);
    }

    [Fact]
    public async Task A_blob_service_that_does_not_answer_is_told_by_its_own_address()
    {
        await using var azurite = await Azurite.StartAsync();
        var connection = string.Join(';', azurite.ConnectionString.Split(';').Select(static part => part.StartsWith("BlobEndpoint=", StringComparison.Ordinal) ? "BlobEndpoint=http://127.0.0.1:1/testaccount" : part));
        (await FailureAsync(connection)).Message.ShouldStartWith("The storage account 'testaccount' does not answer at http://127.0.0.1:1/testaccount: ");
    }

    [Fact]
    public async Task A_signature_that_allows_too_little_is_refused_before_a_silo_joins_and_one_that_allows_enough_is_not()
    {
        await using var azurite = await Azurite.StartAsync();
        var (little, signature) = Signed(azurite, AccountSasPermissions.Read | AccountSasPermissions.List | AccountSasPermissions.Create);
        var failure = await FailureAsync(little);
        failure.Message.ShouldStartWith("The storage account 'testaccount' refuses (403");
        failure.Message.ShouldContain("sp=rwdlacu");
        failure.ToString().ShouldNotContain(signature);
        failure.ToString().ShouldNotContain("sig=");

        var (enough, _) = Signed(azurite, AccountSasPermissions.Read | AccountSasPermissions.Write | AccountSasPermissions.Delete | AccountSasPermissions.List | AccountSasPermissions.Add | AccountSasPermissions.Create | AccountSasPermissions.Update);
        var options = await AzurePlace.ApplyAsync(new OrleansOptions { Store = "s", Environment = _ => enough }, Stop);
        options.Clustering.ShouldBe(OrleansClustering.Custom);
    }

    [Fact]
    public async Task An_account_that_takes_requests_and_says_nothing_is_waited_for_half_a_minute_and_not_for_ever()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var at = $"http://{listener.LocalEndpoint}/nobody";
        var time = new ManualTime();
        var applied = AzurePlace.ApplyAsync(
            new OrleansOptions { Store = "s", Time = time, Environment = _ => $"DefaultEndpointsProtocol=http;AccountName=nobody;AccountKey=c2VjcmV0;BlobEndpoint={at};TableEndpoint={at};" }, Stop);
        using var taken = await listener.AcceptTcpClientAsync(Stop);
        applied.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(30));
        var failure = await Should.ThrowAsync<OrchestrationException>(() => applied.WaitAsync(TimeSpan.FromMinutes(1), Stop));
        failure.Message.ShouldStartWith($"The storage account 'nobody' does not answer at {at}: ");
    }

    [Theory]
    [InlineData("azure", "store.db", "error: --clustering azure places members and grain state; judgments, sweeps and money need a store that all silos can open")]
    [InlineData("azure", "postgres://nobody@127.0.0.1:1/none", "error: --clustering azure: put the storage account's name, or its connection string, into ORCHESTRATE_AZURE_STORAGE.")]
    public async Task The_command_says_what_is_missing_and_ends(string clustering, string store, string said)
    {
        var folder = Directory.CreateTempSubdirectory("orchestrate-azure-");
        using var silo = new SiloProcess(
            folder.FullName, SiloProcess.FreePorts(), ["--clustering", clustering, "--store", store],
            new SiloProgram("Orchestration.Orleans.Azure", "orchestrate-orleans-azure") { Environment = new Dictionary<string, string>(StringComparer.Ordinal) { [AzurePlace.Variable] = "" } });
        await silo.Exited.WaitAsync(TimeSpan.FromMinutes(1), Stop);
        silo.Said.ShouldStartWith(said);
        folder.Delete(recursive: true);
    }

    private static Task<OrchestrationException> FailureAsync(string connection) =>
        Should.ThrowAsync<OrchestrationException>(() => AzurePlace.ApplyAsync(new OrleansOptions { Store = "s", Environment = _ => connection }, Stop));

    private static (string Connection, string Signature) Signed(Azurite azurite, AccountSasPermissions allowed)
    {
        var builder = new AccountSasBuilder(allowed, DateTimeOffset.MaxValue.AddYears(-1), AccountSasServices.All, AccountSasResourceTypes.All) { Protocol = SasProtocol.HttpsAndHttp };
        var signature = builder.ToSasQueryParameters(new StorageSharedKeyCredential(Azurite.Account, azurite.Key));
        var endpoints = azurite.ConnectionString.Split(';').Where(static part => part.Contains("Endpoint=", StringComparison.Ordinal));
        return ($"{string.Join(';', endpoints)};SharedAccessSignature={signature}", signature.Signature);
    }
}
