namespace Orchestration.Core.Judging.Deployments;

/// <summary>
/// One endpoint (or a pool of endpoints of one model) that answers chat completions. Implementations own transport, retries and the
/// concurrency cap; they are safe for concurrent use.
/// </summary>
public interface IChatDeployment
{
    /// <summary>Name in the configuration.</summary>
    string Name { get; }

    /// <summary>The model, as configured. Part of a judge's version; the deployment's name and address are not.</summary>
    ModelIdentity Model { get; }

    /// <summary>Prices, or null where none are configured: then no cap can be kept.</summary>
    TokenPrices? Prices { get; }

    /// <summary>Calls in flight at once, at most.</summary>
    int Concurrency { get; }

    /// <summary>How often one call is sent at most, first attempt included: a reservation covers each of them.</summary>
    int MaxAttempts { get; }

    /// <summary>
    /// Sends one completion, retrying what is worth retrying. A failure of this one call is a value (<see cref="ChatReply.Failure"/>).
    /// </summary>
    /// <param name="request">The call.</param>
    /// <param name="cancellationToken">
    /// Stops waiting for a turn or for the next attempt; an attempt already sent is awaited. Throws <see cref="OperationCanceledException"/> only where
    /// nothing was charged or may have been; otherwise what came of the last attempt is returned.
    /// </param>
    /// <exception cref="OrchestrationException">Every call would fail the same way (<see cref="ErrorCodes.Deployment"/>): wrong key, unknown model, wrong address.</exception>
    ValueTask<ChatReply> CompleteAsync(ChatRequest request, CancellationToken cancellationToken);
}

/// <summary>What a model is, apart from where it is served.</summary>
/// <param name="Publisher">Who makes it (<c>openai</c>); may be empty.</param>
/// <param name="Name">Its name, as the endpoint expects it in <c>model</c> unless the deployment says otherwise.</param>
/// <param name="Snapshot">Dated snapshot as configured; may be empty.</param>
public sealed record ModelIdentity(string Publisher, string Name, string Snapshot);

/// <summary>US dollars per million tokens.</summary>
/// <param name="Input">Prompt tokens.</param>
/// <param name="CachedInput">Prompt tokens served from the provider's cache.</param>
/// <param name="Output">Completion tokens.</param>
/// <param name="Reasoning">Hidden reasoning tokens.</param>
public sealed record TokenPrices(decimal Input, decimal CachedInput, decimal Output, decimal Reasoning)
{
    /// <summary>The price of a call.</summary>
    public decimal Cost(in TokenUsage usage) =>
        ((usage.Input - usage.CachedInput) * Input
        + usage.CachedInput * CachedInput
        + (usage.Output - usage.Reasoning) * Output
        + usage.Reasoning * Reasoning) / 1_000_000m;

    /// <summary>
    /// An upper bound before the call: a prompt has at most one token per UTF-8 byte, and output ends at its maximum,
    /// each at the dearest price it could be charged.
    /// </summary>
    public decimal UpperBound(long promptTokensAtMost, long outputTokensAtMost) =>
        (promptTokensAtMost * Math.Max(Input, CachedInput) + outputTokensAtMost * Math.Max(Output, Reasoning)) / 1_000_000m;
}

/// <summary>How the reply must look.</summary>
public enum ReplyFormat
{
    /// <summary>Free text.</summary>
    Text,

    /// <summary>Any JSON object (<c>response_format: json_object</c>).</summary>
    JsonObject,

    /// <summary>JSON that follows <see cref="ChatRequest.JsonSchema"/> (<c>response_format: json_schema</c>, strict).</summary>
    JsonSchema,
}

/// <summary>One chat completion call.</summary>
public sealed record ChatRequest
{
    /// <summary>System message: the shared part, first, so that providers' prompt caches hit. May be empty.</summary>
    public required string System { get; init; }

    /// <summary>User message.</summary>
    public required string User { get; init; }

    /// <summary>More messages after the user's (assistant, then user, …), for asking again with a correction. Usually empty.</summary>
    public IReadOnlyList<ChatTurn> Continuation { get; init; } = [];

    /// <summary>Maximum output in tokens; every call carries one.</summary>
    public required int MaxOutputTokens { get; init; }

    /// <summary>Sampling temperature; null leaves the parameter out (reasoning models refuse it).</summary>
    public double? Temperature { get; init; }

    /// <summary>Sampling seed; null leaves it out.</summary>
    public long? Seed { get; init; }

    /// <summary>How the reply must look.</summary>
    public ReplyFormat Format { get; init; }

    /// <summary>The schema as JSON text, for <see cref="ReplyFormat.JsonSchema"/>.</summary>
    public string? JsonSchema { get; init; }

    /// <summary>How many alternatives with log-probabilities to return for each token (1–20); 0 for none.</summary>
    public int TopLogProbabilities { get; init; }

    /// <summary>On whose behalf; no part of what is sent.</summary>
    public CallOrigin Origin { get; init; } = CallOrigin.None;
}

/// <summary>One further message.</summary>
/// <param name="Role"><c>assistant</c> or <c>user</c>.</param>
/// <param name="Content">Its text.</param>
public sealed record ChatTurn(string Role, string Content);

/// <summary>How a completion ended.</summary>
public enum FinishReason
{
    /// <summary>The model finished.</summary>
    Stop,

    /// <summary>Cut at the maximum output.</summary>
    Length,

    /// <summary>Cut by a content filter.</summary>
    ContentFilter,

    /// <summary>Anything else the endpoint said, or nothing.</summary>
    Other,
}

/// <summary>What came back from a call.</summary>
public sealed record ChatReply
{
    /// <summary>The text; empty where there is none.</summary>
    public string Text { get; init; } = "";

    /// <summary>The model's own refusal, where the endpoint reports one apart from the text.</summary>
    public string? Refusal { get; init; }

    /// <summary>How it ended.</summary>
    public FinishReason Finish { get; init; }

    /// <summary>Log-probabilities of the text's tokens, where asked for and given.</summary>
    public IReadOnlyList<TokenLogProbability> LogProbabilities { get; init; } = [];

    /// <summary>The model that answered, as the endpoint names it.</summary>
    public string? ServedModel { get; init; }

    /// <summary>The endpoint's fingerprint of the serving configuration.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Why this call brought no usable reply: one of <see cref="UnscoredReason"/>; null where it did.</summary>
    public string? Failure { get; init; }

    /// <summary>What the endpoint said of a failure, shortened, without secrets.</summary>
    public string? FailureDetail { get; init; }

    /// <summary>What all attempts of this call took.</summary>
    public CallTotals Totals { get; init; }

    /// <summary>
    /// How many attempts may have been charged although their usage never arrived: resets and timeouts after the request was sent. An answer that
    /// says nothing is charged (429, 5xx) is not one of them.
    /// </summary>
    public int UnknownAttempts { get; init; }
}

/// <summary>One token of a reply with its alternatives.</summary>
/// <param name="Token">The token's text.</param>
/// <param name="LogProbability">Natural logarithm of its probability.</param>
/// <param name="Alternatives">The most probable tokens at this place, the chosen one usually among them.</param>
public sealed record TokenLogProbability(string Token, double LogProbability, IReadOnlyList<KeyValuePair<string, double>> Alternatives);

/// <summary>An endpoint that returns a scalar for a (prompt, answer): a reward model.</summary>
public interface IRewardDeployment
{
    /// <summary>Name in the configuration.</summary>
    string Name { get; }

    /// <summary>The model, as configured.</summary>
    ModelIdentity Model { get; }

    /// <summary>US dollars per call, or null where none is configured.</summary>
    decimal? PricePerCall { get; }

    /// <summary>Calls in flight at once, at most.</summary>
    int Concurrency { get; }

    /// <summary>How often one call is sent at most, first attempt included: a reservation covers each of them.</summary>
    int MaxAttempts { get; }

    /// <summary>Asks for the reward of one answer. The same rules as <see cref="IChatDeployment.CompleteAsync"/>.</summary>
    /// <param name="prompt">What was asked.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="origin">On whose behalf.</param>
    /// <param name="cancellationToken">As there.</param>
    ValueTask<RewardReply> RewardAsync(string prompt, string answer, CallOrigin origin, CancellationToken cancellationToken);
}

/// <summary>What a reward endpoint said.</summary>
/// <param name="Value">The scalar; null where the call failed.</param>
/// <param name="Failure">One of <see cref="UnscoredReason"/>; null where there is a value.</param>
/// <param name="FailureDetail">What the endpoint said of a failure, shortened, without secrets.</param>
/// <param name="Totals">What all attempts took.</param>
public sealed record RewardReply(double? Value, string? Failure, string? FailureDetail, CallTotals Totals)
{
    /// <summary>As <see cref="ChatReply.UnknownAttempts"/>.</summary>
    public int UnknownAttempts { get; init; }
}
