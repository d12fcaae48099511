using Orchestration.Core;
using Orchestration.Core.Pairs;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Loop;
using Orchestration.Silo.Gateway;

namespace Orchestration.Orleans.Hosting;

/// <summary>
/// A silo's router, where its configuration names experts: Core's <see cref="Router"/> and the <see cref="RouterLoop"/> behind it. It decides by what this silo knows; routes, rewards and quarantines are in
/// the ledger, whose feed it follows, and so it learns what came of the others' decisions.
/// </summary>
internal sealed class SiloRouter
{
    private readonly RouterLoop? _loop;

    public SiloRouter(SiloParts parts, SiloActors actors, SiloAggregators aggregators)
    {
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
        actors.Host(router);

        // What judges say of routed answers quotes them, and is kept nowhere.
        var resolved = config.Judges is { } set ? parts.ForgettingCatalog().Resolve([set]) : null;
        var judges = (resolved?.Judges ?? []).ToDictionary(static judge => judge.Descriptor.Id, StringComparer.Ordinal);
        var judging = new SiloActors(parts, id => judges.TryGetValue(id, out var judge) ? judge : throw new OrchestrationException(ErrorCodes.NotFound, $"The router's judge set has no judge '{id}'."), aggregators);
        _loop = new RouterLoop(router, judging, parts.Store, new RouterLoopOptions { Time = parts.Time, Note = parts.Options.Note });
        _loop.Use(resolved is null ? null : RouterJudges.Of(resolved, parts.Config), learners);
    }

    /// <summary>Writes routes, has answers judged and follows the ledger's feed until cancelled; where there is no router, it is done at once.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _loop?.RunAsync(cancellationToken) ?? Task.CompletedTask;
}
