using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Core.Sweeps.Browsing;
using Orchestration.Silo.Access;
using Orchestration.Silo.Hosting;
using Orchestration.Silo.Judging;
using Orchestration.Silo.Requests;

namespace Orchestration.Silo.Sweeps.Browsing;

/// <summary><c>/v1/sweeps/{id}/pairs</c> and <c>…/statistics</c>: the finished rows of a sweep, paged and searched in the store, and what they come to.</summary>
internal static class PairEndpoints
{
    private const int UsualRows = 50;
    private const int MostRows = 500;
    private const int MostText = 500;

    /// <summary>Pages, rows and sums being made at a silo at once; each reads shards on as many threads as there are.</summary>
    private const int MostAtOnce = 16;

    private static readonly TimeSpan UsualBudget = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan MostBudget = TimeSpan.FromSeconds(10);

    private static readonly string[] Known = ["from", "limit", "budget_ms", "q", "in", "judge", "score_min", "score_max", "unscored", "without_score", "category", "source"];

    public static void MapPairs(this IEndpointRouteBuilder routes, SiloState state, SiloJudges judges)
    {
        var browser = new SweepBrowser(state.Store.Sweeps, state.Options.Time);
        var rows = new PairReader(state, judges, browser);
        var room = new Bulkhead(MostAtOnce);
        var sweeps = routes.MapGroup("/v1/sweeps/{id}").Needs(AccessRoles.Judge | AccessRoles.Read);
        sweeps.MapGet("/pairs", (HttpContext context, string id) => InRoomAsync(room, async () =>
        {
            var query = context.Request.Query;
            var (filter, from, limit, budget) = Ask(query);
            var begun = state.Options.Time.GetTimestamp();
            var sweep = await SweepViews.FindAsync(state.Store, id, context.RequestAborted);
            var page = await browser.PageAsync(sweep, filter, from, limit, budget, context.RequestAborted);
            return TypedResults.Json(PairReader.View(sweep, page, state.Options.Time.GetElapsedTime(begun)), PairJson.Default.PairPage);
        }));
        sweeps.MapGet("/pairs/{at}", (HttpContext context, string id, string at) => InRoomAsync(room, async () =>
        {
            var sweep = await SweepViews.FindAsync(state.Store, id, context.RequestAborted);
            var row = RowPlace.TryParse(at, out var place) ? await browser.RowAsync(sweep, place, context.RequestAborted) : null;
            if (row is null) throw new OrchestrationException(ErrorCodes.NotFound, $"Sweep {id} has no finished row '{(at.Length > 40 ? at[..40] : at)}'. GET /v1/sweeps/{id}/pairs lists those there are.");
            return TypedResults.Json(await rows.ViewAsync(sweep, row, context.RequestAborted), PairJson.Default.PairView);
        }));
        sweeps.MapGet("/statistics", (HttpContext context, string id) => InRoomAsync(room, async () =>
        {
            var sweep = await SweepViews.FindAsync(state.Store, id, context.RequestAborted);
            var (view, isWhole) = await browser.StatisticsAsync(sweep, UsualBudget, sum => PairReader.View(sweep, sum), context.RequestAborted);
            return TypedResults.Json(view with { IsWhole = isWhole }, PairJson.Default.StatisticsView);
        }));
    }

    private static async Task<IResult> InRoomAsync(Bulkhead room, Func<Task<IResult>> read)
    {
        if (!room.TryTake(1)) throw new BusyException("As many rows of sweeps are being read at this silo as it reads at once. Try again.", TimeSpan.FromSeconds(1));
        try
        {
            return await read();
        }
        finally
        {
            room.Return(1);
        }
    }

    private static (PairFilter Filter, RowPlace From, int Limit, TimeSpan Budget) Ask(IQueryCollection query)
    {
        if (query.Keys.FirstOrDefault(static k => !Known.Contains(k, StringComparer.Ordinal)) is { } other)
            throw Wrong($"The query has '{(other.Length > 40 ? other[..40] : other)}'. It may have {string.Join(", ", Known)}.");
        var from = RowPlace.First;
        if (Text("from") is { } cursor && !RowPlace.TryParse(cursor, out from)) throw Wrong("from: what 'next' of the page before said.");
        var limit = (int)(Number("limit", 1, MostRows) ?? UsualRows);
        var budget = Number("budget_ms", 1, MostBudget.TotalMilliseconds) is { } ms ? TimeSpan.FromMilliseconds(ms) : UsualBudget;
        var filter = new PairFilter
        {
            Judge = Text("judge"),
            ScoreMin = Number("score_min", double.MinValue, double.MaxValue),
            ScoreMax = Number("score_max", double.MinValue, double.MaxValue),
            Unscored = Text("unscored"),
            WithoutScore = Text("without_score") switch { null or "false" => false, "true" => true, _ => throw Wrong("without_score: true or false.") },
            Category = Text("category"),
            Source = Text("source"),
            Text = Text("q"),
            In = Text("in") is { } places ? Places(places) : SearchedTexts.All,
        };
        if (filter.Judge is not null && filter.Unscored is null && filter.ScoreMin is null && filter.ScoreMax is null) throw Wrong("judge: say with it what of the judge is wanted: score_min, score_max or unscored.");
        return (filter, from, limit, budget);

        string? Text(string name)
        {
            if (!query.TryGetValue(name, out var value) || value.ToString() is not { Length: > 0 } text) return null;
            return text.Length <= MostText ? text : throw Wrong(string.Create(CultureInfo.InvariantCulture, $"{name}: at most {MostText} characters."));
        }

        double? Number(string name, double least, double most) => Text(name) is not { } text ? null
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value
            : throw Wrong(string.Create(CultureInfo.InvariantCulture, $"{name}: a number{(most == double.MaxValue ? "" : $" from {least} to {most}")}."));
    }

    private static SearchedTexts Places(string text) => text.Split(',', StringSplitOptions.TrimEntries).Aggregate(SearchedTexts.None, static (all, place) => all | place switch
    {
        "id" => SearchedTexts.Id,
        "prompt" => SearchedTexts.Prompt,
        "answer" => SearchedTexts.Answer,
        _ => throw Wrong("in: some of id, prompt, answer."),
    });

    private static OrchestrationException Wrong(string message) => new(ErrorCodes.Usage, message);
}
