using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Core.Configuration;

/// <summary>What kind of endpoint a deployment is.</summary>
public enum DeploymentKind
{
    /// <summary><c>openai</c>: chat completions in OpenAI's form, which most servers of models speak.</summary>
    OpenAi,

    /// <summary><c>reward</c>: (prompt, answer) in, one number out.</summary>
    Reward,
}

/// <summary>How a key is sent.</summary>
public enum KeyHeader
{
    /// <summary><c>bearer</c>: <c>Authorization: Bearer …</c>.</summary>
    Bearer,

    /// <summary><c>api-key</c>: a header <c>api-key: …</c>, as Azure's keys are sent.</summary>
    ApiKey,
}

/// <summary>What an endpoint can be asked for when JSON is wanted; the strictest it is known to understand.</summary>
public enum JsonSupport
{
    /// <summary><c>schema</c>: <c>response_format: json_schema</c>, strict.</summary>
    Schema,

    /// <summary><c>object</c>: <c>response_format: json_object</c>.</summary>
    Object,

    /// <summary><c>text</c>: no response format; the prompt alone asks for JSON.</summary>
    Text,
}

/// <summary>The name of the parameter that limits a reply's length.</summary>
public enum OutputLimitParameter
{
    /// <summary><c>max_tokens</c>: understood by nearly every endpoint.</summary>
    MaxTokens,

    /// <summary><c>max_completion_tokens</c>: what reasoning models of OpenAI insist on.</summary>
    MaxCompletionTokens,
}

/// <summary>What a reward endpoint is sent and what it answers.</summary>
public enum RewardForm
{
    /// <summary><c>simple</c>: <c>{"model","prompt","answer"}</c> → <c>{"score": number}</c>.</summary>
    Simple,

    /// <summary><c>pooling</c>: <c>{"model","messages":[user, assistant]}</c> → <c>{"data":[{"data":[number]}]}</c>, as vLLM serves reward models.</summary>
    Pooling,
}

/// <summary>One deployment as configured. It holds the name of the variable with the key, never a key. Immutable.</summary>
public sealed record DeploymentConfig
{
    /// <summary>Default of <see cref="Concurrency"/>.</summary>
    public const int DefaultConcurrency = 32;

    /// <summary>Default of <see cref="Attempts"/>.</summary>
    public const int DefaultAttempts = 6;

    /// <summary>Name in the configuration.</summary>
    public required string Name { get; init; }

    /// <summary>What it speaks. Default <see cref="DeploymentKind.OpenAi"/>.</summary>
    public DeploymentKind Kind { get; init; }

    /// <summary>
    /// Base address: <c>/chat/completions</c> is appended to a chat endpoint, a reward endpoint is called as it stands. http or https, no user
    /// information; a query (<c>?api-version=…</c>) is kept behind the path.
    /// </summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The model: publisher, name and snapshot. Part of every judge's version.</summary>
    public required ModelIdentity Model { get; init; }

    /// <summary>What to send as <c>model</c> where the endpoint calls it otherwise (an Azure deployment's name); null for the model's name. No part of a version.</summary>
    public string? ServedAs { get; init; }

    /// <summary>Name of the environment variable that holds the key; null where the endpoint asks for none.</summary>
    public string? KeyEnvironment { get; init; }

    /// <summary>How the key is sent.</summary>
    public KeyHeader KeyHeader { get; init; }

    /// <summary>Prices of a chat deployment, US dollars per million tokens; null where none are configured: then no cap can be kept.</summary>
    public TokenPrices? Prices { get; init; }

    /// <summary>Price of a reward deployment, US dollars per call; null where none is configured.</summary>
    public decimal? PricePerCall { get; init; }

    /// <summary>Calls in flight at once, at most: 1–4096.</summary>
    public int Concurrency { get; init; } = DefaultConcurrency;

    /// <summary>How long one attempt may take, from sending to the last byte of the reply. Default 60 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Attempts of one call, the first included: 1–20.</summary>
    public int Attempts { get; init; } = DefaultAttempts;

    /// <summary>The longest wait that an endpoint's <c>Retry-After</c> is followed for. Default 60 s.</summary>
    public TimeSpan LongestRetryWait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The strictest JSON that the endpoint understands; a stricter request is sent as this.</summary>
    public JsonSupport Json { get; init; }

    /// <summary>Maximum output of a judge's call in tokens; null for the judge's own. Read by whoever builds judges on this deployment.</summary>
    public int? MaxOutputTokens { get; init; }

    /// <summary>Sampling temperature of a judge's call, 0–2; null for the judge's own. Read by whoever builds judges on this deployment.</summary>
    public double? Temperature { get; init; }

    /// <summary>True for models that reason before they answer: <c>temperature</c> is never sent, and the limit is <c>max_completion_tokens</c> unless configured otherwise.</summary>
    public bool ReasoningModel { get; init; }

    /// <summary>The name of the parameter that limits the output.</summary>
    public OutputLimitParameter OutputLimit { get; init; }

    /// <summary>The form of a reward endpoint.</summary>
    public RewardForm Form { get; init; }
}
