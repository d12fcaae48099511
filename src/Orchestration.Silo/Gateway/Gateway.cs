using Microsoft.AspNetCore.Http;
using Orchestration.Backends;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Loop;
using Orchestration.Core.Stores;
using Orchestration.Silo.Gateway.Admission;
using Orchestration.Silo.Gateway.Calls;
using Orchestration.Silo.Gateway.Deciding;
using Orchestration.Silo.Gateway.Embedding;
using Orchestration.Silo.Gateway.Errors;
using Orchestration.Silo.Gateway.Money;

namespace Orchestration.Silo.Gateway;

/// <summary>The gateway of a silo: the fronts that clients call, over what the configuration in effect names.</summary>
internal sealed class Gateway : IAsyncDisposable
{
    /// <summary>Who pays for all routed traffic.</summary>
    public const string RouterPayer = "router";

    private readonly IStore _store;
    private readonly TimeProvider _time;
    private readonly ServedLedger _ledger;
    private readonly JudgmentPurchases _purchases;
    private readonly AdmissionGate _admission;
    private readonly ForgettingJudgments _forgetting = new();
    private readonly Func<IReadOnlyDictionary<string, string>> _quarantined;
    private volatile GatewaySetup? _setup;
    private volatile OrchestrationConfig _config = OrchestrationConfig.Empty;
    private volatile Func<string, OpenAiChatDeployment> _deployments = static name => throw new OrchestrationException(ErrorCodes.NotFound, $"No deployment is called '{name}'.");

    /// <summary>Creates it; it serves once a configuration is put into effect.</summary>
    /// <param name="store">Everything durable.</param>
    /// <param name="time">Measures deadlines and days.</param>
    /// <param name="limits">What it takes at once; null for the defaults.</param>
    /// <param name="quarantined">Judges that have no say at the moment, with the reason; null for none.</param>
    public Gateway(IStore store, TimeProvider time, GatewayLimits? limits = null, Func<IReadOnlyDictionary<string, string>>? quarantined = null)
    {
        _quarantined = quarantined ?? (static () => new Dictionary<string, string>(StringComparer.Ordinal));
        _store = store;
        _time = time;
        Limits = limits ?? new GatewayLimits();
        Budgets = new Budgets(store.Spending, time);
        _ledger = new ServedLedger(store.Spending, Budgets);

        // What judges say of routed traffic quotes it: it is not kept where no deletion by a route's id finds it.
        _purchases = new JudgmentPurchases(_forgetting, _ledger, time);
        _admission = new AdmissionGate(Limits, time);
        Chat = new ChatFront(this, time);
        Embeddings = new EmbeddingsFront(this, time);
    }

    public GatewayLimits Limits { get; }

    public Budgets Budgets { get; }

    public ChatFront Chat { get; }

    public EmbeddingsFront Embeddings { get; }

    /// <summary>What requests that begin now are served with; null where the configuration names no experts.</summary>
    public GatewaySetup? Setup => _setup;

    public OrchestrationConfig Config => _config;

    /// <summary>The deployment with this name, under the configuration in effect.</summary>
    public OpenAiChatDeployment Deployment(string name) => _deployments(name);

    /// <summary>Requests inside and waiting.</summary>
    public (int Inside, int Waiting) Load => _admission.Load;

    /// <summary>Makes what a configuration asks for.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="chats">Its chat deployments by name, shared with the judges.</param>
    /// <param name="source">Its deployments, for judges.</param>
    /// <param name="router">Its router; null where it names no experts.</param>
    /// <param name="policies">The router's policies, for those that look at embeddings; null for none.</param>
    /// <returns>Puts it into effect; requests in flight end with what they began with.</returns>
    /// <exception cref="OrchestrationException">It cannot be made, and everything stays as it was.</exception>
    public (Action Effect, GatewaySetup? Setup) Prepare(OrchestrationConfig config, Func<string, OpenAiChatDeployment> chats, IDeploymentSource source, IRouter? router, IReadOnlyDictionary<string, IRoutingPolicy>? policies = null)
    {
        GatewaySetup? setup = null;
        if (router is not null && config.Router is { Experts.Count: > 0 } routing)
        {
            CheckBudget(config, routing);
            var judges = Judges(config, routing, source);
            var experts = routing.Experts.Select(e => new ExpertEntry(e, config.Deployment(e.Deployment), chats(e.Deployment).Exchange)).ToArray();
            var embedders = new PromptEmbedders(config, policies ?? new Dictionary<string, IRoutingPolicy>(StringComparer.Ordinal), chats, Budgets, _time);
            setup = new GatewaySetup(routing, experts, router, Budgets, judges, embedders, _time);
        }

        return (() => (_config, _deployments, _setup) = (config, chats, setup), setup);
    }

    /// <summary>Who pays for a caller's requests.</summary>
    public IReadOnlyList<BudgetPayer> PayersOf(GatewaySetup? setup, GatewayCaller caller)
    {
        var router = new BudgetPayer(RouterPayer, setup?.Config.UsdPerDay);
        return caller.Key.Length == 0 ? [router] : [BudgetPayer.OfKey(caller.Key, caller.UsdPerDay), router];
    }

    /// <summary>Serves a request, where there is room for it.</summary>
    public async Task AdmitAsync(HttpContext http, Func<HttpContext, Task> serve)
    {
        if (!await _admission.EnterAsync(http.RequestAborted))
        {
            await new GatewayError(StatusCodes.Status429TooManyRequests, GatewayError.RateLimit, "gateway_busy", "The gateway serves as many requests as it takes, and as many wait. Try again in a moment.") { RetryAfter = TimeSpan.FromSeconds(1) }
                .SendAsync(http.Response, http.RequestAborted);
            return;
        }

        try
        {
            await serve(http);
        }
        finally
        {
            _admission.Leave();
        }
    }

    /// <summary>Tells the ledger every few seconds what was spent, until cancelled.</summary>
    public async Task TendAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(2), _time);
        while (await timer.WaitForNextTickAsync(cancellationToken)) Budgets.Tend();
    }

    /// <summary>Tells the ledger the rest.</summary>
    public ValueTask DisposeAsync() => Budgets.DisposeAsync();

    private DecidingJudges Judges(OrchestrationConfig config, RouterConfig routing, IDeploymentSource source)
    {
        var names = routing.Policies.Values.Select(static p => p.Judges).Append(routing.Judges).OfType<string>().Distinct(StringComparer.Ordinal).ToArray();
        var sets = new Dictionary<string, RouterJudges>(StringComparer.Ordinal);
        var judges = new Dictionary<string, IJudge>(StringComparer.Ordinal);
        if (names.Length > 0)
        {
            var catalog = new JudgeCatalog(config, JudgeCatalog.RubricsOf(config), source, _purchases);
            foreach (var name in names)
            {
                var resolved = catalog.Resolve([name]);
                sets[name] = RouterJudges.Of(resolved, config);

                // A set may name some of the judges of code, which are one actor with these columns alone.
                foreach (var judge in resolved.Judges)
                {
                    if (judges.TryGetValue(judge.Descriptor.Id, out var other) && other.Descriptor.Version != judge.Descriptor.Version)
                        throw new OrchestrationException(ErrorCodes.Configuration, $"{config.File ?? OrchestrationConfig.DefaultFileName}: judge sets of the router name different code judges ({name} and another). Name one judge set, or the same code judges in all of them.");
                    judges[judge.Descriptor.Id] = judge;
                }
            }
        }

        return new DecidingJudges(new EmbeddedActors(judges.Values, _forgetting, _time, _store.Aggregators), _store.Aggregators, routing, sets, _ledger, _quarantined);
    }

    private static void CheckBudget(OrchestrationConfig config, RouterConfig routing)
    {
        if (routing.UsdPerDay is null) return;
        if (routing.Experts.FirstOrDefault(e => config.Deployment(e.Deployment).Prices is null) is { } unpriced)
            throw new OrchestrationException(ErrorCodes.Configuration, $"{config.File ?? OrchestrationConfig.DefaultFileName}: router.usd-per-day is set, and deployment '{unpriced.Deployment}' of expert '{unpriced.Name}' states no prices, so that the budget could not be kept. Write its 'prices:', or take the budget out.");
    }
}
