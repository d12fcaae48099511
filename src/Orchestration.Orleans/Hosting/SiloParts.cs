using System.Collections.Concurrent;
using Orchestration.Backends;
using Orchestration.Backends.Identity;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Quotas;
using Orchestration.Core.Routing.Loop;
using Orchestration.Core.Stores;
using Orchestration.Storage;

namespace Orchestration.Orleans.Hosting;

/// <summary>What all grains of a silo reach: the store, the configuration, deployments and judges made from them.</summary>
internal sealed class SiloParts : IAsyncDisposable
{
    private readonly Deployments _deployments;
    private readonly JudgeCatalog _catalog;
    private readonly Lock _lock = new();

    private SiloParts(OrleansOptions options, OrchestrationConfig config, IStore store)
    {
        Options = options;
        Config = config;
        Store = store;
        Board = new DeploymentBoard(options.Time);
        Quotas = new GrainQuotaAuthority(store.Quotas);
        Purchases = new JudgmentPurchases(store.Judgments, store.Spending, options.Time, store.Claims, options.Lease);
        var services = new DeploymentServices { Time = options.Time, Environment = options.Environment, Quotas = Quotas, Board = Board, JudgeLimits = config.JudgeLimits };
        _deployments = new Deployments(services);
        _catalog = new JudgeCatalog(config, JudgeCatalog.RubricsOf(config), _deployments, Purchases);
    }

    public OrleansOptions Options { get; }

    public OrchestrationConfig Config { get; }

    public IStore Store { get; }

    public DeploymentBoard Board { get; }

    public GrainQuotaAuthority Quotas { get; }

    public JudgmentPurchases Purchases { get; }

    public TimeProvider Time => Options.Time;

    public static async Task<SiloParts> OpenAsync(OrleansOptions options, CancellationToken cancellationToken)
    {
        var config = OrchestrationConfig.Load(options.ConfigFile);
        var folder = options.LocalFolder ?? (StoreLocation.IsShared(options.Store) ? Path.GetFullPath(".orchestrate") : Path.GetDirectoryName(Path.GetFullPath(options.Store))!);
        var store = await StoreLocation.OpenAsync(options.Store, options.Time, options.Environment("ORCHESTRATE_SPOOL") ?? Path.Combine(folder, "spool"), options.Note, identity => StorePassword.Of(identity, options.Time), cancellationToken);
        return new SiloParts(options, config, store);
    }

    /// <summary>A catalog whose judges keep no judgments: for routed answers.</summary>
    public JudgeCatalog ForgettingCatalog() => new(
        Config, JudgeCatalog.RubricsOf(Config), _deployments, new JudgmentPurchases(new ForgettingJudgments(), Store.Spending, Time));

    /// <summary>The chat deployment with this name, the same that judges ask.</summary>
    /// <exception cref="Core.OrchestrationException">There is none.</exception>
    public OpenAiChatDeployment Chat(string name) => _deployments.Of(Config.Deployment(name));

    /// <summary>Uses the catalog, which makes each deployment once and is not for concurrent use.</summary>
    public T FromCatalog<T>(Func<JudgeCatalog, T> use)
    {
        lock (_lock) return use(_catalog);
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();

    /// <summary>Each is made once: one quota, one circuit, whoever asks it.</summary>
    private sealed class Deployments(DeploymentServices services) : IDeploymentSource
    {
        private readonly ConcurrentDictionary<string, Lazy<OpenAiChatDeployment>> _chats = new(StringComparer.Ordinal);
        private readonly ConcurrentDictionary<string, Lazy<HttpRewardDeployment>> _rewards = new(StringComparer.Ordinal);

        public OpenAiChatDeployment Of(DeploymentConfig config) => _chats.GetOrAdd(config.Name, _ => new Lazy<OpenAiChatDeployment>(() => DeploymentFactory.CreateChat(config, services))).Value;

        public IChatDeployment Chat(DeploymentConfig config) => Of(config);

        public IRewardDeployment Reward(DeploymentConfig config) => _rewards.GetOrAdd(config.Name, _ => new Lazy<HttpRewardDeployment>(() => DeploymentFactory.CreateReward(config, services))).Value;
    }
}
