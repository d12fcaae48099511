using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orchestration.Core.Access;
using Orchestration.Core.Sweeps;
using Orchestration.Silo.Hosting;

namespace Orchestration.Silo.Access;

/// <summary><c>GET /v1/me</c>: who the caller is to this silo, and what he may do. Any key may ask.</summary>
internal static class MeEndpoint
{
    public static void MapMe(this IEndpointRouteBuilder routes, SiloState state) => routes.MapGet("/v1/me", (HttpContext context) =>
    {
        var caller = context.Caller();
        return TypedResults.Json(
            new MeView(
                caller.KeyId, caller.Name, AccessRoleNames.List(caller.Roles), state.Options.IsOpen, state.Store.Owner, SweepDefinition.ProductVersion,
                caller.Limits.RequestsPerMinute, caller.Limits.Concurrent, caller.Limits.UsdPerDay),
            MeJson.Default.MeView);
    }).Needs(AccessRoles.All);
}

/// <summary>A caller, and the silo that answers him.</summary>
internal sealed record MeView(string KeyId, string Name, IReadOnlyList<string> Roles, bool IsOpen, string Silo, string Version, int? RequestsPerMinute, int? Concurrent, decimal? UsdPerDay);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(MeView))]
internal sealed partial class MeJson : JsonSerializerContext;
