using Microsoft.Extensions.AI;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Backends.Clients;

/// <summary>What is known of a chat client that serves as a deployment.</summary>
public sealed record ChatClientDeploymentOptions
{
    /// <summary>Prices; null where none are known: then no cap can be kept. Default null.</summary>
    public TokenPrices? Prices { get; init; }

    /// <summary>Calls in flight at once, 1–4096. Default 32.</summary>
    public int Concurrency { get; init; } = DeploymentConfig.DefaultConcurrency;

    /// <summary>
    /// How often the client sends one call at most, its own retries included: a reservation covers each of them. At least 1; default 1. Nothing is sent
    /// again here: a client that does not retry leaves a call that failed unscored.
    /// </summary>
    public int MaxAttempts { get; init; } = 1;

    /// <summary>For one call with all that the client does in it. More than zero; default 60 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Requests in any 60 s, at most; null for no limit. Default null.</summary>
    public long? RequestsPerMinute { get; init; }

    /// <summary>Tokens in any 60 s, at most (an estimate of the prompt and the maximum output, before the call); null for no limit. Default null.</summary>
    public long? TokensPerMinute { get; init; }

    /// <summary>What the limit of tokens counts. Default <see cref="Orchestration.Core.Configuration.TokensCharged.Reserved"/>.</summary>
    public TokensCharged TokensCharged { get; init; }

    /// <summary>Changes the options of each call before it is sent, for what only the client's own package can say. Default null.</summary>
    public Action<ChatRequest, ChatOptions>? Configure { get; init; }

    /// <summary>
    /// Reads log-probabilities from a response, usually from its raw representation; chat clients have no common form for them. Null (the default) where
    /// the client gives none: calls that ask for them are then refused with <see cref="Orchestration.Core.ErrorCodes.Configuration"/>. To ask for them is
    /// the part of <see cref="Configure"/>.
    /// </summary>
    public Func<ChatResponse, IReadOnlyList<TokenLogProbability>>? ReadLogProbabilities { get; init; }
}
