using System.Collections.Concurrent;
using Orchestration.Core.Routing.Deciding;
using Orchestration.Core.Routing.Health;
using Orchestration.Core.Routing.Loop;

namespace Orchestration.Core.Routing;

/// <summary>What a router is made with.</summary>
public sealed record RouterServices
{
    /// <summary>Measures waits and stamps decisions.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Where route ids come from; safe for concurrent use. Every draw of a route is made from its id. Default: the operating system's random source.</summary>
    public Func<Hash128> NewId { get; init; } = RouteId.NewRandom;

    /// <summary>Seed of the spread of waits. No two silos should have the same.</summary>
    public ulong Seed { get; init; }

    /// <summary>Where routes are written and looked up; null where nothing outlives the process. Whoever gives one runs a <see cref="RouterLoop"/>.</summary>
    public IRouterLedger? Ledger { get; init; }

    /// <summary>Routes that may wait to be written, at most; one more is dropped and counted.</summary>
    public int LedgerQueue { get; init; } = 16_384;

    /// <summary>Told, a line each, what people should know.</summary>
    public Action<string> Note { get; init; } = static _ => { };
}

/// <summary>
/// The router actor. A decision reads one reference to an immutable table (configuration, policies, quarantines), the experts' health, and nothing else: no lock is held while a policy chooses,
/// nothing is waited for, no call is made. A swap replaces that reference.
/// </summary>
public sealed class Router : IRouter
{
    /// <summary>Ratings looked through for those of a route that is not in the ledger yet: it is milliseconds old, and so are they.</summary>
    private const int LatestRatings = 1000;

    private readonly RouterServices _services;
    private readonly ConcurrentDictionary<string, ExpertRecord> _records = new(StringComparer.Ordinal);
    private readonly RecentRoutes _recent = new();
    private readonly RatingDesk? _ratings;
    private readonly Lock _swaps = new();
    private ulong _jitter;
    private RoutingTable _table;

    /// <summary>Creates it.</summary>
    /// <param name="services">What it is made with.</param>
    /// <param name="setup">What it works with at first.</param>
    public Router(RouterServices services, RouterSetup setup)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(setup);
        _services = services;
        _jitter = services.Seed;
        if (services.Ledger is { } ledger)
        {
            Log = new RouteLog(ledger, services.Time, services.Note, services.LedgerQueue, Written);
            _ratings = new RatingDesk(ledger, Judged, services.Time);
        }

        _table = new RoutingTable(setup, new Dictionary<string, string>(StringComparer.Ordinal), Record);
    }

    /// <summary>What it works with now.</summary>
    public RouterSetup Setup => Volatile.Read(ref _table).Setup;

    internal RouteLog? Log { get; }

    internal JudgingQueue ToJudge { get; } = new();

    /// <summary>Watches failures, where a loop runs.</summary>
    internal DriftWatch? Watch { get; set; }

    internal JudgedScores Judged { get; } = new();

    /// <summary>How the experts stand in this silo, in the order of the configuration.</summary>
    public IReadOnlyList<ExpertState> States() => [.. Volatile.Read(ref _table).Experts.Select(static e => e.Record.Health.State(e.Name, e.Quarantine is { } reason ? "quarantined: " + reason : null))];

    /// <summary>Puts another configuration with its policies into effect, at once and whole. Health and statistics of experts that keep their names stay.</summary>
    public void Use(RouterSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        lock (_swaps) Volatile.Write(ref _table, new RoutingTable(setup, _table.Quarantined, Record));
    }

    /// <summary>Puts another version of one policy into effect: of a bandit that has learned. False where no policy has its name any more.</summary>
    public bool UsePolicy(IRoutingPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        lock (_swaps)
        {
            if (!_table.Setup.Policies.ContainsKey(policy.Name)) return false;
            var policies = new Dictionary<string, IRoutingPolicy>(_table.Setup.Policies, StringComparer.Ordinal) { [policy.Name] = policy };
            Volatile.Write(ref _table, new RoutingTable(_table.Setup with { Policies = policies }, _table.Quarantined, Record));
            return true;
        }
    }

    /// <summary>Takes experts off offer, and puts all others back.</summary>
    /// <param name="reasons">Why, by expert.</param>
    public void Quarantine(IReadOnlyDictionary<string, string> reasons)
    {
        ArgumentNullException.ThrowIfNull(reasons);
        lock (_swaps) Volatile.Write(ref _table, new RoutingTable(_table.Setup, new Dictionary<string, string>(reasons, StringComparer.Ordinal), Record));
    }

    /// <inheritdoc/>
    public ValueTask<RouteDecision> DecideAsync(RouteRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        var id = _services.NewId();
        var decision = new RouteDecider(Volatile.Read(ref _table), request, id, _services.Time).Decide();
        _recent.Decided(id, decision);
        return ValueTask.FromResult(decision);
    }

    /// <inheritdoc/>
    public void Observe(string expert, in ExpertCall call)
    {
        ArgumentNullException.ThrowIfNull(expert);

        // One that a new configuration no longer names has nothing left to observe.
        if (!_records.TryGetValue(expert, out var record)) return;
        record.Health.Observe(call);
        Watch?.Called(expert, _services.Time.GetUtcNow(), call.Kind);
    }

    /// <inheritdoc/>
    public ValueTask CompleteAsync(RouteOutcome outcome, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        if (outcome.AnsweredBy is { } expert && _records.TryGetValue(expert, out var record)) record.Answered(outcome.OutputTokens);
        var config = Volatile.Read(ref _table).Setup.Config;
        var kept = KeptTexts.Of(outcome, config.Keep);
        var route = new RouteRecord { Decision = outcome.Decision, Outcome = kept };
        if (RouteId.TryParse(outcome.Decision.Id, out var id)) _recent.Completed(id, route);
        Log?.Add(route);
        if (Log is not null && config.Judges is not null) ToJudge.Add(outcome);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<FeedbackReceipt> FeedbackAsync(RouteFeedback feedback, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(feedback);
        return _ratings is null ? ValueTask.FromResult(FeedbackReceipt.Unknown) : _ratings.TakeAsync(feedback, FindAsync, cancellationToken);
    }

    /// <summary>What people's ratings come to, as of the last seconds; null without a ledger.</summary>
    public async ValueTask<RatingStudy?> RatingsAsync(CancellationToken cancellationToken) => _ratings is null ? null : await _ratings.StudyAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<RouteRecord?> FindAsync(string routeId, CancellationToken cancellationToken)
    {
        if (!RouteId.TryParse(routeId, out var id)) return null;

        // The ledger's has what judges and people said; what it does not have yet may be under way here, and may be rated already. Looked for here first: what leaves this memory is in the ledger by then.
        var here = _recent.Find(id);
        if (_services.Ledger is not { } ledger) return here;
        if (await ledger.FindAsync(routeId, cancellationToken) is { } kept) return kept;
        if (here is not { } recent) return null;
        var ratings = await ledger.RatingsAsync(LatestRatings, cancellationToken);
        return recent with { Feedback = [.. ratings.Select(static r => r.Feedback).Where(r => r.RouteId == recent.Decision.Id)] };
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(string routeId, CancellationToken cancellationToken)
    {
        if (!RouteId.TryParse(routeId, out var id)) return false;
        var wasHere = _recent.Remove(id);
        if (_services.Ledger is not { } ledger) return wasHere;
        await Log!.ForgetAsync(routeId, cancellationToken);
        return await ledger.DeleteAsync(routeId, cancellationToken) || wasHere;
    }

    // What the ledger has is not kept here as well: thousands of routes that live for a second or two are what a generational collector is worst at.
    private void Written(IReadOnlyList<RouteRecord> routes)
    {
        foreach (var route in routes)
        {
            if (RouteId.TryParse(route.Decision.Id, out var id)) _recent.Remove(id);
        }
    }

    private ExpertRecord Record(string expert) => _records.GetOrAdd(expert, static (_, router) => new ExpertRecord(router._services.Time, router.NextJitter), this);

    // SplitMix64: one seed, a number for each wait.
    private double NextJitter()
    {
        var z = Interlocked.Add(ref _jitter, 0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
