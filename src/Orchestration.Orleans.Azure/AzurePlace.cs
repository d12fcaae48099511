using Azure;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Blobs;
using Orchestration.Core;
using Orchestration.Orleans.Commands;
using Orchestration.Orleans.Hosting;
using Orleans.Hosting;

namespace Orchestration.Orleans.Azure;

/// <summary>Members and reminders of a cluster in Azure Tables, grain state in Azure Blobs of the same storage account. Tables and container belong to the cluster's name.</summary>
public static class AzurePlace
{
    /// <summary>Names the storage account: by its name, and then who signs in is who <see cref="DefaultAzureCredential"/> finds (a managed identity, a workload's, a developer's); or by a connection string, which is never shown.</summary>
    public const string Variable = "ORCHESTRATE_AZURE_STORAGE";

    private const int MostClusterCharacters = 50;

    // No cluster can have this name, and so no row of Orleans' this key.
    private const string Trial = "may-it-be-written";

    // The clients' own retries go on for minutes where packets are lost.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>As <c>--clustering azure</c> of <c>orchestrate-orleans-azure silo</c>.</summary>
    public static OrleansPlace Place { get; } = new("azure", $"azure, in the storage account that {Variable} names", ApplyAsync);

    /// <summary>Sets silos and clients up, and makes the tables and the container where there are none.</summary>
    /// <param name="options">With the variable in their environment.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OrchestrationException">The variable or the cluster's name is wrong (<see cref="ErrorCodes.Usage"/>), or the account does not let in (<see cref="ErrorCodes.Store"/>).</exception>
    public static async Task<OrleansOptions> ApplyAsync(OrleansOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var (tables, blobs) = Clients(options.Environment(Variable));
        var names = Names.Of(options.ClusterId);
        await AskAsync(tables.AccountName, tables.Uri, options, stop => TryTablesAsync(tables, names, stop), cancellationToken);
        await AskAsync(tables.AccountName, blobs.Uri, options, stop => TryBlobsAsync(blobs.GetBlobContainerClient(names.Container), stop), cancellationToken);
        return options with
        {
            Clustering = OrleansClustering.Custom,

            // An account may serve several clusters, whose reminders are not one another's.
            ServiceId = options.ClusterId,
            ConfigureSilo = silo =>
            {
                silo.UseAzureStorageClustering(members => (members.TableServiceClient, members.TableName) = (tables, names.Members));
                silo.AddAzureBlobGrainStorage(OrleansSilo.StorageName, state => (state.BlobServiceClient, state.ContainerName) = (blobs, names.Container));
                silo.UseAzureTableReminderService(reminders => (reminders.TableServiceClient, reminders.TableName) = (tables, names.Reminders));
                options.ConfigureSilo?.Invoke(silo);
            },
            ConfigureClient = client =>
            {
                client.UseAzureStorageClustering(members => (members.TableServiceClient, members.TableName) = (tables, names.Members));
                options.ConfigureClient?.Invoke(client);
            },
        };
    }

    /// <summary>Makes the tables, and does in each what Orleans will: without one of the rights, a silo would join and then not be able to say that it lives.</summary>
    private static async Task TryTablesAsync(TableServiceClient tables, Names names, CancellationToken cancellationToken)
    {
        foreach (var name in (string[])[names.Members, names.Reminders])
        {
            await tables.CreateTableIfNotExistsAsync(name, cancellationToken);
            var table = tables.GetTableClient(name);

            // Silos that start at once may take this row away from one another; no call minds.
            var row = new TableEntity(Trial, Trial);
            await table.UpsertEntityAsync(row, TableUpdateMode.Merge, cancellationToken);
            await table.GetEntityIfExistsAsync<TableEntity>(Trial, Trial, cancellationToken: cancellationToken);
            await table.DeleteEntityAsync(row, ETag.All, cancellationToken);
        }
    }

    private static async Task TryBlobsAsync(BlobContainerClient container, CancellationToken cancellationToken)
    {
        await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        var blob = container.GetBlobClient(Trial);
        await blob.UploadAsync(BinaryData.FromString(""), overwrite: true, cancellationToken);
        await blob.ExistsAsync(cancellationToken);
        await blob.DeleteIfExistsAsync(cancellationToken: cancellationToken);
    }

    /// <summary>Asks one service of the account, and says which and why where it does not do what it was asked.</summary>
    private static async Task AskAsync(string account, Uri service, OrleansOptions options, Func<CancellationToken, Task> ask, CancellationToken cancellationToken)
    {
        // A signature stands behind the question mark.
        var at = service.GetLeftPart(UriPartial.Path);
        using var patience = new CancellationTokenSource(Patience, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await ask(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw NoAnswer();
        }
        catch (Exception e) when (e is RequestFailedException { Status: 0 } || (e is AggregateException all && all.InnerExceptions.All(static one => one is RequestFailedException { Status: 0 })))
        {
            throw NoAnswer();
        }
        catch (RequestFailedException e)
        {
            // The client's message has the whole exchange; nothing of it is needed to know what is wrong.
            var answer = $"{e.Status} {e.ErrorCode}".TrimEnd();
            throw new OrchestrationException(ErrorCodes.Store, e.Status switch
            {
                401 or 403 => $"The storage account '{account}' refuses ({answer}) at {at}: who signs in by identity needs the roles Storage Table Data Contributor and Storage Blob Data Contributor; a connection string its account's key, or a shared access signature that is in date and allows everything on tables and blobs (ss=bt, srt=sco, sp=rwdlacu).",
                404 => $"The storage account '{account}' is not at {at} ({answer}): look at the name and the endpoints in {Variable}.",
                _ => $"The storage account '{account}' answers {answer} at {at}: try again in a minute; where it goes on, look at the account's state in the portal.",
            });
        }
        catch (AuthenticationFailedException)
        {
            throw new OrchestrationException(ErrorCodes.Store, $"Nobody could sign in to the storage account '{account}': give this machine a managed identity (AZURE_CLIENT_ID names one of several), sign in with 'az login', or put a connection string into {Variable}.");
        }

        OrchestrationException NoAnswer() => new(ErrorCodes.Store, $"The storage account '{account}' does not answer at {at}: look at the name or the connection string in {Variable}, which has to name both TableEndpoint and BlobEndpoint where they are not Azure's own, and at the network.");
    }

    private static (TableServiceClient Tables, BlobServiceClient Blobs) Clients(string? account)
    {
        if (string.IsNullOrWhiteSpace(account)) throw new OrchestrationException(ErrorCodes.Usage, $"--clustering azure: put the storage account's name, or its connection string, into {Variable}.");
        try
        {
            if (account.Contains('=', StringComparison.Ordinal)) return (new TableServiceClient(account), new BlobServiceClient(account));
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException)
        {
            throw Wrong();
        }

        if (account.Length is < 3 or > 24 || !account.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))) throw Wrong();
        TokenCredential credential = new DefaultAzureCredential();
        return (new TableServiceClient(new Uri($"https://{account}.table.core.windows.net"), credential), new BlobServiceClient(new Uri($"https://{account}.blob.core.windows.net"), credential));

        // What was given may hold a key, and is not repeated.
        static OrchestrationException Wrong() => new(ErrorCodes.Usage, $"{Variable} is neither the name of a storage account (3 to 24 lower-case letters and digits) nor a connection string as the portal shows it.");
    }

    /// <summary>What a cluster has in an account.</summary>
    internal sealed record Names(string Members, string Reminders, string Container)
    {
        public static Names Of(string cluster)
        {
            var isOne = cluster.Length is > 0 and <= MostClusterCharacters && cluster.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c));
            return isOne
                ? new Names("members" + cluster, "reminders" + cluster, "grains-" + cluster)
                : throw new OrchestrationException(ErrorCodes.Usage, $"--cluster is '{cluster}'; with --clustering azure it names tables: 1 to {MostClusterCharacters} lower-case letters and digits.");
        }
    }
}
