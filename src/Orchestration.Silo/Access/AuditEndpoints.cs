using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Silo.Hosting;

namespace Orchestration.Silo.Access;

/// <summary><c>/v1/audit</c>: who changed what, and when.</summary>
internal static class AuditEndpoints
{
    private const int Usual = 100;
    private const int Most = 1000;

    public static void MapAudit(this IEndpointRouteBuilder routes, SiloState state) =>
        routes.MapGet("/v1/audit", (HttpContext context, int? limit, long? before, string? subject) => ListAsync(state, limit, before, subject, context.RequestAborted)).Needs(AccessRoles.Read);

    private static async Task<JsonHttpResult<AuditPage>> ListAsync(SiloState state, int? limit, long? before, string? subject, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > Most) throw new OrchestrationException(ErrorCodes.Usage, $"limit is {limit}; it is a number of entries, 1 to {Most}.");
        var entries = await state.Store.Access.AuditAsync(new AuditQuery(limit ?? Usual, before, subject), cancellationToken);
        return TypedResults.Json(
            new AuditPage([.. entries.Select(static e => new AuditLine(e.Number, e.At, e.By, e.Action, e.Subject, e.Before, e.After))], entries.Count == (limit ?? Usual) ? entries[^1].Number : null),
            AuditJson.Default.AuditPage);
    }
}

/// <summary>Entries, newest first.</summary>
/// <param name="Entries">The entries.</param>
/// <param name="NextBefore">What to give as <c>before</c> for older ones; null where there are none.</param>
internal sealed record AuditPage(IReadOnlyList<AuditLine> Entries, long? NextBefore);

/// <summary>One change.</summary>
internal sealed record AuditLine(long Number, DateTimeOffset At, string By, string Action, string Subject, string? Before, string? After);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(AuditPage))]
internal sealed partial class AuditJson : JsonSerializerContext;
