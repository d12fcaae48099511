namespace Orchestration.Core.Routing;

/// <summary>What is kept of the texts of routed traffic.</summary>
public enum KeptTraffic
{
    /// <summary><c>nothing</c>: the decision and its numbers alone.</summary>
    Nothing,

    /// <summary><c>hash</c>: hashes of prompt and answer as well.</summary>
    Hash,

    /// <summary><c>text</c>: prompt and answer as well, for <see cref="RouterConfig.KeepFor"/>.</summary>
    Text,
}

/// <summary>The router as configured (<c>experts</c> and <c>router</c> of <c>orchestration.yaml</c>). Immutable.</summary>
public sealed record RouterConfig
{
    /// <summary>The policy that <c>model: auto</c> means unless told otherwise.</summary>
    public const string DefaultPolicy = "auto";

    /// <summary>The name of the router of a configuration.</summary>
    public const string RouterName = "router";

    /// <summary>Experts in the order of the file.</summary>
    public IReadOnlyList<ExpertConfig> Experts { get; init; } = [];

    /// <summary>The expert that is asked where a policy abstains. Null only without experts.</summary>
    public string? DefaultExpert { get; init; }

    /// <summary>Policies by name: <c>model: auto</c> is the one called <see cref="DefaultPolicy"/>, <c>model: auto:NAME</c> the one called NAME.</summary>
    public IReadOnlyDictionary<string, PolicyConfig> Policies { get; init; } = new Dictionary<string, PolicyConfig>(StringComparer.Ordinal);

    /// <summary>Share of requests that go to an expert drawn evenly among those that are healthy and affordable, 0–0.5.</summary>
    public double Explore { get; init; } = 0.02;

    /// <summary>Time for a whole request, all attempts, escalations and fallbacks included.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a decision waits for the embedding of its prompt, where its policy's model was trained on some; then it abstains.</summary>
    public TimeSpan EmbeddingWait { get; init; } = Features.PromptEmbedding.DefaultWait;

    /// <summary>US dollars a day (UTC) for all routed traffic; null for no cap.</summary>
    public decimal? UsdPerDay { get; init; }

    /// <summary>Share of the answers that are judged in the background, 0–1, chosen by hash of the route's id.</summary>
    public double JudgeShare { get; init; } = 0.05;

    /// <summary>The judge set that judges answers, and that cascades and best-of-n ask unless their policy names another; null where nobody judges.</summary>
    public string? Judges { get; init; }

    /// <summary>The aggregator whose active version turns judgments into a reward; null for the mean.</summary>
    public string? Aggregator { get; init; }

    /// <summary>True where a judge may reward experts of its own family.</summary>
    public bool JudgesOwnFamily { get; init; }

    /// <summary>US dollars a day (UTC) for judging routed answers; null for no cap.</summary>
    public decimal? JudgingUsdPerDay { get; init; }

    /// <summary>What is kept of texts.</summary>
    public KeptTraffic Keep { get; init; } = KeptTraffic.Nothing;

    /// <summary>How long decisions and texts are kept.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromDays(30);

    /// <summary>True where an expert or a judge that drifts is quarantined without being asked; false where it is only shown.</summary>
    public bool Quarantines { get; init; }

    /// <summary>The expert with this name; null where there is none.</summary>
    public ExpertConfig? Expert(string name) => Experts.FirstOrDefault(e => e.Name == name);
}
