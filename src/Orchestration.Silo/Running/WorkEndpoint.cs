using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orchestration.Core.Access;
using Orchestration.Silo.Access;
using Orchestration.Silo.Hosting;

namespace Orchestration.Silo.Running;

/// <summary><c>GET /v1/work</c>: how much work waits, for whoever starts and stops workers.</summary>
internal static class WorkEndpoint
{
    public static void MapWork(this IEndpointRouteBuilder routes, SiloState state) => routes.MapGet("/v1/work", async (HttpContext context) =>
    {
        var open = await state.Store.Sweeps.OpenAsync(context.RequestAborted);
        return TypedResults.Json(new WorkView(open.Count, open.Sum(static s => s.Open), open.Sum(static s => s.Held)), WorkJson.Default.WorkView);
    }).NeedsOrScaler(AccessRoles.Judge | AccessRoles.Read);
}

/// <summary>What waits.</summary>
/// <param name="Sweeps">Running sweeps with shards that are not done.</param>
/// <param name="Shards">Those shards, in work or not; counted to some thousands a sweep.</param>
/// <param name="InWork">Of these, in work.</param>
internal sealed record WorkView(int Sweeps, int Shards, int InWork);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WorkView))]
internal sealed partial class WorkJson : JsonSerializerContext;
