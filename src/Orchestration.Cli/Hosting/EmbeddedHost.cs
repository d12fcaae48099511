using Orchestration.Backends;
using Orchestration.Backends.Batch;
using Orchestration.Backends.Identity;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Stores;
using Orchestration.Storage;

namespace Orchestration.Cli.Hosting;

/// <summary>This process: a store, the configuration, and the judges made from them.</summary>
internal sealed class EmbeddedHost : IAsyncDisposable
{
    /// <summary>Where the store is unless told otherwise.</summary>
    public const string DefaultStore = ".orchestrate/store.db";

    private readonly CliContext _context;

    private EmbeddedHost(CliContext context, OrchestrationConfig config, IStore store, TimeSpan? lease)
    {
        _context = context;
        Config = config;
        Store = store;
        Board = new DeploymentBoard(context.Time);
        Purchases = new JudgmentPurchases(store.Judgments, store.Spending, context.Time, store.Claims, lease);
    }

    /// <summary>The configuration.</summary>
    public OrchestrationConfig Config { get; }

    /// <summary>The store.</summary>
    public IStore Store { get; }

    /// <summary>What the deployments say of themselves.</summary>
    public DeploymentBoard Board { get; }

    /// <summary>Store, ledger and single-flight, shared by all judges.</summary>
    public JudgmentPurchases Purchases { get; }

    /// <summary>Opens a store.</summary>
    /// <param name="context">The world outside.</param>
    /// <param name="configPath">Configuration file; null for the usual one.</param>
    /// <param name="storePath">Store; null for the environment's <c>ORCHESTRATE_STORE</c> or the usual one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="rubricFolders">Folders of rubrics beside those of the configuration.</param>
    /// <param name="lease">How long what this process has claimed stays its own without a sign of life; null for 30 s.</param>
    public static async Task<EmbeddedHost> OpenAsync(
        CliContext context, string? configPath, string? storePath, CancellationToken cancellationToken, IReadOnlyList<string>? rubricFolders = null, TimeSpan? lease = null)
    {
        var config = OrchestrationConfig.Load(configPath);
        if (rubricFolders is not null) config = config with { RubricFolders = [.. config.RubricFolders, .. rubricFolders] };
        var store = await StoreLocation.OpenAsync(
            StorePath(context, storePath), context.Time, context.Environment("ORCHESTRATE_SPOOL") ?? Path.Combine(LocalFolder(context, storePath), "spool"), context.Error.WriteLine,
            identity => StorePassword.Of(identity, context.Time), cancellationToken);
        return new EmbeddedHost(context, config, store, lease);
    }

    /// <summary>Where the store is.</summary>
    public static string StorePath(CliContext context, string? storePath) => storePath ?? context.Environment("ORCHESTRATE_STORE") ?? DefaultStore;

    /// <summary>The folder on this machine for what is not in the store: beside the store's file, or <c>.orchestrate</c> where the store is a database.</summary>
    public static string LocalFolder(CliContext context, string? storePath)
    {
        var store = StorePath(context, storePath);
        return Path.GetDirectoryName(Path.GetFullPath(StoreLocation.IsShared(store) ? DefaultStore : store))!;
    }

    /// <summary>A catalog over this host.</summary>
    public JudgeCatalog Catalog(int? concurrency) =>
        new(Config, JudgeCatalog.RubricsOf(Config), new Deployments(Services()), Purchases, concurrency);

    /// <summary>A deployment that answers.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="concurrency">Calls in flight at once; null for its own.</param>
    /// <exception cref="OrchestrationException">It is unknown.</exception>
    public IChatDeployment Chat(string name, int? concurrency) =>
        new Deployments(Services()).Chat(concurrency is { } calls ? Config.Deployment(name) with { Concurrency = calls } : Config.Deployment(name));

    /// <summary>A deployment that gives embeddings.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="concurrency">Calls in flight at once; null for its own.</param>
    /// <exception cref="OrchestrationException">It is unknown or gives none.</exception>
    public OpenAiEmbeddingDeployment Embeddings(string name, int? concurrency) =>
        DeploymentFactory.CreateEmbeddings(concurrency is { } calls ? Config.Deployment(name) with { Concurrency = calls } : Config.Deployment(name), Services());

    /// <summary>Files and batches of a deployment.</summary>
    /// <exception cref="OrchestrationException">It is unknown or answers no rubric.</exception>
    public OpenAiBatchDeployment Batches(string deployment) => new(Config.Deployment(deployment), Services());

    /// <summary>The deployment source of a configuration, for commands that need no store.</summary>
    public static IDeploymentSource DeploymentsOf(CliContext context) =>
        new Deployments(new DeploymentServices { Time = context.Time, Environment = context.Environment });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Store.DisposeAsync();

    private DeploymentServices Services() => new()
    {
        Time = _context.Time,
        Environment = _context.Environment,
        Quotas = Store.Quotas,
        Board = Board,
        JudgeLimits = Config.JudgeLimits,
    };

    private sealed class Deployments(DeploymentServices services) : IDeploymentSource
    {
        public IChatDeployment Chat(DeploymentConfig config) => DeploymentFactory.CreateChat(config, services);

        public IRewardDeployment Reward(DeploymentConfig config) => DeploymentFactory.CreateReward(config, services);
    }
}
