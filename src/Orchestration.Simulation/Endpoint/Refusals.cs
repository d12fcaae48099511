using System.Buffers;
using System.Globalization;
using Orchestration.Simulation.Endpoint.Limits;
using Orchestration.Simulation.Replies;

namespace Orchestration.Simulation.Endpoint;

/// <summary>A reply that is an error: status, headers and body as real endpoints send them.</summary>
internal readonly record struct Refusal(int Status, string Message, string Type, string? Code, string? Parameter, string? Page = null)
{
    /// <summary>The number of requests a day that <see cref="ScriptedFault.DailyLimit"/> speaks of.</summary>
    public const int DailyLimit = 10_000;

    /// <summary>The error that a fault is; null for faults of another kind.</summary>
    public static Refusal? Of(ScriptedFault fault) => fault switch
    {
        ScriptedFault.TooManyRequests or ScriptedFault.RetryAfterSeconds or ScriptedFault.RetryAfterDate or ScriptedFault.RetryAfterMilliseconds
            or ScriptedFault.AzureRetryAfterMilliseconds => new Refusal(429, "Rate limit reached for requests. Please try again later.", "requests", "rate_limit_exceeded", null),
        ScriptedFault.DailyLimit => LimitHeaders.Daily("this model", DailyLimit, TimeSpan.Zero),
        ScriptedFault.RequestTimeout => new Refusal(408, "The request took too long to arrive.", "timeout", null, null),
        ScriptedFault.Conflict => new Refusal(409, "The resource was changed by another request.", "conflict", null, null),
        ScriptedFault.ServerError => new Refusal(500, "The server had an error while processing your request.", "server_error", null, null),
        ScriptedFault.BadGateway => new Refusal(502, "", "", null, null, "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"),
        ScriptedFault.Overloaded => new Refusal(503, "The engine is currently overloaded, please try again later.", "overloaded", null, null),
        ScriptedFault.GatewayTimeout => new Refusal(504, "", "", null, null, "<html><head><title>504 Gateway Time-out</title></head><body>504 Gateway Time-out</body></html>"),
        ScriptedFault.ContentFilter => new Refusal(400, "The response was filtered due to the prompt triggering the content management policy.", "invalid_request_error", "content_filter", "prompt"),
        ScriptedFault.ContextLength => new Refusal(400, "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.", "invalid_request_error", "context_length_exceeded", "messages"),
        ScriptedFault.BadRequest => new Refusal(400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "invalid_request_error", "unsupported_parameter", "max_tokens"),
        ScriptedFault.Unprocessable => new Refusal(422, "The request could not be processed.", "invalid_request_error", null, null),
        ScriptedFault.InvalidKey => new Refusal(401, "Incorrect API key provided: sk-scri************pted.", "invalid_request_error", "invalid_api_key", null),
        ScriptedFault.Forbidden => new Refusal(403, "Your organization does not have access to this model.", "permission_error", null, null),
        ScriptedFault.UnknownModel => new Refusal(404, "The model does not exist or you do not have access to it.", "invalid_request_error", "model_not_found", "model"),
        ScriptedFault.ExhaustedAccount => new Refusal(429, "You exceeded your current quota, please check your plan and billing details.", "insufficient_quota", "insufficient_quota", null),
        _ => null,
    };

    /// <summary>Writes the error's body.</summary>
    public void Write(IBufferWriter<byte> output) => CompletionWriter.Error(output, Message, Type, Code, Parameter);

    /// <summary>The header by which a fault asks its caller to wait; null for none.</summary>
    public static (string Name, string Value)? Header(ScriptedFault fault, TimeSpan wait, DateTimeOffset now)
    {
        var culture = CultureInfo.InvariantCulture;
        return fault switch
        {
            ScriptedFault.RetryAfterSeconds or ScriptedFault.Overloaded => ("Retry-After", Math.Ceiling(wait.TotalSeconds).ToString(culture)),
            ScriptedFault.RetryAfterDate => ("Retry-After", (now + wait).UtcDateTime.ToString("r", culture)),
            ScriptedFault.RetryAfterMilliseconds => ("retry-after-ms", Math.Ceiling(wait.TotalMilliseconds).ToString(culture)),
            ScriptedFault.AzureRetryAfterMilliseconds => ("x-ms-retry-after-ms", Math.Ceiling(wait.TotalMilliseconds).ToString(culture)),
            _ => null,
        };
    }
}
