using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orchestration.Silo.Access;

namespace Orchestration.Silo.OpenApi;

/// <summary>
/// <c>/openapi/v1.json</c>: the description of every endpoint. Written by hand, because half of the endpoints pass bodies through that no type describes; a
/// test compares it with the routes and its examples with its schemas.
/// </summary>
internal static class OpenApiEndpoint
{
    private const string Resource = "openapi.json";

    private static readonly Lazy<byte[]> Document = new(Read);

    public static void MapOpenApi(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/openapi/v1.json", static () => TypedResults.Bytes(Document.Value, "application/json")).NeedsNoKey();

    private static byte[] Read()
    {
        using var stream = typeof(OpenApiEndpoint).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException("The description of the endpoints is not in the assembly.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
