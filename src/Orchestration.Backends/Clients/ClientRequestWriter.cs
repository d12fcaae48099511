using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Orchestration.Core.Configuration;

namespace Orchestration.Backends.Clients;

/// <summary>Writes a chat client's call as a chat completion. What cannot be said to the endpoint is refused, never left out in silence.</summary>
internal sealed class ClientRequestWriter(DeploymentConfig config)
{
    /// <summary>Where neither the call nor the deployment states one.</summary>
    public const int UsualMaxOutputTokens = 4096;

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public int MaxOutputTokens(ChatOptions? options) => options?.MaxOutputTokens ?? config.MaxOutputTokens ?? UsualMaxOutputTokens;

    /// <exception cref="NotSupportedException">Tools, a conversation kept elsewhere, another model, or content that is neither text nor image.</exception>
    public void Write(IBufferWriter<byte> body, string model, IReadOnlyList<ChatMessage> messages, ChatOptions? options, bool isStream)
    {
        Refuse(options);
        using var json = new Utf8JsonWriter(body, Relaxed);
        json.WriteStartObject();
        json.WriteString("model", model);
        json.WriteStartArray("messages");
        if (!string.IsNullOrEmpty(options?.Instructions)) Plain(json, "system", options.Instructions);
        foreach (var message in messages) Message(json, message);
        json.WriteEndArray();
        json.WriteNumber(config.OutputLimit == OutputLimitParameter.MaxCompletionTokens ? "max_completion_tokens" : "max_tokens", MaxOutputTokens(options));
        Sampling(json, options);
        Format(json, options?.ResponseFormat as ChatResponseFormatJson);
        if (isStream)
        {
            json.WriteBoolean("stream", true);
            json.WriteStartObject("stream_options");
            json.WriteBoolean("include_usage", true);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private void Refuse(ChatOptions? options)
    {
        if (options is null) return;
        if (options.Tools is { Count: > 0 }) throw new NotSupportedException($"deployment '{config.Name}': tools are not carried by this chat client. Use the OpenAI package on OpenAiChatDeployment.CreateHandler() for them.");
        if (options.ConversationId is not null || options.ContinuationToken is not null) throw new NotSupportedException($"deployment '{config.Name}': the endpoint keeps no conversation; send all messages.");
        if (options.ModelId is { } wanted && wanted != config.Model.Name && wanted != config.ServedAs && wanted != config.Name)
            throw new NotSupportedException($"deployment '{config.Name}' serves '{config.Model.Name}', not '{wanted}'. Leave ModelId out, or use another deployment.");
    }

    private void Sampling(Utf8JsonWriter json, ChatOptions? options)
    {
        var effort = options?.Reasoning?.Effort is { } asked ? asked.ToString() switch { "ExtraHigh" => "xhigh", var other => other.ToLowerInvariant() } : config.ReasoningEffort;
        if (config.ReasoningModel)
        {
            // These models refuse the others.
            if (effort is not null) json.WriteString("reasoning_effort", effort);
        }
        else if ((options?.Temperature ?? config.Temperature) is { } temperature)
        {
            json.WriteNumber("temperature", temperature);
        }

        if (options is null) return;
        if (!config.ReasoningModel && options.TopP is { } topP) json.WriteNumber("top_p", topP);
        if (options.TopK is { } topK) json.WriteNumber("top_k", topK);
        if (options.FrequencyPenalty is { } frequency) json.WriteNumber("frequency_penalty", frequency);
        if (options.PresencePenalty is { } presence) json.WriteNumber("presence_penalty", presence);
        if (options.Seed is { } seed) json.WriteNumber("seed", seed);
        if (options.StopSequences is not { Count: > 0 } stops) return;
        json.WriteStartArray("stop");
        foreach (var stop in stops) json.WriteStringValue(stop);
        json.WriteEndArray();
    }

    /// <summary>As strict as was asked for and the endpoint understands.</summary>
    private void Format(Utf8JsonWriter json, ChatResponseFormatJson? format)
    {
        if (format is null || config.Json == JsonSupport.Text) return;
        json.WriteStartObject("response_format");
        if (format.Schema is { } schema && config.Json == JsonSupport.Schema)
        {
            json.WriteString("type", "json_schema");
            json.WriteStartObject("json_schema");
            json.WriteString("name", format.SchemaName ?? "reply");
            if (format.SchemaDescription is { } description) json.WriteString("description", description);
            json.WritePropertyName("schema");
            schema.WriteTo(json);
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("type", "json_object");
        }

        json.WriteEndObject();
    }

    private void Message(Utf8JsonWriter json, ChatMessage message)
    {
        if (message.Contents.All(static content => content is TextContent or TextReasoningContent or UsageContent))
        {
            Plain(json, message.Role.Value, string.Concat(message.Contents.OfType<TextContent>().Select(static text => text.Text)));
            return;
        }

        json.WriteStartObject();
        json.WriteString("role", message.Role.Value);
        json.WriteStartArray("content");
        foreach (var content in message.Contents) Part(json, content);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void Part(Utf8JsonWriter json, AIContent content)
    {
        var image = content switch
        {
            UriContent { Uri: var address } uri when uri.HasTopLevelMediaType("image") => address.AbsoluteUri,
            DataContent data when data.HasTopLevelMediaType("image") => data.Uri,
            _ => null,
        };
        if (image is null && content is not TextContent)
            throw new NotSupportedException($"deployment '{config.Name}': a message holds {content.GetType().Name}; texts and images are carried.");
        json.WriteStartObject();
        if (content is TextContent text)
        {
            json.WriteString("type", "text");
            json.WriteString("text", text.Text);
        }
        else
        {
            json.WriteString("type", "image_url");
            json.WriteStartObject("image_url");
            json.WriteString("url", image);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Plain(Utf8JsonWriter json, string role, string content)
    {
        json.WriteStartObject();
        json.WriteString("role", role);
        json.WriteString("content", content);
        json.WriteEndObject();
    }
}
