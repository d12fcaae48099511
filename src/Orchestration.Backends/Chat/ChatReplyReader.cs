using System.Text;
using System.Text.Json;
using Orchestration.Backends.Exchanges;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Backends.Chat;

/// <summary>A completion as read, with what it took where the endpoint says so.</summary>
internal sealed record ReadCompletion(ChatReply Reply, TokenUsage? Usage, string? Id, string? FinishReason) : IMeteredReply
{
    ReplyFacts IMeteredReply.Facts(bool keepText) => new()
    {
        Id = Id,
        Model = Reply.ServedModel,
        Fingerprint = Reply.Fingerprint,
        Finish = FinishReason,
        Usage = Usage,
        Text = keepText ? Reply.Text : null,
    };
}

/// <summary>Reads the body of a chat completion. Fields it does not know are passed over.</summary>
internal static class ChatReplyReader
{
    /// <summary>Reads the first choice, the usage and who answered; false where the body is cut, not JSON, or holds no choice.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out ReadCompletion? completion, out string problem)
    {
        completion = null;
        try
        {
            var draft = new Draft();
            var json = new Utf8JsonReader(body);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            {
                problem = "the reply is not a JSON object";
                return false;
            }

            ReadTop(ref json, draft);

            // Nothing may follow; this throws where something does.
            while (json.Read()) { }
            if (!draft.HasChoice)
            {
                problem = draft.Error is { } error ? $"a reply without choices: {error}" : "a reply without choices";
                return false;
            }

            completion = draft.Finish();
            problem = "";
            return true;
        }
        catch (JsonException)
        {
            problem = body.IsEmpty ? "an empty reply" : "the reply is cut or not JSON";
            return false;
        }
        catch (InvalidOperationException)
        {
            // A text that is no valid UTF-8 or UTF-16, or a value of another type than its field has.
            problem = "the reply's JSON does not have the form of a completion";
            return false;
        }
    }

    private static void ReadTop(ref Utf8JsonReader json, Draft draft)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("choices"u8)) ReadChoices(ref json, draft);
            else if (json.ValueTextEquals("usage"u8)) ReadUsage(ref json, draft);
            else if (json.ValueTextEquals("model"u8)) draft.Model = Text(ref json);
            else if (json.ValueTextEquals("id"u8)) draft.Id = Text(ref json);
            else if (json.ValueTextEquals("system_fingerprint"u8)) draft.Fingerprint = Text(ref json);
            else if (json.ValueTextEquals("error"u8)) draft.Error = ErrorText(ref json);
            else Pass(ref json);
        }
    }

    private static void ReadChoices(ref Utf8JsonReader json, Draft draft)
    {
        if (!Enter(ref json, JsonTokenType.StartArray)) return;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            // Only one completion is ever asked for.
            if (draft.HasChoice || json.TokenType != JsonTokenType.StartObject) json.Skip();
            else ReadChoice(ref json, draft);
        }
    }

    private static void ReadChoice(ref Utf8JsonReader json, Draft draft)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("message"u8)) ReadMessage(ref json, draft);
            else if (json.ValueTextEquals("finish_reason"u8)) draft.FinishReason = Text(ref json);
            else if (json.ValueTextEquals("logprobs"u8)) ReadLogProbabilities(ref json, draft);
            else Pass(ref json);
        }
    }

    private static void ReadMessage(ref Utf8JsonReader json, Draft draft)
    {
        if (!Enter(ref json, JsonTokenType.StartObject)) return;
        draft.HasChoice = true;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("content"u8)) draft.Content = ReadContent(ref json);
            else if (json.ValueTextEquals("refusal"u8)) draft.Refusal = Text(ref json);
            else Pass(ref json);
        }
    }

    /// <summary>A string, or an array of parts of which those with text count.</summary>
    private static string ReadContent(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String) return json.GetString() ?? "";
        if (json.TokenType != JsonTokenType.StartArray)
        {
            json.Skip();
            return "";
        }

        var text = new StringBuilder();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.StartObject)
            {
                json.Skip();
                continue;
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("text"u8)) text.Append(Text(ref json));
                else Pass(ref json);
            }
        }

        return text.ToString();
    }

    private static void ReadLogProbabilities(ref Utf8JsonReader json, Draft draft)
    {
        if (!Enter(ref json, JsonTokenType.StartObject)) return;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (!json.ValueTextEquals("content"u8))
            {
                Pass(ref json);
                continue;
            }

            if (!Enter(ref json, JsonTokenType.StartArray)) continue;
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                if (json.TokenType == JsonTokenType.StartObject) draft.LogProbabilities.Add(ReadToken(ref json));
                else json.Skip();
            }
        }
    }

    private static TokenLogProbability ReadToken(ref Utf8JsonReader json)
    {
        var token = "";
        var logProbability = double.NegativeInfinity;
        List<KeyValuePair<string, double>>? alternatives = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("token"u8)) token = Text(ref json) ?? "";
            else if (json.ValueTextEquals("logprob"u8)) logProbability = Number(ref json) ?? double.NegativeInfinity;
            else if (json.ValueTextEquals("top_logprobs"u8)) alternatives = ReadAlternatives(ref json);
            else Pass(ref json);
        }

        return new TokenLogProbability(token, logProbability, alternatives ?? []);
    }

    private static List<KeyValuePair<string, double>>? ReadAlternatives(ref Utf8JsonReader json)
    {
        if (!Enter(ref json, JsonTokenType.StartArray)) return null;
        var result = new List<KeyValuePair<string, double>>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.StartObject)
            {
                json.Skip();
                continue;
            }

            var token = ReadToken(ref json);
            result.Add(new KeyValuePair<string, double>(token.Token, token.LogProbability));
        }

        return result;
    }

    private static void ReadUsage(ref Utf8JsonReader json, Draft draft)
    {
        if (!Enter(ref json, JsonTokenType.StartObject)) return;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("prompt_tokens"u8)) draft.PromptTokens = Count(ref json);
            else if (json.ValueTextEquals("completion_tokens"u8)) draft.CompletionTokens = Count(ref json);
            else if (json.ValueTextEquals("total_tokens"u8)) draft.TotalTokens = Count(ref json);
            else if (json.ValueTextEquals("prompt_tokens_details"u8)) draft.CachedTokens = Detail(ref json, "cached_tokens"u8);
            else if (json.ValueTextEquals("completion_tokens_details"u8)) draft.ReasoningTokens = Detail(ref json, "reasoning_tokens"u8);
            else Pass(ref json);
        }
    }

    private static long? Detail(ref Utf8JsonReader json, ReadOnlySpan<byte> name)
    {
        if (!Enter(ref json, JsonTokenType.StartObject)) return null;
        long? result = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals(name)) result = Count(ref json);
            else Pass(ref json);
        }

        return result;
    }

    private static string? ErrorText(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String) return json.GetString();
        using var document = JsonDocument.ParseValue(ref json);
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String
            ? message.GetString()
            : null;
    }

    /// <summary>Moves to a value; true where it begins what is expected, otherwise it is passed over.</summary>
    private static bool Enter(ref Utf8JsonReader json, JsonTokenType expected)
    {
        json.Read();
        if (json.TokenType == expected) return true;
        json.Skip();
        return false;
    }

    private static void Pass(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    private static string? Text(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String) return json.GetString();
        json.Skip();
        return null;
    }

    private static double? Number(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Number) return json.GetDouble();
        json.Skip();
        return null;
    }

    private static long? Count(ref Utf8JsonReader json) =>
        Number(ref json) is { } number && number is >= 0 and < 1e15 ? (long)number : null;

    private sealed class Draft
    {
        public bool HasChoice { get; set; }

        public string Content { get; set; } = "";

        public string? Refusal { get; set; }

        public string? FinishReason { get; set; }

        public string? Id { get; set; }

        public string? Model { get; set; }

        public string? Fingerprint { get; set; }

        public string? Error { get; set; }

        public List<TokenLogProbability> LogProbabilities { get; } = [];

        public long? PromptTokens { get; set; }

        public long? CompletionTokens { get; set; }

        public long? TotalTokens { get; set; }

        public long? CachedTokens { get; set; }

        public long? ReasoningTokens { get; set; }

        public ReadCompletion Finish() => new(
            new ChatReply
            {
                Text = Content,
                Refusal = string.IsNullOrEmpty(Refusal) ? null : Refusal,
                Finish = FinishReason switch
                {
                    "stop" => Orchestration.Core.Judging.Deployments.FinishReason.Stop,
                    "length" => Orchestration.Core.Judging.Deployments.FinishReason.Length,
                    "content_filter" => Orchestration.Core.Judging.Deployments.FinishReason.ContentFilter,
                    _ => Orchestration.Core.Judging.Deployments.FinishReason.Other,
                },
                LogProbabilities = LogProbabilities.Count == 0 ? [] : LogProbabilities,
                ServedModel = Model,
                Fingerprint = Fingerprint,
            },
            Usage(),
            Id,
            FinishReason);

        private TokenUsage? Usage()
        {
            if (PromptTokens is not { } prompt || CompletionTokens is not { } completion) return null;
            return ReplyFacts.TokenUsageOf(prompt, CachedTokens ?? 0, completion, ReasoningTokens ?? 0, TotalTokens);
        }
    }
}
