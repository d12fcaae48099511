using System.Collections.Frozen;
using Orchestration.Core.Routing;
using Orchestration.Silo.Gateway.Calls;
using Orchestration.Silo.Gateway.Deciding;
using Orchestration.Silo.Gateway.Embedding;
using Orchestration.Silo.Gateway.Money;
using Orchestration.Silo.Gateway.Plans;

namespace Orchestration.Silo.Gateway;

/// <summary>What requests are served with under one configuration. Immutable; a request ends with the one it began with.</summary>
internal sealed class GatewaySetup
{
    private readonly FrozenDictionary<string, ExpertEntry> _experts;
    private readonly SinglePlan _single;
    private readonly CascadePlan _cascade;
    private readonly BestOfPlan _best;

    public GatewaySetup(RouterConfig config, IReadOnlyList<ExpertEntry> experts, IRouter router, Budgets budgets, DecidingJudges judges, PromptEmbedders embedders, TimeProvider time)
    {
        Config = config;
        Router = router;
        Judges = judges;
        Embedders = embedders;
        Experts = experts;
        _experts = experts.ToFrozenDictionary(static e => e.Name, StringComparer.Ordinal);
        var caller = new ExpertCaller(router, budgets, time);
        _single = new SinglePlan(caller, time);
        _cascade = new CascadePlan(_single, judges);
        _best = new BestOfPlan(caller, _single, judges);
        Models =
        [
            .. config.Policies.Keys.Where(static name => name != RouterConfig.DefaultPolicy).Order(StringComparer.Ordinal).Select(static name => $"{RouterConfig.DefaultPolicy}:{name}").Prepend(RouterConfig.DefaultPolicy),
            .. experts.Select(static e => e.Name),
        ];
    }

    public RouterConfig Config { get; }

    public IRouter Router { get; }

    /// <summary>The judges of the router's judge sets, and where they are found.</summary>
    public DecidingJudges Judges { get; }

    /// <summary>Who makes the embeddings that policies look at.</summary>
    public PromptEmbedders Embedders { get; }

    public IReadOnlyList<ExpertEntry> Experts { get; }

    /// <summary>What a request may name: policies, then experts.</summary>
    public IReadOnlyList<string> Models { get; }

    /// <summary>The experts of a plan, in its order.</summary>
    public IReadOnlyList<ExpertEntry> Of(IReadOnlyList<string> names)
    {
        var entries = new ExpertEntry[names.Count];
        for (var i = 0; i < entries.Length; i++) entries[i] = _experts[names[i]];
        return entries;
    }

    /// <summary>True where judges decide, so that they have to read the answers.</summary>
    public static bool NeedsJudges(RoutingChoice choice) => choice.Kind != PlanKind.Single;

    /// <summary>Carries out a decision.</summary>
    /// <returns>An answer that has begun or is whole, or a refusal that is the client's own fault; null where nobody could answer.</returns>
    public ValueTask<ExpertAnswer?> RunAsync(RouteRun run, CancellationToken cancellationToken) => run.Decision.Choice.Kind switch
    {
        PlanKind.Cascade => _cascade.RunAsync(run, cancellationToken),
        PlanKind.BestOf => _best.RunAsync(run, null, cancellationToken),
        PlanKind.FusionOf => _best.RunAsync(run, _experts.GetValueOrDefault(run.Decision.Choice.Synthesizer ?? run.Decision.Choice.Experts[0]), cancellationToken),
        _ => _single.RunAsync(run, run.Experts, cancellationToken),
    };
}
