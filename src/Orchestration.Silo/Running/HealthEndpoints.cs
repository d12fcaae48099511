using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orchestration.Silo.Access;
using Orchestration.Silo.Hosting;

namespace Orchestration.Silo.Running;

/// <summary><c>/health/live</c> and <c>/health/ready</c>: for whoever starts, stops and sends traffic to silos. They need no key and tell nothing else.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes, SiloState state)
    {
        routes.MapGet("/health/live", static () => TypedResults.Text("live")).NeedsNoKey();
        routes.MapGet("/health/ready", IResult () => state.IsDraining ? TypedResults.Text("draining", statusCode: StatusCodes.Status503ServiceUnavailable) : TypedResults.Text("ready")).NeedsNoKey();
    }
}
