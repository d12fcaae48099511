using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Simulation;

/// <summary>How a scripted endpoint behaves. The defaults answer at once and never fail.</summary>
public sealed record ScriptedEndpointOptions
{
    /// <summary>Port on 127.0.0.1; 0 for any that is free. Default 0.</summary>
    public int Port { get; init; }

    /// <summary>Decides scores and faults. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Time from a request's arrival to its reply. Default zero: at once.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Up to this is added to <see cref="Latency"/>, decided by the content. Default zero.</summary>
    public TimeSpan LatencySpread { get; init; }

    /// <summary>The key that requests must carry, as <c>Authorization: Bearer</c> or as <c>api-key</c>; null to take any request. Default null.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Models that are served; empty for any. Default empty.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>What the endpoint charges; null for nothing.</summary>
    public TokenPrices? Prices { get; init; }

    /// <summary>
    /// Share of requests, 0–1, that meet a fault. Faults of the content (from <see cref="ScriptedFault.ContentFilter"/> on) are shares of contents and
    /// last; the others are drawn anew for each attempt of a content. The shares of each of the two groups add up to at most 1.
    /// </summary>
    public IReadOnlyDictionary<ScriptedFault, double> Faults { get; init; } = new Dictionary<ScriptedFault, double>();

    /// <summary>Faults of the first, second, … attempt of every content; those after it follow <see cref="Faults"/>.</summary>
    public IReadOnlyList<ScriptedFault> FirstAttempts { get; init; } = [];

    /// <summary>What scripted 429 and 503 ask callers to wait; limits ask for the true wait. Default 1 s.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The limits of all models without limits of their own together; null for none. Default null.</summary>
    public ScriptedLimits? Limits { get; init; }

    /// <summary>Limits of single models, by name. Default none.</summary>
    public IReadOnlyDictionary<string, ScriptedLimits> ModelLimits { get; init; } = new Dictionary<string, ScriptedLimits>();

    /// <summary>
    /// Arrivals kept for <see cref="ScriptedEndpoint.Arrivals"/>, 24 bytes each; those beyond are counted and not kept. Null for four million where limits
    /// are set and none elsewhere. Default null.
    /// </summary>
    public int? ArrivalsKept { get; init; }

    /// <summary>Numbers of an embedding whose call states none, at least 1. Default 64.</summary>
    public int EmbeddingDimensions { get; init; } = 64;

    /// <summary>How files and batches behave.</summary>
    public ScriptedBatches Batches { get; init; } = new();

    /// <summary>Pause before each event of a stream but the first. Default zero.</summary>
    public TimeSpan StreamPause { get; init; }

    /// <summary>True to begin streams as Azure OpenAI does: with an event without choices, which says what filters found in the prompt. Default false.</summary>
    public bool SendsPromptFilter { get; init; }

    /// <summary>True to have a stream's fault come before its first event instead of in its middle. Default false.</summary>
    public bool BreaksStreamsAtStart { get; init; }

    /// <summary>The pause of <see cref="ScriptedFault.SlowBody"/>. Default 1 s.</summary>
    public TimeSpan SlowBodyPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How much the answer shown first is preferred: added to its quality (0–1) in a comparison. 0 gives verdicts that never change when the answers
    /// are exchanged. Default 0.
    /// </summary>
    public double PositionBias { get; init; }

    /// <summary>
    /// What sways the judges, by name, and by how much of their quality (0–1) at most or for each doubling of length: <see cref="ScriptedBiases.Names"/>. Default none.
    /// </summary>
    public IReadOnlyDictionary<string, double> Biases { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Share of all that sways a judge (<see cref="PositionBias"/> too) that is left when it is shown its earlier judgment to revise, 0–1. Default 1: revising changes nothing.</summary>
    public double BiasAfterRevision { get; init; } = 1;

    /// <summary>Half the width of the noise that each judge adds to an answer's quality (0–1). Default 0.12.</summary>
    public double JudgeNoise { get; init; } = 0.12;

    /// <summary>The quality (0–1) of an answer, where somebody knows it; null, or a null result, has it estimated from visible features.</summary>
    public Func<ScriptedMaterial, double?>? Quality { get; init; }

    /// <summary>Replaces the reply to a call; null, or a null result, leaves it to the script.</summary>
    public Func<ScriptedCall, ScriptedReply?>? Respond { get; init; }

    /// <summary>
    /// Counts how often each content was asked for and answered (about 60 bytes each). Always on where faults are scripted. Default false.
    /// </summary>
    public bool TrackContents { get; init; }
}

/// <summary>What one judged answer consists of, as found in the prompt.</summary>
/// <param name="Prompt">The prompt; empty where none was found.</param>
/// <param name="Answer">The answer.</param>
/// <param name="Reference">The reference; null where there is none.</param>
public sealed record ScriptedMaterial(string Prompt, string Answer, string? Reference);
