using Orchestration.Core.Judging;
using Orchestration.Core.Routing;

namespace Orchestration.Core.Configuration;

/// <summary>A judge's own limits: requests and tokens in any 60 s, all processes on one store together; null where there is none.</summary>
/// <param name="RequestsPerMinute">Requests, at most.</param>
/// <param name="TokensPerMinute">Tokens, at most.</param>
public sealed record JudgeLimits(long? RequestsPerMinute, long? TokensPerMinute);

/// <summary>What <c>orchestration.yaml</c> says: deployments, judge sets, panels, rubric folders and the scales of recorded judges. Immutable.</summary>
public sealed record OrchestrationConfig
{
    /// <summary>The file's usual name.</summary>
    public const string DefaultFileName = "orchestration.yaml";

    /// <summary>Nothing configured: code judges and recorded judges still work.</summary>
    public static OrchestrationConfig Empty { get; } = new();

    /// <summary>The file it was read from, with its folder, or what else it came from; null for <see cref="Empty"/>.</summary>
    public string? File { get; init; }

    /// <summary>Deployments by name.</summary>
    public IReadOnlyDictionary<string, DeploymentConfig> Deployments { get; init; } = new Dictionary<string, DeploymentConfig>(StringComparer.Ordinal);

    /// <summary>Named lists of judge specifications (<c>relevance</c>, <c>truthfulness@gpt-mini</c>).</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> JudgeSets { get; init; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    /// <summary>Panels by name: judges made of several judges.</summary>
    public IReadOnlyDictionary<string, PanelConfig> Panels { get; init; } = new Dictionary<string, PanelConfig>(StringComparer.Ordinal);

    /// <summary>Pools of judged pairs by name: <c>RUBRIC:exemplars=NAME@DEPLOYMENT</c> shows its judge the nearest.</summary>
    public IReadOnlyDictionary<string, ExemplarsConfig> Exemplars { get; init; } = new Dictionary<string, ExemplarsConfig>(StringComparer.Ordinal);

    /// <summary>Folders with rubrics of the user's own, absolute, in the order of the file.</summary>
    public IReadOnlyList<string> RubricFolders { get; init; } = [];

    /// <summary>The scales of judges that only exist as recorded scores, by judge name.</summary>
    public IReadOnlyDictionary<string, Scale> JudgeScales { get; init; } = new Dictionary<string, Scale>(StringComparer.Ordinal);

    /// <summary>Limits that judges have of their own beside their deployment's, by judge specification.</summary>
    public IReadOnlyDictionary<string, JudgeLimits> JudgeLimits { get; init; } = new Dictionary<string, JudgeLimits>(StringComparer.Ordinal);

    /// <summary>Data sets that requests may name.</summary>
    public IReadOnlyDictionary<string, DataSetConfig> DataSets { get; init; } = new Dictionary<string, DataSetConfig>(StringComparer.Ordinal);

    /// <summary>Experts, policies and the router's settings; null where the file names none.</summary>
    public RouterConfig? Router { get; init; }

    /// <summary>Reads and checks a file.</summary>
    /// <param name="path">The file; null for <c>orchestration.yaml</c> in the current folder where there is one, else <see cref="Empty"/>.</param>
    /// <exception cref="OrchestrationException">
    /// <see cref="ErrorCodes.Configuration"/>: everything that is wrong in the file, a line each, with file, line, option, value and cure;
    /// <see cref="ErrorCodes.Input"/>: the named file is missing or cannot be read.
    /// </exception>
    public static OrchestrationConfig Load(string? path) => ConfigurationReader.Load(path);

    /// <summary>Reads and checks text.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="file">The path it stands for: named in messages; relative rubric folders start from its folder.</param>
    /// <inheritdoc cref="Load" path="/exception"/>
    public static OrchestrationConfig Parse(string yaml, string file) => ConfigurationReader.Parse(yaml, file);

    /// <summary>Reads and checks values that come from elsewhere, with the names, checks and messages of the file.</summary>
    /// <param name="values">Paths of options with ':' between their parts (<c>deployments:gpt:limits:concurrency</c>, lists by number) and values.</param>
    /// <param name="source">What messages call them.</param>
    /// <param name="folder">Where relative rubric folders start from.</param>
    /// <inheritdoc cref="Load" path="/exception"/>
    public static OrchestrationConfig FromValues(IEnumerable<KeyValuePair<string, string?>> values, string source, string folder)
    {
        ArgumentNullException.ThrowIfNull(values);
        return ConfigurationReader.Read(ConfigurationTree.Of(values), source, folder, new ConfigurationProblems(source, hasLines: false));
    }

    /// <summary>The deployment with this name.</summary>
    /// <exception cref="OrchestrationException"><see cref="ErrorCodes.NotFound"/>: none has it; names those there are.</exception>
    public DeploymentConfig Deployment(string name)
    {
        if (Deployments.TryGetValue(name, out var deployment)) return deployment;
        var where = File ?? $"no {DefaultFileName} was found, so there are no deployments";
        var nearest = NearestName.Of(name, Deployments.Keys);
        var cure = nearest is not null ? $"Did you mean '{nearest}'?"
            : Deployments.Count > 0 ? $"It names: {string.Join(", ", Deployments.Keys.Order(StringComparer.Ordinal))}."
            : $"Add it under 'deployments' of {DefaultFileName}, or name the file with --config.";
        throw new OrchestrationException(ErrorCodes.NotFound, $"No deployment is called '{name}' ({where}). {cure}");
    }
}
