using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orchestration.Core.Access;
using Orchestration.Core.Judging.Code;
using Orchestration.Silo.Access;
using Orchestration.Silo.Hosting;
using Orchestration.Silo.Requests;

namespace Orchestration.Silo.Judging;

/// <summary><c>/v1/judge</c>, <c>/v1/compare</c>, <c>/v1/judges</c>.</summary>
internal static class JudgeEndpoints
{
    public static void MapJudging(this IEndpointRouteBuilder routes, SiloState state, SiloJudges judges, JudgeService service, JudgeReports reports)
    {
        routes.MapPost("/v1/judge", async (HttpContext context) =>
        {
            var body = await JsonBody.ReadAsync(context, JudgeJson.Default.JudgeBody);
            return TypedResults.Json(await service.JudgeAsync(body, context.Caller(), context.RequestAborted), JudgeJson.Default.JudgeAnswer);
        }).Needs(AccessRoles.Judge);

        routes.MapPost("/v1/compare", async (HttpContext context) =>
        {
            var body = await JsonBody.ReadAsync(context, JudgeJson.Default.CompareBody);
            return TypedResults.Json(await service.CompareAsync(body, context.Caller(), context.RequestAborted), JudgeJson.Default.CompareAnswer);
        }).Needs(AccessRoles.Judge);

        routes.MapGet("/v1/judges/report", async (HttpContext context) => { return TypedResults.Json(await reports.GetAsync(context.RequestAborted), JudgeJson.Default.JudgeReportAnswer); })
            .Needs(AccessRoles.Judge | AccessRoles.Operate | AccessRoles.Read);

        routes.MapGet("/v1/judges", () => TypedResults.Json(
            new JudgesAnswer(
                judges.Config.JudgeSets, Sorted(judges.Config.Panels.Keys), [.. CodeJudges.All.Select(static j => j.Id)], Sorted(judges.Rubrics.Rubrics.Select(static r => r.Id)), Sorted(judges.Config.Deployments.Keys),
                [.. service.Tally.List().Select(static t => new JudgeHealth(t.Judge, t.Scored, t.Unscored))],
                [.. state.Board.Waits.Select(static w => new WaitLine(w.Deployment, w.Reason, w.Since, w.NextTry))]),
            JudgeJson.Default.JudgesAnswer)).Needs(AccessRoles.Judge | AccessRoles.Read);
    }

    private static string[] Sorted(IEnumerable<string> names) => [.. names.Order(StringComparer.Ordinal)];
}
