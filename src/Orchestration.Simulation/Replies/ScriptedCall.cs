using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Simulation;

/// <summary>A call for a completion as the endpoint read it.</summary>
public sealed record ScriptedCall
{
    /// <summary>The model asked for.</summary>
    public required string Model { get; init; }

    /// <summary>All messages in order.</summary>
    public required IReadOnlyList<ChatTurn> Messages { get; init; }

    /// <summary>The system message; empty where there is none.</summary>
    public required string System { get; init; }

    /// <summary>The first user message; empty where there is none.</summary>
    public required string User { get; init; }

    /// <summary>Addresses of the images that were sent as parts of messages, in order; they stand in no text.</summary>
    public IReadOnlyList<string> Images { get; init; } = [];

    /// <summary>Maximum output in tokens; null where the call states none.</summary>
    public int? MaxOutputTokens { get; init; }

    /// <summary>The parameter that stated it: <c>max_tokens</c> or <c>max_completion_tokens</c>.</summary>
    public string? OutputLimitParameter { get; init; }

    /// <summary>Sampling temperature; null where the call states none.</summary>
    public double? Temperature { get; init; }

    /// <summary>Sampling seed; null where the call states none.</summary>
    public long? Seed { get; init; }

    /// <summary>Alternatives with log-probabilities asked for; 0 for none.</summary>
    public int TopLogProbabilities { get; init; }

    /// <summary><c>response_format.type</c>; null where the call states none.</summary>
    public string? ResponseFormat { get; init; }

    /// <summary>The JSON schema of the reply as JSON text; null where the call states none.</summary>
    public string? JsonSchema { get; init; }

    /// <summary>True where the call asks for server-sent events.</summary>
    public bool IsStream { get; init; }

    /// <summary>True where the call asks for usage at the end of the stream (<c>stream_options.include_usage</c>).</summary>
    public bool WantsStreamUsage { get; init; }

    /// <summary>Hash of the request's bytes.</summary>
    public ulong ContentHash { get; init; }

    /// <summary>Which time this content is asked for, from 1; always 1 where contents are not tracked.</summary>
    public int Attempt { get; init; } = 1;
}

/// <summary>A call of one of the caller's tools.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">The function.</param>
/// <param name="Arguments">Its arguments, as JSON text.</param>
public sealed record ScriptedToolCall(string Id, string Name, string Arguments);

/// <summary>What the endpoint replies.</summary>
public sealed record ScriptedReply
{
    /// <summary>The text.</summary>
    public string Text { get; init; } = "";

    /// <summary>A refusal beside the text; null for none.</summary>
    public string? Refusal { get; init; }

    /// <summary><c>finish_reason</c>.</summary>
    public string Finish { get; init; } = "stop";

    /// <summary>Calls of the caller's tools, instead of a text; <see cref="Finish"/> is then <c>tool_calls</c>. Default none.</summary>
    public IReadOnlyList<ScriptedToolCall> ToolCalls { get; init; } = [];

    /// <summary>Log-probabilities of the text's tokens; empty for none.</summary>
    public IReadOnlyList<TokenLogProbability> LogProbabilities { get; init; } = [];

    /// <summary>Tokens charged and stated; null for what the texts come to.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>A fault to meet instead of, or with, the reply.</summary>
    public ScriptedFault Fault { get; init; }

    /// <summary>What an error says; null for its usual words.</summary>
    public string? ErrorMessage { get; init; }
}
