using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Orchestration.Silo.Gateway.Errors;

/// <summary>An error in OpenAI's form: <c>{"error":{"message","type","param","code"}}</c>.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Type">OpenAI's type: what clients sort errors by.</param>
/// <param name="Code">A stable code; null where there is none.</param>
/// <param name="Message">What is wrong, and the cure.</param>
internal sealed record GatewayError(int Status, string Type, string? Code, string Message)
{
    public const string InvalidRequest = "invalid_request_error";
    public const string Upstream = "upstream_error";
    public const string RateLimit = "rate_limit_error";
    public const string Quota = "insufficient_quota";

    /// <summary>The parameter that is at fault.</summary>
    public string? Parameter { get; init; }

    /// <summary>When it is worth asking again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public static GatewayError Invalid(string code, string message, string? parameter = null) =>
        new(StatusCodes.Status400BadRequest, InvalidRequest, code, message) { Parameter = parameter };

    public void Write(IBufferWriter<byte> buffer)
    {
        // Quotes stay readable: this is no page.
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, Message);
        json.WriteString("type"u8, Type);
        json.WriteString("param"u8, Parameter);
        json.WriteString("code"u8, Code);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Answers with it.</summary>
    public async Task SendAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        var body = new ArrayBufferWriter<byte>(256);
        Write(body);
        response.StatusCode = Status;
        response.ContentType = "application/json";
        response.ContentLength = body.WrittenCount;
        if (RetryAfter is { } wait) response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString("0", CultureInfo.InvariantCulture);
        await response.Body.WriteAsync(body.WrittenMemory, cancellationToken);
    }
}
