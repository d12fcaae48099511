using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orchestration.Core;
using Orchestration.Silo.Access;

namespace Orchestration.Silo.Errors;

/// <summary>Errors as problem details (RFC 9457) or in OpenAI's shape, whichever the endpoint speaks.</summary>
internal static class ErrorAnswers
{
    private const string ProblemType = "application/problem+json";

    // Quotes and apostrophes as they are: the text is JSON to a program, never a part of a page.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The status that one of <see cref="ErrorCodes"/> is answered with.</summary>
    public static int StatusOf(string code) => code switch
    {
        ErrorCodes.NotFound => StatusCodes.Status404NotFound,
        ErrorCodes.SpendCap => StatusCodes.Status402PaymentRequired,
        ErrorCodes.Deployment => StatusCodes.Status502BadGateway,
        ErrorCodes.Store => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status400BadRequest,
    };

    /// <summary>Writes an error, unless the answer has begun.</summary>
    /// <param name="context">The request.</param>
    /// <param name="rule">The endpoint's; null for problem details.</param>
    /// <param name="status">HTTP status.</param>
    /// <param name="code">Stable, in snake_case.</param>
    /// <param name="message">What is wrong, and the cure.</param>
    public static async Task WriteAsync(HttpContext context, AccessRule? rule, int status, string code, string message)
    {
        if (context.Response.HasStarted) return;
        var body = rule is { IsOpenAi: true } ? OpenAi(status, code, message) : Problem(status, code, message, context.Request.Path);
        context.Response.StatusCode = status;
        context.Response.ContentType = rule is { IsOpenAi: true } ? "application/json" : ProblemType;
        context.Response.ContentLength = body.WrittenCount;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        await context.Response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }

    /// <summary>429, with how long to wait in whole seconds, at least one.</summary>
    public static Task WriteBusyAsync(HttpContext context, AccessRule? rule, TimeSpan wait, string message)
    {
        context.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return WriteAsync(context, rule, StatusCodes.Status429TooManyRequests, "rate_limit_exceeded", message);
    }

    private static ArrayBufferWriter<byte> OpenAi(int status, string code, string message)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, Readable);
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("message", message);
        json.WriteString("type", status switch
        {
            StatusCodes.Status401Unauthorized => "authentication_error",
            StatusCodes.Status403Forbidden => "permission_error",
            StatusCodes.Status402PaymentRequired => "insufficient_quota",
            StatusCodes.Status429TooManyRequests => "rate_limit_error",
            >= 500 => "server_error",
            _ => "invalid_request_error",
        });
        json.WriteNull("param");
        json.WriteString("code", code);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer;
    }

    private static ArrayBufferWriter<byte> Problem(int status, string code, string message, PathString path)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, Readable);
        json.WriteStartObject();
        json.WriteString("type", "about:blank");
        json.WriteString("title", Title(status));
        json.WriteNumber("status", status);
        json.WriteString("detail", message);
        json.WriteString("instance", path.Value);
        json.WriteString("code", code);
        json.WriteEndObject();
        json.Flush();
        return buffer;
    }

    private static string Title(int status) => Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status);
}
