using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Loop;
using Orchestration.Learning.Intervals;
using Orchestration.Silo.Access;
using Orchestration.Silo.Hosting;
using Orchestration.Silo.Requests;

namespace Orchestration.Silo.Routing;

/// <summary>Ratings of routed answers, what is known of the router, quarantines, and deleting what is kept of a route.</summary>
internal static class RouterEndpoints
{
    private const int MostReasonLength = 500;
    private const int UsualDays = 7;

    /// <summary>Maps them.</summary>
    /// <param name="routes">Where.</param>
    /// <param name="state">The silo.</param>
    /// <param name="router">The router; null while the configuration names no experts.</param>
    /// <param name="reports">What is known of the router's traffic.</param>
    public static void MapRouter(this IEndpointRouteBuilder routes, SiloState state, Func<Router?> router, RouterReports reports)
    {
        routes.MapGet("/v1/routes", async (HttpContext context, int? limit, string? before, string? expert, string? policy, string? only) => TypedResults.Json(
            await RouteLists.ListAsync(state.Store.Routing, new RouteFilter(expert, policy, only), limit, before, context.RequestAborted), RouterJson.Default.RouteList))
            .Needs(AccessRoles.Operate | AccessRoles.Read);

        routes.MapPost("/v1/feedback", async (HttpContext context) =>
        {
            var body = await JsonBody.ReadAsync(context, RouterJson.Default.FeedbackBody);
            if (!(body.Rating is >= 0 and <= 1)) throw new OrchestrationException(ErrorCodes.Input, string.Create(CultureInfo.InvariantCulture, $"rating is {body.Rating}; a number from 0 to 1, higher is better."));
            var route = await OwnAsync(context, router(), body.RouteId);
            var receipt = await router()!.FeedbackAsync(new RouteFeedback(route.Decision.Id, body.Rating, context.Caller().KeyId, body.Comment), context.RequestAborted);
            return receipt == FeedbackReceipt.Unknown
                ? throw Unknown(body.RouteId)
                : TypedResults.Json(
                    new FeedbackAnswer(body.RouteId, receipt switch { FeedbackReceipt.Taken => "taken", FeedbackReceipt.Replaced => "replaced", _ => "held_back" }), RouterJson.Default.FeedbackAnswer);
        }).Needs(AccessRoles.Call | AccessRoles.Operate);

        routes.MapDelete("/v1/routes/{id}", async (HttpContext context, string id) =>
        {
            await OwnAsync(context, router(), id);
            if (!await router()!.DeleteAsync(id, context.RequestAborted)) throw Unknown(id);
            await state.Store.Access.RecordAsync(new AuditEntry(context.Caller().AuditName, "route.forget", id), CancellationToken.None);
            return TypedResults.NoContent();
        }).Needs(AccessRoles.Call | AccessRoles.Operate);

        routes.MapGet("/v1/router", async (HttpContext context, int? days) =>
        {
            if (days is < 1 or > 3650) throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"days is {days}; 1 to 3650."));
            return TypedResults.Json(await ViewAsync(state, router(), reports, days ?? UsualDays, context.RequestAborted), RouterJson.Default.RouterView);
        }).Needs(AccessRoles.Operate | AccessRoles.Read);

        routes.MapPost("/v1/router/quarantine", async (HttpContext context) => { return await HoldAsync(context, state, true); }).Needs(AccessRoles.Operate);
        routes.MapPost("/v1/router/release", async (HttpContext context) => { return await HoldAsync(context, state, false); }).Needs(AccessRoles.Operate);
    }

    // A key sees, rates and deletes its own routes; of others it is not even told that there are any.
    private static async Task<RouteRecord> OwnAsync(HttpContext context, Router? router, string id)
    {
        var caller = context.Caller();
        var route = router is null ? null : await router.FindAsync(id, context.RequestAborted);
        var isOwn = route is not null && (caller.Roles.HasFlag(AccessRoles.Operate) || route.Decision.Key == caller.KeyId);
        return isOwn ? route! : throw Unknown(id);
    }

    private static OrchestrationException Unknown(string id) =>
        new(ErrorCodes.NotFound, $"Nothing is kept of a route '{(id.Length > 40 ? id[..40] : id)}' of this key: it was never made here, is too old, or was deleted.");

    private static async Task<IResult> HoldAsync(HttpContext context, SiloState state, bool isHeld)
    {
        var body = await JsonBody.ReadAsync(context, RouterJson.Default.QuarantineBody);
        var kind = body.Kind switch
        {
            "expert" => QuarantineKind.Expert,
            "judge" => QuarantineKind.Judge,
            _ => throw new OrchestrationException(ErrorCodes.Usage, "kind is 'expert' or 'judge'."),
        };
        if (string.IsNullOrWhiteSpace(body.Reason) || body.Reason.Length > MostReasonLength) throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"reason: 1 to {MostReasonLength} characters; it is recorded."));
        if (isHeld && kind == QuarantineKind.Expert && state.Config.Router?.Expert(body.Name) is null)
            throw new OrchestrationException(ErrorCodes.NotFound, $"No expert is called '{(body.Name.Length > 60 ? body.Name[..60] : body.Name)}'.");
        var by = context.Caller().AuditName;
        while (true)
        {
            var now = await state.Store.Routing.QuarantinesAsync(context.RequestAborted);
            var held = now.Held.FirstOrDefault(h => h.Kind == kind && h.Name == body.Name);
            if (held is not null == isHeld) return Answer(now);
            if (await state.Store.Routing.TryChangeAsync(now.Epoch, new QuarantineChange(kind, body.Name, isHeld, body.Reason, by), context.RequestAborted) is not { } changed) continue;
            await state.Store.Access.RecordAsync(
                new AuditEntry(by, isHeld ? "router.quarantine" : "router.release", body.Name, held?.Reason, isHeld ? body.Reason : null), CancellationToken.None);
            return Answer(changed);
        }

        static IResult Answer(QuarantineList list) => TypedResults.Json(View(list), RouterJson.Default.QuarantineAnswer);
    }

    internal static QuarantineAnswer View(QuarantineList list) =>
        new(list.Epoch, [.. list.Held.Select(static h => new QuarantineView(h.Kind == QuarantineKind.Expert ? "expert" : "judge", h.Name, h.Reason, h.By, h.At))]);

    private static async Task<RouterView> ViewAsync(SiloState state, Router? router, RouterReports reports, int days, CancellationToken cancellationToken)
    {
        var since = DateOnly.FromDateTime(state.Options.Time.GetUtcNow().UtcDateTime).AddDays(1 - days);
        var totals = (await state.Store.Routing.TotalsAsync(since, cancellationToken)).GroupBy(static t => t.Expert, StringComparer.Ordinal)
            .Select(static g => g.Aggregate(static (one, more) => one.Plus(more))).OrderBy(static t => t.Expert, StringComparer.Ordinal);
        var ratings = router is null ? null : await router.RatingsAsync(cancellationToken);
        var report = await reports.GetAsync(cancellationToken);
        var config = state.Config.Router;
        return new RouterView(
            [.. config?.Experts.Select(static e => e.Name) ?? []],
            config?.DefaultExpert,
            [.. config?.Policies.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>()],
            since,
            [
                .. totals.Select(static t => new ExpertTotals(
                    t.Expert, t.Routes, t.Failed, t.Explored, t.CostUsd, t.UnknownUsd, t.Routes > t.Failed ? t.LatencySeconds / (t.Routes - t.Failed) : null, t.OutputTokens)),
            ],
            [.. report?.Experts.Select(static e => new ExpertQualityView(e.Expert, Figure(e.Corrected), e.NotCorrected, e.EffectiveRows, Figure(e.OfWhatItWasSent), e.Judged, e.Unscored, Number(e.ExpectedUsd))) ?? []],
            [.. report?.Policies.Select(static p => new PolicyQualityView(p.Policy, p.Judged, p.Unscored, Figure(p.Quality), Number(p.MeanUsd))) ?? []],
            [.. report?.Judges.Select(static j => new RouterJudgeView(j.Judge, j.Scored, Number(j.Mean), j.Unscored)) ?? []],
            [.. report?.Drift.Select(static d => new DriftView(d.IsJudge ? "judge" : "expert", d.Subject, d.ToString(), d.IsWorse, d.Since, d.NoticedAt)) ?? []],
            [.. ratings?.Experts.Select(static r => new ExpertRatingView(r.Expert, r.Ratings, r.Sources, r.Figure)) ?? []],
            [.. ratings?.Sources.Select(static s => new RatingSourceView(s.Source, s.Ratings, s.HeldBack)) ?? []],
            View(await state.Store.Routing.QuarantinesAsync(cancellationToken)),
            [.. (await state.Store.Routing.WritersAsync(cancellationToken)).Select(static w => new WriterView(w.Owner, w.Accepted, w.Written, w.Dropped, w.Waiting, w.HasEnded))]);
    }

    private static FigureView? Figure(Estimate figure) => double.IsNaN(figure.Value) ? null : new FigureView(figure.Value, Number(figure.Lower), Number(figure.Upper));

    private static double? Number(double value) => double.IsFinite(value) ? value : null;
}
