using Orchestration.Core.Batches;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Core.Configuration;

/// <summary>What kind of endpoint a deployment is.</summary>
public enum DeploymentKind
{
    /// <summary><c>openai</c>: chat completions in OpenAI's form, which most servers of models speak.</summary>
    OpenAi,

    /// <summary><c>reward</c>: (prompt, answer) in, one number out.</summary>
    Reward,

    /// <summary><c>azure-openai</c>: Azure OpenAI, spoken to as <see cref="OpenAi"/> at <c>{endpoint}/openai/v1</c>.</summary>
    AzureOpenAi,
}

/// <summary>How a key is sent.</summary>
public enum KeyHeader
{
    /// <summary><c>bearer</c>: <c>Authorization: Bearer …</c>.</summary>
    Bearer,

    /// <summary><c>api-key</c>: a header <c>api-key: …</c>, as Azure's keys are sent.</summary>
    ApiKey,
}

/// <summary>How a token of Microsoft Entra ID is come by; each is a credential of Azure.Identity.</summary>
public enum EntraIdentity
{
    /// <summary><c>default</c>: environment, workload, managed identity, then a developer's sign-in (DefaultAzureCredential).</summary>
    Default,

    /// <summary><c>managed</c>: the managed identity of the machine (ManagedIdentityCredential).</summary>
    Managed,

    /// <summary><c>workload</c>: a Kubernetes workload's federated token (WorkloadIdentityCredential).</summary>
    Workload,

    /// <summary><c>environment</c>: AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret or certificate (EnvironmentCredential).</summary>
    Environment,

    /// <summary><c>azure-cli</c>: who is signed in with <c>az login</c> (AzureCliCredential).</summary>
    AzureCli,
}

/// <summary>What an endpoint's tokens-per-minute limit counts.</summary>
public enum TokensCharged
{
    /// <summary><c>reserved</c>: the prompt and the maximum output, at arrival, as Azure does.</summary>
    Reserved,

    /// <summary><c>used</c>: what the call took in the end.</summary>
    Used,
}

/// <summary>One endpoint of a pool. Immutable; holds the name of the variable with the key, never a key.</summary>
/// <param name="Address">As <see cref="DeploymentConfig.Endpoint"/>.</param>
public sealed record EndpointConfig(Uri Address)
{
    /// <summary>As <see cref="DeploymentConfig.ServedAs"/>; null for the deployment's.</summary>
    public string? ServedAs { get; init; }

    /// <summary>As <see cref="DeploymentConfig.KeyEnvironment"/>.</summary>
    public string? KeyEnvironment { get; init; }

    /// <summary>As <see cref="DeploymentConfig.KeyHeader"/>.</summary>
    public KeyHeader KeyHeader { get; init; }

    /// <summary>The limits of this endpoint.</summary>
    public required EndpointLimits Limits { get; init; }
}

/// <summary>What one endpoint takes.</summary>
/// <param name="Concurrency">Calls in flight at once, at most.</param>
/// <param name="RequestsPerMinute">Requests in any 60 s, at most; null where none is known: then one is learned.</param>
/// <param name="TokensPerMinute">Tokens in any 60 s, at most; null where none is known.</param>
/// <param name="TokensCharged">What the tokens' limit counts.</param>
public sealed record EndpointLimits(int Concurrency, long? RequestsPerMinute, long? TokensPerMinute, TokensCharged TokensCharged);

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

    /// <summary>Default of <see cref="TokenScope"/>.</summary>
    public const string DefaultTokenScope = "https://cognitiveservices.azure.com/.default";

    /// <summary>
    /// Default of <see cref="ImageTokens"/>: above what is documented for one image of the usual models. OpenAI: 85 + 170 for each of at most 8 tiles, or
    /// at most 1,536 patches times 2.46 at the most; Together: 1,601 for each of at most 4 tiles.
    /// </summary>
    public const int UsualImageTokens = 8192;

    /// <summary>Tokens of one image for <c>gpt-4o-mini</c>, at most: 2,833 + 5,667 for each of at most 8 tiles, as OpenAI documents them.</summary>
    public const int Gpt4oMiniImageTokens = 48_169;

    /// <summary>Default of <see cref="Attempts"/>.</summary>
    public const int DefaultAttempts = 8;

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

    /// <summary>Calls in flight at once at each endpoint, at most: 1–4096.</summary>
    public int Concurrency { get; init; } = DefaultConcurrency;

    /// <summary>Requests in any 60 s at each endpoint, at most, all processes on one store together; null where none is known: then one is learned.</summary>
    public long? RequestsPerMinute { get; init; }

    /// <summary>Tokens in any 60 s at each endpoint, at most; null where none is known.</summary>
    public long? TokensPerMinute { get; init; }

    /// <summary>What the tokens' limit counts. Default <see cref="TokensCharged.Reserved"/>, the safe one.</summary>
    public TokensCharged TokensCharged { get; init; }

    /// <summary>The endpoints of a pool, all of the same model; empty where <see cref="Endpoint"/> is the only one. Where there are any, the first is <see cref="Endpoint"/>.</summary>
    public IReadOnlyList<EndpointConfig> Pool { get; init; } = [];

    /// <summary>How a token of Entra ID is come by; null where a key is used, or nothing.</summary>
    public EntraIdentity? Identity { get; init; }

    /// <summary>Client id of a user-assigned managed identity or of a workload; null for the usual one.</summary>
    public string? IdentityClientId { get; init; }

    /// <summary>Scope of the token. Default <c>https://cognitiveservices.azure.com/.default</c>.</summary>
    public string TokenScope { get; init; } = DefaultTokenScope;

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

    /// <summary>How much a reasoning model thinks (<c>reasoning_effort</c>, e.g. <c>low</c>); null leaves it out. Part of a judge's version.</summary>
    public string? ReasoningEffort { get; init; }

    /// <summary>
    /// True where images in a prompt or answer, written as Markdown (<c>![…](https://… or data:…)</c>), are sent as images. Part of a judge's version.
    /// </summary>
    public bool Images { get; init; }

    /// <summary>
    /// Tokens that one image counts as, at most: what is reserved for it in money, and in quota until replies tell better. Default
    /// <see cref="UsualImageTokens"/>; no part of a version.
    /// </summary>
    public int ImageTokens { get; init; } = UsualImageTokens;

    /// <summary>The name of the parameter that limits the output.</summary>
    public OutputLimitParameter OutputLimit { get; init; }

    /// <summary>How batches of a chat deployment are made and what they cost.</summary>
    public BatchOptions Batch { get; init; } = new();

    /// <summary>The form of a reward endpoint.</summary>
    public RewardForm Form { get; init; }

    /// <summary>True where it answers chat completions.</summary>
    public bool IsChat => Kind != DeploymentKind.Reward;

    /// <summary>The endpoints: the pool, or the only one.</summary>
    public IReadOnlyList<EndpointConfig> Endpoints => Pool.Count > 0
        ? Pool
        : [new EndpointConfig(Endpoint) { ServedAs = ServedAs, KeyEnvironment = KeyEnvironment, KeyHeader = KeyHeader, Limits = new EndpointLimits(Concurrency, RequestsPerMinute, TokensPerMinute, TokensCharged) }];
}
