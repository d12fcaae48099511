using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Simulation.Replies;

/// <summary>A completion as server-sent events: the role, pieces of the text, the finish reason, usage where it was asked for, <c>[DONE]</c>.</summary>
internal static class CompletionStream
{
    /// <summary>Length of a piece of text, in UTF-16 code units; with log-probabilities a piece is a token.</summary>
    private const int PieceLength = 12;

    private static readonly byte[] PromptFilter = Encoding.ASCII.GetBytes(
        """data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]}""" + "\n\n");

    public static readonly byte[] Done = "data: [DONE]\n\n"u8.ToArray();

    /// <summary>The events, each with its blank line.</summary>
    public static List<byte[]> Write(ScriptedCall call, ScriptedReply reply, in TokenUsage usage, long created, bool sendsPromptFilter)
    {
        var events = new List<byte[]>();
        if (sendsPromptFilter) events.Add(PromptFilter);
        if (reply.Fault == ScriptedFault.NoChoices)
        {
            events.Add(Event(call, created, null));
            events.Add(Done);
            return events;
        }

        events.Add(Event(call, created, json => Choice(json, delta => { delta.WriteString("role"u8, "assistant"u8); delta.WriteString("content"u8, ""u8); }, [], null)));
        foreach (var (text, tokens) in Pieces(reply)) events.Add(Event(call, created, json => Choice(json, delta => delta.WriteString("content"u8, text), tokens, null)));
        if (reply.Refusal is { } refusal) events.Add(Event(call, created, json => Choice(json, delta => delta.WriteString("refusal"u8, refusal), [], null)));
        for (var i = 0; i < reply.ToolCalls.Count; i++) AddToolCall(events, call, created, reply.ToolCalls[i], i);
        events.Add(Event(call, created, json => Choice(json, static _ => { }, [], CompletionWriter.FinishOf(reply))));
        if (call.WantsStreamUsage && reply.Fault != ScriptedFault.NoUsage) events.Add(Event(call, created, null, usage));
        events.Add(Done);
        return events;
    }

    /// <summary>Who is called comes first, with the arguments behind it in pieces.</summary>
    private static void AddToolCall(List<byte[]> events, ScriptedCall call, long created, ScriptedToolCall tool, int index)
    {
        events.Add(Event(call, created, json => Choice(json, delta =>
        {
            delta.WriteStartArray("tool_calls"u8);
            CompletionWriter.ToolCall(delta, index, tool, "");
            delta.WriteEndArray();
        }, [], null)));
        for (var at = 0; at < tool.Arguments.Length; at += PieceLength)
        {
            var piece = tool.Arguments.Substring(at, Math.Min(PieceLength, tool.Arguments.Length - at));
            events.Add(Event(call, created, json => Choice(json, delta =>
            {
                delta.WriteStartArray("tool_calls"u8);
                delta.WriteStartObject();
                delta.WriteNumber("index"u8, index);
                delta.WriteStartObject("function"u8);
                delta.WriteString("arguments"u8, piece);
                delta.WriteEndObject();
                delta.WriteEndObject();
                delta.WriteEndArray();
            }, [], null)));
        }
    }

    private static IEnumerable<(string Text, IReadOnlyList<TokenLogProbability> Tokens)> Pieces(ScriptedReply reply)
    {
        var at = 0;
        foreach (var token in reply.LogProbabilities)
        {
            // A text that was cut has fewer tokens than were written for it.
            if (at + token.Token.Length > reply.Text.Length) break;
            yield return (token.Token, [token]);
            at += token.Token.Length;
        }

        while (at < reply.Text.Length)
        {
            var length = Math.Min(PieceLength, reply.Text.Length - at);
            if (at + length < reply.Text.Length && char.IsHighSurrogate(reply.Text[at + length - 1])) length++;
            yield return (reply.Text.Substring(at, length), []);
            at += length;
        }
    }

    private static byte[] Event(ScriptedCall call, long created, Action<Utf8JsonWriter>? choice, TokenUsage? usage = null)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        buffer.Write("data: "u8);
        using (var json = new Utf8JsonWriter(buffer, CompletionWriter.Options))
        {
            json.WriteStartObject();
            json.WriteString("id"u8, "chatcmpl-" + call.ContentHash.ToString("x16", CultureInfo.InvariantCulture));
            json.WriteString("object"u8, "chat.completion.chunk"u8);
            json.WriteNumber("created"u8, created);
            json.WriteString("model"u8, call.Model);
            json.WriteString("system_fingerprint"u8, CompletionWriter.Fingerprint);
            json.WriteStartArray("choices"u8);
            choice?.Invoke(json);
            json.WriteEndArray();
            if (usage is { } stated) CompletionWriter.Usage(json, stated);
            else if (call.WantsStreamUsage) json.WriteNull("usage"u8);
            json.WriteEndObject();
        }

        buffer.Write("\n\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void Choice(Utf8JsonWriter json, Action<Utf8JsonWriter> delta, IReadOnlyList<TokenLogProbability> tokens, string? finish)
    {
        json.WriteStartObject();
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("delta"u8);
        delta(json);
        json.WriteEndObject();
        if (tokens.Count > 0) CompletionWriter.LogProbabilities(json, tokens);
        else json.WriteNull("logprobs"u8);
        json.WriteString("finish_reason"u8, finish);
        json.WriteEndObject();
    }
}
