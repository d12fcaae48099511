using Microsoft.AspNetCore.Builder;
using Orchestration.Silo.Access;
using Orchestration.Silo.Aggregators;
using Orchestration.Silo.Dashboard;
using Orchestration.Silo.Errors;
using Orchestration.Silo.Gateway;
using Orchestration.Silo.Judging;
using Orchestration.Silo.OpenApi;
using Orchestration.Silo.Overview;
using Orchestration.Silo.Requests;
using Orchestration.Silo.Routing;
using Orchestration.Silo.Running;
using Orchestration.Silo.Sweeps;
using Orchestration.Silo.Sweeps.Browsing;

namespace Orchestration.Silo.Hosting;

/// <summary>The features of a silo: each makes what it needs of the state, maps its endpoints, and says what goes on beside requests.</summary>
internal sealed class SiloFeatures : IAsyncDisposable
{
    private readonly SiloState _state;
    private readonly SiloJudges _judges;
    private readonly SiloSweeps _sweeps;
    private readonly KeyBudget _budget;
    private readonly JudgeService _judging;
    private readonly RoutedTraffic _traffic;
    private readonly RecentActivity _recent;

    public SiloFeatures(SiloState state)
    {
        _state = state;
        Reload = new ConfigReload(state);
        _judges = state.Add(new SiloJudges(state));
        _traffic = new RoutedTraffic(state);
        _budget = new KeyBudget(_traffic.Gateway.Budgets);
        _judging = new JudgeService(state, _judges, _budget, (judge, flipped) => _traffic.Loop?.Compared(judge, flipped));
        _sweeps = new SiloSweeps(state, _judges);
        state.Add(_traffic);
        _recent = new RecentActivity(state);
        SiloMetrics.Watch(state, _judging, _sweeps);
    }

    /// <summary>Puts the configuration's file into effect again.</summary>
    public ConfigReload Reload { get; }

    /// <summary>Everything that answers requests, from the outermost on.</summary>
    public void Map(WebApplication app)
    {
        var errors = new ErrorBoundary(_state);
        app.Use(next => context => errors.InvokeAsync(context, next));
        var gate = new AccessGate(_state.Keys, _state.Options.IsOpen, ScalerToken.Of(_state.Options.Environment), _state.Options.Time);
        app.Use(next => context => gate.InvokeAsync(context, next));
        app.Use(static next => context => DashboardFiles.OfAssembly.InvokeAsync(context, next));
        app.MapHealth(_state);
        app.MapMe(_state);
        app.MapOpenApi();
        app.MapAudit(_state);
        app.MapWork(_state);
        Reload.Map(app);
        var reports = new RouterReports(() => _traffic.Loop, _state.Options.Time);
        app.MapJudging(_state, _judges, _judging, new JudgeReports(_state, _judging.Tally, reports));
        app.MapSweeps(_state, new SweepStarter(_state, _judges, _budget));
        app.MapPairs(_state, _judges);
        app.MapOverview(_state, _traffic, _recent);
        app.MapAggregators(_state);
        app.MapGateway(_traffic.Gateway, RoutedTraffic.CallerOf);
        app.MapRouter(_state, () => _traffic.Router, reports);
    }

    /// <summary>What the gateway holds: budgets drawn and not used go back.</summary>
    public ValueTask DisposeAsync() => _traffic.DisposeAsync();

    /// <summary>Everything that goes on beside requests. It is stopped in the reverse order.</summary>
    /// <param name="work">What follows requests, and is stopped after them.</param>
    /// <param name="sweeps">The work of sweeps, which is stopped together with requests.</param>
    public void Start(SiloWork work, SiloWork sweeps)
    {
        work.Start(_sweeps.TellAsync);
        work.Start(_state.Keys.RunAsync);
        work.Start(Reload.WatchAsync);
        work.Start(_sweeps.FollowAggregatorsAsync);
        work.Start(_traffic.RunAsync);
        work.Start(_recent.RunAsync);
        sweeps.Start(_sweeps.WorkAsync);
    }
}
