using Orchestration.Backends;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Stores;

namespace Orchestration.Silo.Hosting;

/// <summary>What the features of a silo share.</summary>
internal sealed class SiloState : IDisposable
{
    private readonly List<IConfigured> _configured = [];
    private readonly List<SiloDeployments> _retired = [];
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _draining = new();
    private volatile OrchestrationConfig _config = OrchestrationConfig.Empty;
    private volatile SiloDeployments _deployments;

    public SiloState(SiloOptions options, IStore store, ServerSecret secret)
    {
        (Options, Store) = (options, store);
        Board = new DeploymentBoard(options.Time);
        Purchases = new JudgmentPurchases(store.Judgments, store.Spending, options.Time, store.Claims);
        Keys = new KeyRing(store.Access, secret, options.Time, options.Note);
        _deployments = new SiloDeployments(_config, Services());
    }

    /// <summary>How it was started.</summary>
    public SiloOptions Options { get; }

    /// <summary>Everything durable.</summary>
    public IStore Store { get; }

    /// <summary>What the deployments say of themselves.</summary>
    public DeploymentBoard Board { get; }

    /// <summary>Store, ledger and single-flight of judgments, shared by all judges of the silo.</summary>
    public JudgmentPurchases Purchases { get; }

    /// <summary>Who may ask.</summary>
    public KeyRing Keys { get; }

    /// <summary>The configuration that counts now; replaced whole by <see cref="ConfigureAsync"/>.</summary>
    public OrchestrationConfig Config => _config;

    /// <summary>The deployments of <see cref="Config"/>.</summary>
    public SiloDeployments Deployments => _deployments;

    /// <summary>How often the configuration was put into effect: 1 after the start.</summary>
    public int ConfigGeneration { get; private set; }

    /// <summary>True from the moment that it was told to stop: <c>/health/ready</c> says so.</summary>
    public bool IsDraining => Draining.IsCancellationRequested;

    /// <summary>Cancelled when it is told to stop: what would go on for ever ends.</summary>
    public CancellationToken Draining => _draining.Token;

    /// <summary>It was told to stop.</summary>
    public void Drain() => _draining.Cancel();

    /// <summary>Adds a part that is made from the configuration; before the first <see cref="ConfigureAsync"/>.</summary>
    public T Add<T>(T part)
        where T : IConfigured
    {
        _configured.Add(part);
        return part;
    }

    /// <summary>
    /// Puts a configuration into effect: every part is made first, and only when all of them could be are they exchanged, so that a request sees the old
    /// configuration or the new one.
    /// </summary>
    /// <param name="read">Reads the configuration, when it is this call's turn.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OrchestrationException">It is wrong, or a part cannot be made; everything stays as it was.</exception>
    public async ValueTask ConfigureAsync(Func<OrchestrationConfig> read, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var config = read();
            var deployments = new SiloDeployments(config, Services(), _deployments);
            var effects = new List<Action>();
            foreach (var part in _configured) effects.Add(await part.PrepareAsync(config, deployments, cancellationToken));

            // Requests in flight may hold the old ones for as long as they like: they are closed with the silo.
            _retired.Add(_deployments);
            _deployments = deployments;
            _config = config;
            foreach (var effect in effects) effect();
            ConfigGeneration++;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        foreach (var deployments in _retired) deployments.Dispose();
        _deployments.Dispose();
        _turn.Dispose();
        _draining.Dispose();
    }

    private DeploymentServices Services() => new()
    {
        Time = Options.Time,
        Environment = Options.Environment,
        Quotas = Store.Quotas,
        Board = Board,
    };
}
