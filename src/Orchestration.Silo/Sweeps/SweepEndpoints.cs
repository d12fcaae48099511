using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;
using Orchestration.Silo.Access;
using Orchestration.Silo.Hosting;
using Orchestration.Silo.Requests;

namespace Orchestration.Silo.Sweeps;

/// <summary><c>/v1/sweeps</c>: start, follow, read, pause, resume, cancel.</summary>
internal static class SweepEndpoints
{
    /// <summary>The largest upload of rows: 1 GiB.</summary>
    private const long MostBytes = 1L << 30;

    private static long _uploads;

    public static void MapSweeps(this IEndpointRouteBuilder routes, SiloState state, SweepStarter starter)
    {
        var events = new SweepEvents(state);
        var sweeps = routes.MapGroup("/v1/sweeps");
        sweeps.MapPost("", async (HttpContext context) => { return await StartAsync(context, state, starter); }).Needs(AccessRoles.Judge);
        sweeps.MapPost("/estimate", async (HttpContext context) => { return await EstimateAsync(context, state, starter); }).Needs(AccessRoles.Judge);
        routes.MapGet("/v1/data-sets", () => TypedResults.Json(
            new DataSetList([.. state.Config.DataSets.Values.OrderBy(static d => d.Name, StringComparer.Ordinal).Select(static d => new DataSetView(d.Name, d.Kind == DataKind.Pairs ? "pairs" : "comparisons"))]),
            SweepJson.Default.DataSetList)).Needs(AccessRoles.Judge | AccessRoles.Read);
        sweeps.MapGet("", async (HttpContext context) =>
        {
            var known = await state.Store.Sweeps.ListAsync(context.RequestAborted);
            return TypedResults.Json(new SweepList([.. known.Where(static s => s.State != SweepState.Registering).Select(SweepViews.Head)]), SweepJson.Default.SweepList);
        }).Needs(AccessRoles.Judge | AccessRoles.Read);
        sweeps.MapGet("/{id}", async (HttpContext context, string id) => TypedResults.Json(
            await SweepViews.WholeAsync(state.Store, await SweepViews.FindAsync(state.Store, id, context.RequestAborted), context.RequestAborted), SweepJson.Default.SweepView))
            .Needs(AccessRoles.Judge | AccessRoles.Read);
        sweeps.MapGet("/{id}/events", async (HttpContext context, string id) => await events.WriteAsync(context, await SweepViews.FindAsync(state.Store, id, context.RequestAborted)))
            .Needs(AccessRoles.Judge | AccessRoles.Read);
        sweeps.MapGet("/{id}/results", (HttpContext context, string id) => ResultsAsync(context, state, id)).Needs(AccessRoles.Judge | AccessRoles.Read);
        sweeps.MapPost("/{id}/pause", (HttpContext context, string id) => ChangeAsync(context, state, id, "sweep.pause", SweepState.Interrupted, SweepState.Running)).Needs(AccessRoles.Judge);
        sweeps.MapPost("/{id}/cancel", (HttpContext context, string id) => ChangeAsync(context, state, id, "sweep.cancel", SweepState.Cancelled, SweepState.Running, SweepState.Interrupted, SweepState.Capped))
            .Needs(AccessRoles.Judge);
        sweeps.MapPost("/{id}/resume", (HttpContext context, string id) => ResumeAsync(context, state, starter, id)).Needs(AccessRoles.Judge);
    }

    private static async Task<IResult> StartAsync(HttpContext context, SiloState state, SweepStarter starter)
    {
        var (sweep, report) = await WithRowsAsync(context, state, (body, rows) => starter.StartAsync(body, rows, context.Caller(), context.RequestAborted));
        var view = await SweepViews.WholeAsync(state.Store, sweep, context.RequestAborted);
        context.Response.Headers.Location = $"/v1/sweeps/{sweep.Id}";
        return TypedResults.Json(
            view with { RejectedByReason = report.Rejected == 0 ? null : report.RejectedByReason, Warnings = report.Warnings.Count == 0 ? null : report.Warnings },
            SweepJson.Default.SweepView, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> EstimateAsync(HttpContext context, SiloState state, SweepStarter starter) => TypedResults.Json(
        await WithRowsAsync(context, state, (body, rows) => starter.EstimateAsync(body, rows, context.RequestAborted)), SweepJson.Default.EstimateView);

    /// <summary>Reads what a sweep is asked to be, and the rows where they come with the request.</summary>
    private static async Task<T> WithRowsAsync<T>(HttpContext context, SiloState state, Func<SweepBody, Stream?, Task<T>> make)
    {
        if (context.Request.HasJsonContentType()) return await make(await JsonBody.ReadAsync(context, SweepJson.Default.SweepBody), null);
        if (context.Request.ContentType?.Split(';')[0].Trim() is not ("application/x-ndjson" or "application/jsonl" or "application/x-jsonlines" or "text/csv"))
            throw new BadHttpRequestException("Send rows as application/x-ndjson (or text/csv), or a description of the sweep as application/json.", StatusCodes.Status415UnsupportedMediaType);
        JsonBody.Limit(context, MostBytes);
        var asked = OfQuery(context.Request.Query);

        // To the disk first: the reader of rows is not made to wait for a slow sender, and a sample reads twice.
        await using var file = new FileStream(
            Path.Combine(state.Options.LocalFolder, string.Create(CultureInfo.InvariantCulture, $"upload-{state.Store.Owner}-{Interlocked.Increment(ref _uploads)}")), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        await context.Request.Body.CopyToAsync(file, context.RequestAborted);
        file.Position = 0;
        return await make(asked, file);
    }

    private static async Task ResultsAsync(HttpContext context, SiloState state, string id)
    {
        var sweep = await SweepViews.FindAsync(state.Store, id, context.RequestAborted);
        context.Response.ContentType = "application/x-ndjson";
        context.Response.Headers["x-sweep-state"] = SweepSummary.StateText(sweep.State);
        await new SweepResults(state.Store.Sweeps).CopyRowsAsync(sweep, context.Response.Body, context.RequestAborted);
    }

    private static async Task<JsonHttpResult<SweepView>> ChangeAsync(HttpContext context, SiloState state, string id, string action, SweepState to, params SweepState[] from)
    {
        var sweep = await SweepViews.FindAsync(state.Store, id, context.RequestAborted);
        foreach (var one in from)
        {
            if (!await state.Store.Sweeps.TryChangeStateAsync(id, one, to, context.RequestAborted)) continue;
            await state.Store.Access.RecordAsync(new AuditEntry(context.Caller().AuditName, action, id, SweepSummary.StateText(one), SweepSummary.StateText(to)), CancellationToken.None);
            return await ViewAsync(context, state, id);
        }

        // Asked for again: it is so already.
        if (sweep.State == to) return await ViewAsync(context, state, id);
        throw new OrchestrationException(ErrorCodes.Usage, $"Sweep {id} is {SweepSummary.StateText(sweep.State)}; only one that is {string.Join(" or ", from.Select(SweepSummary.StateText))} can become {SweepSummary.StateText(to)}.");
    }

    private static async Task<JsonHttpResult<SweepView>> ResumeAsync(HttpContext context, SiloState state, SweepStarter starter, string id)
    {
        var body = context.Request.ContentLength is > 0 ? await JsonBody.ReadAsync(context, SweepJson.Default.ResumeBody) : new ResumeBody();
        var sweep = await SweepViews.FindAsync(state.Store, id, context.RequestAborted);
        if (sweep.State is SweepState.Cancelled or SweepState.Registering) throw new OrchestrationException(ErrorCodes.Usage, $"Sweep {id} is {SweepSummary.StateText(sweep.State)} and cannot be resumed.");
        if (body.MaxCostUsd is <= 0) throw new OrchestrationException(ErrorCodes.Usage, "max_cost_usd: US dollars, more than 0.");
        var caller = context.Caller();
        if (body.MaxCostUsd is { } cap)
        {
            var before = await state.Store.Spending.StatusAsync(id, context.RequestAborted);
            await starter.ChargeAsync(caller, cap - (before.CapUsd ?? before.SettledUsd + before.UnknownUsd), context.RequestAborted);
            await state.Store.Spending.SetCapAsync(id, cap, context.RequestAborted);
        }
        else if (body.RetryUnscored && caller.Limits.UsdPerDay is not null)
        {
            throw new OrchestrationException(ErrorCodes.Usage, "This key has a budget a day: state max_cost_usd with retry_unscored.");
        }

        if (body.RetryUnscored) await state.Store.Sweeps.ReopenUnscoredAsync(id, context.RequestAborted);
        foreach (var from in new[] { SweepState.Interrupted, SweepState.Capped }) await state.Store.Sweeps.TryChangeStateAsync(id, from, SweepState.Running, context.RequestAborted);
        await state.Store.Access.RecordAsync(
            new AuditEntry(
                caller.AuditName, "sweep.resume", id, SweepSummary.StateText(sweep.State),
                string.Create(CultureInfo.InvariantCulture, $"running{(body.MaxCostUsd is { } most ? $", at most ${most}" : "")}{(body.RetryUnscored ? ", unscored asked again" : "")}")),
            CancellationToken.None);
        return await ViewAsync(context, state, id);
    }

    private static async Task<JsonHttpResult<SweepView>> ViewAsync(HttpContext context, SiloState state, string id) => TypedResults.Json(
        await SweepViews.WholeAsync(state.Store, await SweepViews.FindAsync(state.Store, id, context.RequestAborted), context.RequestAborted), SweepJson.Default.SweepView);

    private static SweepBody OfQuery(IQueryCollection query)
    {
        string[] known = ["kind", "judges", "aggregator", "follow_active", "min_coverage", "max_cost_usd", "priority", "limit", "sample", "seed", "keep"];
        if (query.Keys.FirstOrDefault(k => !known.Contains(k, StringComparer.Ordinal) && !k.StartsWith("map.", StringComparison.Ordinal)) is { } other)
            throw new OrchestrationException(ErrorCodes.Usage, $"The query has '{other}'. With rows in the body it may have {string.Join(", ", known)} and map.OURS=THEIRS.");
        return new SweepBody
        {
            Kind = Text("kind"),
            Judges = Words("judges"),
            Aggregator = Text("aggregator"),
            FollowActive = Text("follow_active") == "true",
            MinCoverage = Number<double>("min_coverage"),
            MaxCostUsd = Number<decimal>("max_cost_usd"),
            Priority = Number<int>("priority"),
            Limit = Number<long>("limit"),
            Sample = Number<long>("sample"),
            Seed = Number<long>("seed"),
            Keep = Words("keep"),
            Map = query.Where(static q => q.Key.StartsWith("map.", StringComparison.Ordinal)).ToDictionary(static q => q.Key[4..], static q => q.Value.ToString(), StringComparer.Ordinal),
        };

        string? Text(string name) => query.TryGetValue(name, out var value) ? value.ToString() : null;

        string[] Words(string name) => Text(name)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

        T? Number<T>(string name)
            where T : struct, ISpanParsable<T> => Text(name) is not { } text ? null
            : T.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value
            : throw new OrchestrationException(ErrorCodes.Usage, $"{name} is '{(text.Length > 40 ? text[..40] : text)}', which is no number.");
    }
}
