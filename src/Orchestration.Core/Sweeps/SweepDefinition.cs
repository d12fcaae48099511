using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestration.Core.Configuration;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Exemplars;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Sweeps;

/// <summary>
/// A sweep as fixed at its start: everything that decides its results apart from the data itself. Kept as JSON in the store, so that a resumed
/// sweep judges by the rubrics it began with, whatever the files say by then.
/// </summary>
public sealed record SweepDefinition
{
    /// <summary>The format that this build writes.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The judge id of columns that were read from recorded files: they have no actor.</summary>
    public const string RecordedJudge = "replay";

    /// <summary>Version of this record's form.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Pairs or comparisons.</summary>
    public required DataKind Kind { get; init; }

    /// <summary>The judges, in the order asked for.</summary>
    public required IReadOnlyList<FixedJudge> Judges { get; init; }

    /// <summary>The columns of results; complete once the data has been read.</summary>
    public required IReadOnlyList<EvaluationColumn> Columns { get; init; }

    /// <summary>The aggregator version: <c>mean</c>, or a learned version's id; <c>NAME@active</c> where the sweep follows what is active.</summary>
    public required string Aggregator { get; init; }

    /// <summary>The learned aggregator, where one was asked for; null for the mean.</summary>
    public FixedAggregator? Learned { get; init; }

    /// <summary>Least share of judges that must have a score for a pair to have an aggregated one, 0–1.</summary>
    public required double MinCoverage { get; init; }

    /// <summary>The data files with their sizes and hashes.</summary>
    public IReadOnlyList<InputFile> Inputs { get; init; } = [];

    /// <summary>The recorded files with their sizes and hashes.</summary>
    public IReadOnlyList<InputFile> Recorded { get; init; } = [];

    /// <summary>The product version that registered it.</summary>
    public string Build { get; init; } = ProductVersion;

    /// <summary>The version of this build.</summary>
    public static string ProductVersion { get; } = typeof(SweepDefinition).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>JSON text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, SweepJson.Default.SweepDefinition);

    /// <summary>Reads the JSON text.</summary>
    /// <exception cref="OrchestrationException">Of a newer format (<see cref="ErrorCodes.Store"/>).</exception>
    public static SweepDefinition FromJson(string json)
    {
        var definition = JsonSerializer.Deserialize(json, SweepJson.Default.SweepDefinition)
            ?? throw new OrchestrationException(ErrorCodes.Store, "A sweep's definition is empty.");
        return definition.Format == CurrentFormat
            ? definition
            : throw new OrchestrationException(ErrorCodes.Store, $"A sweep's definition has format {definition.Format}; this build reads format {CurrentFormat}. Use a newer build.");
    }
}

/// <summary>A judge as fixed for a sweep.</summary>
/// <param name="Spec">As asked for on the command line.</param>
/// <param name="Id">The actor's id.</param>
/// <param name="Kind">What makes its scores.</param>
/// <param name="Version">The version, 32 hexadecimal digits.</param>
/// <param name="Rubric">The rubric file's text, for judges that have one.</param>
/// <param name="Deployment">Name of the deployment, for judges that call one.</param>
/// <param name="Model">The model as configured, for judges that call one.</param>
/// <param name="Members">For the panel of code judges: each member's id and revision, in the panel's order.</param>
/// <param name="Panel">For a panel: all that its configuration said of it.</param>
/// <param name="Exemplars">For a judge that is shown exemplars: the whole pool, so that no later change of its file reaches the sweep.</param>
public sealed record FixedJudge(
    string Spec,
    string Id,
    JudgeKind Kind,
    string Version,
    string? Rubric = null,
    string? Deployment = null,
    string? Model = null,
    IReadOnlyList<string>? Members = null,
    PanelConfig? Panel = null,
    ExemplarSet? Exemplars = null)
{
    /// <summary>The deployments it calls, each once; empty for judges that call none.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Deployments => Panel is not null ? Panel.Deployments : Deployment is null ? [] : [Deployment];
}

/// <summary>A learned aggregator as fixed for a sweep.</summary>
/// <param name="Name">The aggregator.</param>
/// <param name="Version">The version's id; null where the sweep follows what is active, which no rerun repeats.</param>
/// <param name="Judges">The version's judges: coverage is the share of these. Empty where the sweep follows what is active.</param>
/// <param name="Min">Lowest human score that it was trained on.</param>
/// <param name="Max">Highest human score that it was trained on.</param>
public sealed record FixedAggregator(string Name, string? Version, IReadOnlyList<string> Judges, double Min, double Max)
{
    /// <summary>How definitions and summaries name it.</summary>
    public string Id => Version ?? $"{Name}@active";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(SweepDefinition))]
internal sealed partial class SweepJson : JsonSerializerContext;
