using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orchestration.Core.Access;
using Orchestration.Silo.Access;

namespace Orchestration.Silo.Gateway;

/// <summary>What clients of OpenAI ask for, and what is known of a route.</summary>
internal static class GatewayEndpoints
{
    /// <summary>Maps them. Plain delegates: nothing is bound, nothing is buffered that the gateway does not read itself.</summary>
    /// <param name="routes">Where.</param>
    /// <param name="gateway">Serves.</param>
    /// <param name="callerOf">Who asks.</param>
    public static void MapGateway(this IEndpointRouteBuilder routes, Gateway gateway, Func<HttpContext, GatewayCaller> callerOf)
    {
        routes.MapPost("/v1/chat/completions", http => gateway.AdmitAsync(http, request => gateway.Chat.ServeAsync(request, callerOf(request)))).NeedsAsOpenAi(AccessRoles.Call);
        routes.MapPost("/v1/embeddings", http => gateway.AdmitAsync(http, request => gateway.Embeddings.ServeAsync(request, callerOf(request)))).NeedsAsOpenAi(AccessRoles.Call);
        routes.MapGet("/v1/models", http => ModelList.ListAsync(http, gateway.Setup, callerOf(http))).NeedsAsOpenAi(AccessRoles.All);
        routes.MapGet("/v1/models/{model}", http => ModelList.ShowAsync(http, gateway.Setup, callerOf(http), (string)http.GetRouteValue("model")!)).NeedsAsOpenAi(AccessRoles.All);
        routes.MapGet("/v1/routes/{id}", http => RouteView.ShowAsync(http, gateway.Setup, callerOf(http), (string)http.GetRouteValue("id")!)).NeedsAsOpenAi(AccessRoles.Call | AccessRoles.Operate | AccessRoles.Read);
    }
}
