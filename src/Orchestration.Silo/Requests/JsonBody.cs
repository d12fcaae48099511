using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orchestration.Core;

namespace Orchestration.Silo.Requests;

/// <summary>Reads JSON bodies: bounded, and what is wrong is told with its place.</summary>
internal static class JsonBody
{
    /// <summary>Bytes of a body unless an endpoint takes more.</summary>
    public const long UsualBytes = 4 * 1024 * 1024;

    /// <summary>Reads the body of a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="type">What it is; fields that it does not have are refused where the type says so.</param>
    /// <param name="mostBytes">The largest body; a larger one is answered with 413.</param>
    /// <exception cref="OrchestrationException">It is no JSON, or not of this form (<see cref="ErrorCodes.Input"/>).</exception>
    /// <exception cref="BadHttpRequestException">It is too large (413), or of another content type (415).</exception>
    public static async ValueTask<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type, long mostBytes = UsualBytes)
        where T : class
    {
        Limit(context, mostBytes);
        if (!context.Request.HasJsonContentType())
            throw new BadHttpRequestException("The body must be JSON: send 'Content-Type: application/json'.", StatusCodes.Status415UnsupportedMediaType);
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted)
                ?? throw new OrchestrationException(ErrorCodes.Input, "The body is null; it must be an object.");
        }
        catch (JsonException e)
        {
            // The message may quote the body; the place is enough.
            var place = string.Create(CultureInfo.InvariantCulture, $"line {(e.LineNumber ?? 0) + 1}{(e.Path is { Length: > 1 } path ? $", {path}" : "")}");
            throw new OrchestrationException(ErrorCodes.Input, $"The body cannot be read at {place}: {Cause(e)} /openapi/v1.json describes it.", e);
        }
    }

    /// <summary>Bounds the body of a request.</summary>
    public static void Limit(HttpContext context, long mostBytes)
    {
        if (context.Request.ContentLength > mostBytes) throw new BadHttpRequestException("The body is too large.", StatusCodes.Status413PayloadTooLarge);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature) feature.MaxRequestBodySize = mostBytes;
    }

    private static string Cause(JsonException e) =>
        e.Message.Contains("could not be mapped", StringComparison.Ordinal) ? "there is no such field."
        : e.Message.Contains("could not be converted", StringComparison.Ordinal) ? "a value is of another type."
        : e.Message.Contains("missing required", StringComparison.Ordinal) ? $"required fields are missing: {e.Message[(e.Message.LastIndexOf(':') + 1)..].Trim()}"
        : "this is not JSON.";
}
