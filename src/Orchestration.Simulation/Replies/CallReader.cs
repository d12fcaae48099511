using System.Text;
using System.Text.Json;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Simulation.Replies;

/// <summary>Reads the body of a request for a completion.</summary>
internal static class CallReader
{
    /// <summary>The call, or null where the body is none.</summary>
    public static ScriptedCall? Read(ReadOnlySpan<byte> body, ulong contentHash)
    {
        try
        {
            var json = new Utf8JsonReader(body);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return null;
            var draft = new Draft();
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName) ReadProperty(ref json, draft);
            if (draft.Messages.Count == 0) return null;
            return new ScriptedCall
            {
                Model = draft.Model,
                Messages = draft.Messages,
                System = First(draft.Messages, "system") ?? First(draft.Messages, "developer") ?? "",
                User = First(draft.Messages, "user") ?? "",
                Images = draft.Images,
                MaxOutputTokens = draft.MaxOutputTokens,
                OutputLimitParameter = draft.OutputLimitParameter,
                Temperature = draft.Temperature,
                Seed = draft.Seed,
                TopLogProbabilities = draft.WantsLogProbabilities ? draft.TopLogProbabilities : 0,
                ResponseFormat = draft.ResponseFormat,
                JsonSchema = draft.JsonSchema,
                IsStream = draft.IsStream,
                WantsStreamUsage = draft.WantsStreamUsage,
                ContentHash = contentHash,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static void ReadProperty(ref Utf8JsonReader json, Draft draft)
    {
        if (json.ValueTextEquals("messages"u8)) ReadMessages(ref json, draft);
        else if (json.ValueTextEquals("model"u8)) draft.Model = Text(ref json);
        else if (json.ValueTextEquals("max_tokens"u8)) (draft.MaxOutputTokens, draft.OutputLimitParameter) = (Integer(ref json), "max_tokens");
        else if (json.ValueTextEquals("max_completion_tokens"u8)) (draft.MaxOutputTokens, draft.OutputLimitParameter) = (Integer(ref json), "max_completion_tokens");
        else if (json.ValueTextEquals("temperature"u8)) draft.Temperature = Number(ref json);
        else if (json.ValueTextEquals("seed"u8)) draft.Seed = (long)Number(ref json);
        else if (json.ValueTextEquals("top_logprobs"u8)) draft.TopLogProbabilities = Integer(ref json);
        else if (json.ValueTextEquals("logprobs"u8)) draft.WantsLogProbabilities = Flag(ref json);
        else if (json.ValueTextEquals("stream"u8)) draft.IsStream = Flag(ref json);
        else if (json.ValueTextEquals("stream_options"u8)) ReadStreamOptions(ref json, draft);
        else if (json.ValueTextEquals("response_format"u8)) ReadFormat(ref json, draft);
        else json.Skip();
    }

    private static void ReadMessages(ref Utf8JsonReader json, Draft draft)
    {
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.StartObject)
        {
            var (role, content) = ("", "");
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("role"u8)) role = Text(ref json);
                else if (json.ValueTextEquals("content"u8)) content = Content(ref json, draft.Images);
                else json.Skip();
            }

            draft.Messages.Add(new ChatTurn(role, content));
        }
    }

    private static string Content(ref Utf8JsonReader json, List<string> images)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray) return json.TokenType == JsonTokenType.String ? json.GetString()! : "";
        var text = new StringBuilder();
        using var parts = JsonDocument.ParseValue(ref json);
        foreach (var part in parts.RootElement.EnumerateArray())
        {
            if (part.ValueKind != JsonValueKind.Object) continue;
            if (part.TryGetProperty("text", out var value)) text.Append(value.GetString());
            else if (part.TryGetProperty("image_url", out var image) && image.TryGetProperty("url", out var url)) images.Add(url.GetString() ?? "");
        }

        return text.ToString();
    }

    private static void ReadFormat(ref Utf8JsonReader json, Draft draft)
    {
        json.Read();
        using var format = JsonDocument.ParseValue(ref json);
        if (format.RootElement.ValueKind != JsonValueKind.Object) return;
        if (format.RootElement.TryGetProperty("type", out var type)) draft.ResponseFormat = type.GetString();
        if (format.RootElement.TryGetProperty("json_schema", out var wrapper) && wrapper.TryGetProperty("schema", out var schema)) draft.JsonSchema = schema.GetRawText();
    }

    private static void ReadStreamOptions(ref Utf8JsonReader json, Draft draft)
    {
        json.Read();
        using var options = JsonDocument.ParseValue(ref json);
        draft.WantsStreamUsage = options.RootElement.ValueKind == JsonValueKind.Object
            && options.RootElement.TryGetProperty("include_usage", out var wanted) && wanted.ValueKind == JsonValueKind.True;
    }

    private static string? First(List<ChatTurn> messages, string role)
    {
        foreach (var message in messages)
        {
            if (string.Equals(message.Role, role, StringComparison.Ordinal)) return message.Content;
        }

        return null;
    }

    private static string Text(ref Utf8JsonReader json)
    {
        json.Read();
        return json.GetString() ?? "";
    }

    private static double Number(ref Utf8JsonReader json)
    {
        json.Read();
        return json.GetDouble();
    }

    private static int Integer(ref Utf8JsonReader json)
    {
        json.Read();
        return json.GetInt32();
    }

    private static bool Flag(ref Utf8JsonReader json)
    {
        json.Read();
        return json.GetBoolean();
    }

    private sealed class Draft
    {
        public string Model { get; set; } = "";

        public List<ChatTurn> Messages { get; } = new(2);

        public List<string> Images { get; } = [];

        public int? MaxOutputTokens { get; set; }

        public string? OutputLimitParameter { get; set; }

        public double? Temperature { get; set; }

        public long? Seed { get; set; }

        public bool WantsLogProbabilities { get; set; }

        public int TopLogProbabilities { get; set; }

        public string? ResponseFormat { get; set; }

        public string? JsonSchema { get; set; }

        public bool IsStream { get; set; }

        public bool WantsStreamUsage { get; set; }
    }
}
