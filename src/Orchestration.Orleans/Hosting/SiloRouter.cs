using Orchestration.Core;
using Orchestration.Core.Pairs;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Loop;
using Orchestration.Silo.Gateway;
using Orchestration.Silo.Gateway.Embedding;

namespace Orchestration.Orleans.Hosting;

/// <summary>
/// A silo's router, where its configuration names experts: Core's <see cref="Router"/> and the <see cref="RouterLoop"/> behind it, with embeddings for the policies that look at them. It decides by what this silo knows; routes, rewards and quarantines are in
/// the ledger, whose feed it follows, and so it learns what came of the others' decisions.
/// </summary>
internal sealed class SiloRouter : IAsyncDisposable
{
    private readonly SiloParts _parts;
    private readonly RouterLoop? _loop;
    private readonly EmbeddingRouter? _embedding;

    public SiloRouter(SiloParts parts, SiloActors actors, SiloAggregators aggregators)
    {
        _parts = parts;
        if (parts.Config.Router is not { Experts.Count: > 0 } config) return;
        var (policies, learners) = new Bandits().Prepare(config);
        var services = new RouterServices
        {
            Time = parts.Time,
            Seed = PairHash.Of("router", parts.Store.Owner).Low,
            Ledger = parts.Store.Routing,
            Note = parts.Options.Note,
        };
        var router = new Router(services, RouterSetup.Create(parts.Config, policies));
        _embedding = new EmbeddingRouter(router, parts.Config, policies, parts.Chat, parts.Store, parts.Time);
        actors.Host(_embedding);

        // What judges say of routed answers quotes them, and is kept nowhere.
        var resolved = config.Judges is { } set ? parts.ForgettingCatalog().Resolve([set]) : null;
        var judges = (resolved?.Judges ?? []).ToDictionary(static judge => judge.Descriptor.Id, StringComparer.Ordinal);
        var judging = new SiloActors(parts, id => judges.TryGetValue(id, out var judge) ? judge : throw new OrchestrationException(ErrorCodes.NotFound, $"The router's judge set has no judge '{id}'."), aggregators);
        _loop = new RouterLoop(router, judging, parts.Store, new RouterLoopOptions { Time = parts.Time, Note = parts.Options.Note });
        _loop.Use(resolved is null ? null : RouterJudges.Of(resolved, parts.Config), learners);
    }

    /// <summary>Tries the endpoints that make embeddings for policies, before the silo joins a cluster.</summary>
    /// <exception cref="OrchestrationException">One gives others than a policy's model was trained on.</exception>
    public Task TryAsync(CancellationToken cancellationToken) => _embedding?.TryAsync(_parts.Options.Note, cancellationToken) ?? Task.CompletedTask;

    /// <summary>Writes routes, has answers judged and follows the ledger's feed until cancelled; where there is no router, it is done at once.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _loop is null ? Task.CompletedTask : Task.WhenAll(_loop.RunAsync(cancellationToken), _embedding!.RunAsync(cancellationToken));

    /// <summary>Tells the ledger what embeddings have cost.</summary>
    public ValueTask DisposeAsync() => _embedding?.DisposeAsync() ?? ValueTask.CompletedTask;
}
