using Microsoft.AspNetCore.Http;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Configuration;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Loop;
using Orchestration.Silo.Access;
using Orchestration.Silo.Gateway.Embedding;
using Orchestration.Silo.Gateway.Money;
using Orchestration.Silo.Hosting;

namespace Orchestration.Silo.Gateway;

/// <summary>
/// The gateway as a part of a silo: its router with the loop behind it, and what it serves with, made anew when the configuration changes. Router and loop stay the same, so that health, learned bandits
/// and what waits to be written outlive a change.
/// </summary>
internal sealed class RoutedTraffic : IConfigured, IAsyncDisposable
{
    private readonly SiloState _state;
    private readonly Bandits _bandits = new();
    private readonly ConfiguredActors _actors = new();
    private readonly TaskCompletionSource<RouterLoop> _made = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Router? _router;
    private RouterLoop? _loop;

    public RoutedTraffic(SiloState state)
    {
        _state = state;
        Gateway = new Gateway(state.Store, state.Options.Time, null, () => Loop?.QuarantinedJudges ?? new Dictionary<string, string>(StringComparer.Ordinal));
    }

    public Gateway Gateway { get; }

    /// <summary>The router; null while the configuration has named no experts.</summary>
    public Router? Router => Volatile.Read(ref _router);

    /// <summary>What the router does behind the requests; null while there is none.</summary>
    public RouterLoop? Loop => Volatile.Read(ref _loop);

    /// <summary>Who asks, as the gateway has to know it.</summary>
    public static GatewayCaller CallerOf(HttpContext http)
    {
        var caller = http.Caller();
        return caller == Caller.Open ? GatewayCaller.Anybody
            : new GatewayCaller(caller.KeyId, caller.Limits.UsdPerDay, caller.Limits.Models, (caller.Roles & (AccessRoles.Operate | AccessRoles.Read)) != AccessRoles.None);
    }

    /// <inheritdoc/>
    public async ValueTask<Action> PrepareAsync(OrchestrationConfig config, SiloDeployments deployments, CancellationToken cancellationToken)
    {
        if (config.Router is not { Experts.Count: > 0 } routing) return Gateway.Prepare(config, deployments.Chat, deployments, null).Effect;
        var (policies, learners) = _bandits.Prepare(routing);
        var setup = RouterSetup.Create(config, policies);
        var options = _state.Options;
        var router = _router ?? new Router(new RouterServices { Time = options.Time, Seed = Seed(_state.Store.Owner), Ledger = _state.Store.Routing, Note = options.Note }, setup);
        var loop = _loop ?? new RouterLoop(router, _actors, _state.Store, new RouterLoopOptions { Time = options.Time, Note = options.Note });
        var (effect, made) = Gateway.Prepare(config, deployments.Chat, deployments, router, policies);
        await made!.Embedders.TryAsync(new BudgetPayer(Gateway.RouterPayer, routing.UsdPerDay), PromptEmbedders.Trial, options.Note, cancellationToken);
        return () =>
        {
            _actors.Use((EmbeddedActors)made!.Judges.Actors);
            router.Use(setup);
            loop.Use(routing.Judges is { } set ? made.Judges.Sets[set] : null, learners);
            Volatile.Write(ref _router, router);
            Volatile.Write(ref _loop, loop);
            effect();
            _made.TrySetResult(loop);
        };
    }

    /// <summary>Runs what is behind the requests until cancelled; then what is left is written.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(
        Gateway.TendAsync(cancellationToken),
        LoopAsync(cancellationToken),
        new AggregatorFeed(_state.Store.Aggregators, () => _actors.HostedAggregators, onFault: fault => _state.Options.Note(fault.Message)).RunAsync(cancellationToken));

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        var loop = await _made.Task.WaitAsync(cancellationToken);
        await loop.RunAsync(cancellationToken);
    }

    // FNV-1a: silos with different owners spread their waits differently.
    private static ulong Seed(string owner)
    {
        var hash = 14695981039346656037;
        foreach (var c in owner) hash = (hash ^ c) * 1099511628211;
        return hash;
    }
}
