using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Backends.Exchanges;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Backends.Chat;

/// <summary>Writes the body of a chat completion.</summary>
internal sealed class ChatRequestWriter(DeploymentConfig config)
{
    private static readonly JsonWriterOptions Options = new()
    {
        // Texts go as they are, in UTF-8; nothing here is ever put into a web page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    // Writers are reusable and not small; one per thread at a time is enough, because writing never waits.
    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    private readonly JsonEncodedText _limit = JsonEncodedText.Encode(config.OutputLimit == OutputLimitParameter.MaxCompletionTokens ? "max_completion_tokens" : "max_tokens");

    /// <summary>Writes a call.</summary>
    /// <param name="body">Where to.</param>
    /// <param name="model">What the endpoint calls the model.</param>
    /// <param name="request">The call.</param>
    public void Write(IBufferWriter<byte> body, string model, ChatRequest request)
    {
        var json = _writer ??= new Utf8JsonWriter(body, Options);
        json.Reset(body);
        json.WriteStartObject();
        json.WriteString("model"u8, model);
        json.WriteStartArray("messages"u8);
        if (request.System.Length > 0) Message(json, "system", request.System);
        User(json, request.User);
        foreach (var turn in request.Continuation) Message(json, turn.Role, turn.Content);
        json.WriteEndArray();
        json.WriteNumber(_limit, request.MaxOutputTokens);
        if (request.Temperature is { } temperature && !config.ReasoningModel) json.WriteNumber("temperature"u8, temperature);
        if (config.ReasoningEffort is { } effort) json.WriteString("reasoning_effort"u8, effort);
        if (request.Seed is { } seed) json.WriteNumber("seed"u8, seed);
        ResponseFormat(json, request);
        if (request.TopLogProbabilities > 0)
        {
            json.WriteBoolean("logprobs"u8, true);
            json.WriteNumber("top_logprobs"u8, request.TopLogProbabilities);
        }

        json.WriteEndObject();
        json.Flush();

        // The writer outlives the call on its thread and must not keep the buffer.
        json.Reset(Stream.Null);
    }

    private static void Message(Utf8JsonWriter json, string role, string content)
    {
        json.WriteStartObject();
        json.WriteString("role"u8, role);
        json.WriteString("content"u8, content);
        json.WriteEndObject();
    }

    /// <summary>The user's message: a text, or an array of parts where images are sent and it shows one.</summary>
    private void User(Utf8JsonWriter json, string content)
    {
        var parts = config.Images ? MarkdownImages.Split(content) : [];
        if (!parts.Any(static part => part.IsImage))
        {
            Message(json, "user", content);
            return;
        }

        json.WriteStartObject();
        json.WriteString("role"u8, "user"u8);
        json.WriteStartArray("content"u8);
        foreach (var part in parts)
        {
            var text = content.AsSpan(part.Start, part.Length);
            json.WriteStartObject();
            if (part.IsImage)
            {
                json.WriteString("type"u8, "image_url"u8);
                json.WriteStartObject("image_url"u8);
                json.WriteString("url"u8, text);
                json.WriteEndObject();
            }
            else
            {
                json.WriteString("type"u8, "text"u8);
                json.WriteString("text"u8, text);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>As strict as was asked for and the endpoint understands.</summary>
    private void ResponseFormat(Utf8JsonWriter json, ChatRequest request)
    {
        if (request.Format == ReplyFormat.Text || config.Json == JsonSupport.Text) return;
        json.WriteStartObject("response_format"u8);
        if (request.Format == ReplyFormat.JsonSchema && config.Json == JsonSupport.Schema && request.JsonSchema is { } schema)
        {
            json.WriteString("type"u8, "json_schema"u8);
            json.WriteStartObject("json_schema"u8);
            json.WriteString("name"u8, "reply"u8);
            json.WriteBoolean("strict"u8, true);
            json.WritePropertyName("schema"u8);
            json.WriteRawValue(schema);
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("type"u8, "json_object"u8);
        }

        json.WriteEndObject();
    }
}
