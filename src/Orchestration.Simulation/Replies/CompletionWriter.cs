using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Simulation.Replies;

/// <summary>Writes completions, rewards and errors as an endpoint sends them.</summary>
internal static class CompletionWriter
{
    internal const string Fingerprint = "fp_scripted";

    /// <summary>Tokens of an image: as OpenAI documents them for one of 1,024 × 1,024 pixels in high detail, 85 + 4 × 170.</summary>
    private const int TokensPerImage = 765;

    internal static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Tokens as the script counts them: a quarter of the UTF-8 bytes, rounded up, and four for each message.</summary>
    public static TokenUsage Count(ScriptedCall call, ScriptedReply reply)
    {
        if (reply.Usage is { } stated) return stated;
        return new TokenUsage(CountPrompt(call), 0, Tokens(reply.Text) + Tokens(reply.Refusal ?? "") + reply.ToolCalls.Sum(static c => Tokens(c.Name) + Tokens(c.Arguments)), 0);
    }

    /// <summary>Tokens of the messages and their images.</summary>
    public static long CountPrompt(ScriptedCall call)
    {
        long input = 0;
        foreach (var message in call.Messages) input += 4 + Tokens(message.Content);
        return input + ((long)TokensPerImage * call.Images.Count);
    }

    /// <summary>Tokens of a call for a reward.</summary>
    public static long CountPrompt(RewardCall call) => 8 + Tokens(call.Prompt) + Tokens(call.Answer);

    public static void Completion(IBufferWriter<byte> output, ScriptedCall call, ScriptedReply reply, in TokenUsage usage, long created)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("id"u8, "chatcmpl-" + call.ContentHash.ToString("x16", CultureInfo.InvariantCulture));
        json.WriteString("object"u8, "chat.completion"u8);
        json.WriteNumber("created"u8, created);
        json.WriteString("model"u8, call.Model);
        json.WriteStartArray("choices"u8);
        if (reply.Fault != ScriptedFault.NoChoices) Choice(json, reply);
        json.WriteEndArray();
        if (reply.Fault != ScriptedFault.NoUsage) Usage(json, usage);
        json.WriteString("system_fingerprint"u8, Fingerprint);
        json.WriteEndObject();
    }

    public static void Reward(IBufferWriter<byte> output, double score, bool isPooling)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        if (isPooling)
        {
            json.WriteString("object"u8, "list"u8);
            json.WriteStartArray("data"u8);
            json.WriteStartObject();
            json.WriteNumber("index"u8, 0);
            json.WriteStartArray("data"u8);
            json.WriteNumberValue(score);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
        }
        else
        {
            json.WriteNumber("score"u8, score);
        }

        json.WriteEndObject();
    }

    public static void Error(IBufferWriter<byte> output, string message, string type, string? code, string? parameter)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, message);
        json.WriteString("type"u8, type);
        json.WriteString("param"u8, parameter);
        json.WriteString("code"u8, code);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    public static void Models(IBufferWriter<byte> output, IReadOnlyList<string> models)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        foreach (var model in models)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, model);
            json.WriteString("object"u8, "model"u8);
            json.WriteString("owned_by"u8, "scripted"u8);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Choice(Utf8JsonWriter json, ScriptedReply reply)
    {
        json.WriteStartObject();
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("message"u8);
        json.WriteString("role"u8, "assistant"u8);
        if (reply.Refusal is null && reply.ToolCalls.Count == 0) json.WriteString("content"u8, reply.Text);
        else json.WriteNull("content"u8);
        json.WriteString("refusal"u8, reply.Refusal);
        if (reply.ToolCalls.Count > 0)
        {
            json.WriteStartArray("tool_calls"u8);
            foreach (var call in reply.ToolCalls) ToolCall(json, null, call, call.Arguments);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        if (reply.LogProbabilities.Count > 0) LogProbabilities(json, reply.LogProbabilities);
        else json.WriteNull("logprobs"u8);
        json.WriteString("finish_reason"u8, FinishOf(reply));
        json.WriteEndObject();
    }

    /// <summary>Why a completion ended.</summary>
    internal static string FinishOf(ScriptedReply reply) => reply.ToolCalls.Count > 0 && reply.Finish == "stop" ? "tool_calls" : reply.Finish;

    /// <summary>One call of a tool, whole or as the first piece of it in a stream.</summary>
    internal static void ToolCall(Utf8JsonWriter json, int? index, ScriptedToolCall call, string arguments)
    {
        json.WriteStartObject();
        if (index is { } place) json.WriteNumber("index"u8, place);
        json.WriteString("id"u8, call.Id);
        json.WriteString("type"u8, "function"u8);
        json.WriteStartObject("function"u8);
        json.WriteString("name"u8, call.Name);
        json.WriteString("arguments"u8, arguments);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    internal static void LogProbabilities(Utf8JsonWriter json, IEnumerable<TokenLogProbability> tokens)
    {
        json.WriteStartObject("logprobs"u8);
        json.WriteStartArray("content"u8);
        foreach (var token in tokens)
        {
            json.WriteStartObject();
            json.WriteString("token"u8, token.Token);
            json.WriteNumber("logprob"u8, token.LogProbability);
            json.WriteStartArray("top_logprobs"u8);
            foreach (var (alternative, logProbability) in token.Alternatives)
            {
                json.WriteStartObject();
                json.WriteString("token"u8, alternative);
                json.WriteNumber("logprob"u8, logProbability);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    internal static void Usage(Utf8JsonWriter json, in TokenUsage usage)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, usage.Input);
        json.WriteNumber("completion_tokens"u8, usage.Output);
        json.WriteNumber("total_tokens"u8, usage.Input + usage.Output);
        json.WriteStartObject("prompt_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, usage.CachedInput);
        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, usage.Reasoning);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static long Tokens(string text) => (Encoding.UTF8.GetByteCount(text) + 3L) / 4;
}
