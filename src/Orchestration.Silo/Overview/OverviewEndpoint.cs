using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orchestration.Core.Access;
using Orchestration.Core.Cluster;
using Orchestration.Core.Configuration;
using Orchestration.Core.Quotas;
using Orchestration.Core.Routing;
using Orchestration.Core.Sweeps;
using Orchestration.Silo.Access;
using Orchestration.Silo.Gateway;
using Orchestration.Silo.Hosting;
using Orchestration.Silo.Sweeps;

namespace Orchestration.Silo.Overview;

/// <summary><c>GET /v1/overview</c>: silos, deployments with quota in use and cost per hour, running sweeps, routed traffic, alarms.</summary>
internal static class OverviewEndpoint
{
    private const int FinishedSweeps = 3;
    private const int MostSweeps = 20;

    private static readonly TimeSpan SilosSince = TimeSpan.FromHours(1);
    private static readonly TimeSpan LookBack = TimeSpan.FromMinutes(10);

    public static void MapOverview(this IEndpointRouteBuilder routes, SiloState state, RoutedTraffic traffic, RecentActivity recent) => routes.MapGet("/v1/overview", async (HttpContext context) =>
    {
        return TypedResults.Json(await ViewAsync(state, traffic, recent, context.RequestAborted), OverviewJson.Default.OverviewView);
    }).Needs(AccessRoles.Judge | AccessRoles.Operate | AccessRoles.Read);

    private static async Task<OverviewView> ViewAsync(SiloState state, RoutedTraffic traffic, RecentActivity recent, CancellationToken cancellationToken)
    {
        var now = await recent.TakeAsync(cancellationToken);
        var looks = recent.Looks;
        var before = looks.FirstOrDefault(l => now.At - l.At <= LookBack && now.At - l.At >= TimeSpan.FromSeconds(5));
        var silos = await state.Store.Cluster.ListAsync(SilosSince, cancellationToken);
        var sweeps = await SweepsAsync(state, cancellationToken);
        var uses = await state.Store.Quotas.UseAsync(cancellationToken);
        var alarms = new List<AlarmView>();
        alarms.AddRange(silos.Where(static s => s.IsAlive && s.Silence > TimeSpan.FromSeconds(15)).Select(static s => new AlarmView("bad", "silo", s.Owner, "has not been heard of for a while; its shards are taken over when its leases run out", s.SeenAt)));
        alarms.AddRange(silos.Where(static s => !s.IsAlive && s.Report.Shards > 0).Select(static s => new AlarmView("warn", "silo", s.Owner, "ended with shards in work; others take them over", s.SeenAt)));
        alarms.AddRange(state.Board.Waits.Select(static w => new AlarmView("bad", "deployment", w.Deployment, w.Reason, w.Since)));
        alarms.AddRange(sweeps.Where(static s => s.State == "capped").Select(static s => new AlarmView("warn", "sweep", s.Id, "stopped at its cap; it goes on under a higher one", null)));
        if (!state.Options.IsOpen && state.Keys.Count == 0) alarms.Add(new AlarmView("warn", "access", "keys", "there is no API key, so nobody can ask", null));
        var view = await TrafficAsync(state, traffic, looks, now, alarms, cancellationToken);
        return new OverviewView(
            now.At, [.. silos.Select(View)], [.. state.Config.Deployments.Values.OrderBy(static d => d.Name, StringComparer.Ordinal).Select(d => View(state, d, uses, before, now))], sweeps, view,
            [.. alarms.OrderBy(static a => a.Severity, StringComparer.Ordinal)], before is null ? 0 : (now.At - before.At).TotalSeconds);
    }

    private static async Task<IReadOnlyList<SweepView>> SweepsAsync(SiloState state, CancellationToken cancellationToken)
    {
        var known = (await state.Store.Sweeps.ListAsync(cancellationToken)).Where(static s => s.State is not (SweepState.Registering or SweepState.Cancelled)).ToArray();
        var views = new List<SweepView>();
        foreach (var sweep in known.Where(static s => s.State != SweepState.Completed).Take(MostSweeps).Concat(known.Where(static s => s.State == SweepState.Completed).Take(FinishedSweeps)))
            views.Add(await SweepViews.WholeAsync(state.Store, sweep, cancellationToken));
        return views;
    }

    private static async Task<TrafficView?> TrafficAsync(SiloState state, RoutedTraffic traffic, IReadOnlyList<Look> looks, Look now, List<AlarmView> alarms, CancellationToken cancellationToken)
    {
        var held = await state.Store.Routing.QuarantinesAsync(cancellationToken);
        alarms.AddRange(held.Held.Select(static h => new AlarmView("warn", "quarantine", h.Name, $"{(h.Kind == QuarantineKind.Expert ? "expert" : "judge")} in quarantine: {h.Reason}", h.At)));
        alarms.AddRange((await state.Store.Routing.WritersAsync(cancellationToken)).Where(static w => w.Dropped > 0).Select(static w => new AlarmView(
            "bad", "ledger", w.Owner, string.Create(CultureInfo.InvariantCulture, $"{w.Dropped} routes could not be written down in time and were dropped"), null)));
        if (traffic.Loop is { } loop)
        {
            alarms.AddRange((await loop.ReportAsync(cancellationToken)).Drift.Select(static d => new AlarmView(d.IsWorse ? "bad" : "warn", "drift", d.Subject, d.ToString(), d.Since)));
        }

        if (state.Config.Router is not { Experts.Count: > 0 }) return null;
        var today = await state.Store.Routing.TotalsAsync(now.Day, cancellationToken);
        var routes = today.Sum(static t => t.Routes);
        var points = new List<TrafficPoint>();
        foreach (var (one, next) in looks.Zip(looks.Skip(1).Append(now)))
        {
            var minutes = (next.At - one.At).TotalMinutes;
            if (minutes < 0.05 || one.Day != next.Day || next.Routes < one.Routes) continue;
            points.Add(new TrafficPoint(next.At, (next.Routes - one.Routes) / minutes, (next.Failed - one.Failed) / minutes, (double)(next.RoutesUsd - one.RoutesUsd) / minutes * 60));
        }

        return new TrafficView(
            routes, today.Sum(static t => t.Failed), today.Sum(static t => t.CostUsd),
            [.. today.GroupBy(static t => t.Expert, StringComparer.Ordinal).Select(g => new ExpertShare(g.Key, g.Sum(static t => t.Routes), routes == 0 ? 0 : (double)g.Sum(static t => t.Routes) / routes)).OrderByDescending(static e => e.Routes)],
            points);
    }

    private static SiloView View(SiloRecord silo) => new(
        silo.Owner, silo.Report.Role, silo.Host, silo.Process, silo.Version, silo.IsAlive, silo.StartedAt, silo.Silence.TotalSeconds, silo.Report.Shards, silo.Report.Judgments, silo.Report.Calls, silo.Report.Failures,
        silo.Report.CostUsd, silo.Report.JudgmentsPerSecond, silo.Report.CallsPerSecond);

    private static DeploymentView View(SiloState state, DeploymentConfig deployment, IReadOnlyList<QuotaUse> uses, Look? before, Look now)
    {
        var own = $"deployment/{deployment.Name}";
        var used = uses.Where(u => u.Bucket == own || u.Bucket.StartsWith(own + "/", StringComparison.Ordinal)).ToArray();
        var hours = before is null ? 0 : (now.At - before.At).TotalHours;
        var wait = state.Board.Waits.FirstOrDefault(w => w.Deployment == deployment.Name || w.Deployment.StartsWith(deployment.Name + " (", StringComparison.Ordinal));
        return new DeploymentView(
            deployment.Name, deployment.Model.Name, deployment.Endpoints.Count, Sum(deployment.Endpoints.Select(static e => e.Limits.RequestsPerMinute)), Sum(deployment.Endpoints.Select(static e => e.Limits.TokensPerMinute)),
            used.Sum(static u => u.Requests), used.Sum(static u => u.Tokens),
            before is null ? null : (double)(now.SpentUsd.GetValueOrDefault(deployment.Name) - before.SpentUsd.GetValueOrDefault(deployment.Name)) / hours,
            before is null ? null : (now.Calls.GetValueOrDefault(deployment.Name) - before.Calls.GetValueOrDefault(deployment.Name)) / hours,
            now.SpentUsd.GetValueOrDefault(deployment.Name), wait is null ? null : new WaitView(wait.Reason, wait.Since, wait.NextTry));
    }

    // A pool with one endpoint without a quota has none.
    private static long? Sum(IEnumerable<long?> limits) => limits.Aggregate((long?)0, static (sum, limit) => sum + limit);
}
