using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orchestration.Core;
using Orchestration.Silo.Access;
using Orchestration.Silo.Hosting;

namespace Orchestration.Silo.Running;

/// <summary><c>/health/live</c> and <c>/health/ready</c>: for whoever starts, stops and sends traffic to silos. They need no key and tell nothing else.</summary>
internal static class HealthEndpoints
{
    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(2);

    public static void MapHealth(this IEndpointRouteBuilder routes, SiloState state)
    {
        routes.MapGet("/health/live", static () => TypedResults.Text("live")).NeedsNoKey();
        routes.MapGet("/health/ready", async (HttpContext context) => await ProblemAsync(state, context.RequestAborted) is { } problem
            ? TypedResults.Text(problem, statusCode: StatusCodes.Status503ServiceUnavailable)
            : TypedResults.Text("ready")).NeedsNoKey();
    }

    /// <summary>Why the silo should get no traffic; null where it should. A configuration that was refused is no reason: the one before counts.</summary>
    private static async Task<string?> ProblemAsync(SiloState state, CancellationToken cancellationToken)
    {
        if (state.IsDraining) return "draining";
        using var patience = new CancellationTokenSource(StorePatience, state.Options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await state.Store.Access.VersionAsync(either.Token);
            return null;
        }
        catch (OrchestrationException e) when (e.Code == ErrorCodes.Store)
        {
            return "the store does not answer";
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return "the store does not answer";
        }
    }
}
