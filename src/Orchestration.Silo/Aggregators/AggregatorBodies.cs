using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestration.Silo.Aggregators;

/// <summary><c>POST /v1/aggregators/{name}/activate</c>.</summary>
internal sealed record ActivateBody
{
    /// <summary>The version: its id, or the first digits of it.</summary>
    public required string Version { get; init; }

    /// <summary>A data set of the configuration that holds the rows it was trained on, where they have moved.</summary>
    public string? DataSet { get; init; }

    /// <summary>Whatever the test says; needs a reason.</summary>
    public bool Force { get; init; }

    public string? Reason { get; init; }
}

/// <summary><c>POST …/rollback</c>.</summary>
internal sealed record RollbackBody
{
    public string? Reason { get; init; }
}

/// <summary><c>PUT …/shadow</c>.</summary>
internal sealed record ShadowBody
{
    public required string Version { get; init; }
}

/// <summary><c>PUT …/canary</c>.</summary>
internal sealed record CanaryBody
{
    public required string Version { get; init; }

    /// <summary>Share of the pairs, more than 0 and at most 1.</summary>
    public required double Share { get; init; }
}

/// <summary>Which versions of a name count.</summary>
internal sealed record SettingView(string Name, long Epoch, string? Active, string? Shadow, string? Canary, double CanaryShare, IReadOnlyList<string> Earlier);

internal sealed record VersionView(string Id, string Model, DateTimeOffset AddedAt);

internal sealed record AttemptView(string? Version, string? Previous, string Outcome, string Reason, string? By, DateTimeOffset At);

internal sealed record ComparisonView(
    string Active, string Other, long Rows, double MeanDifference, double RootMeanSquaredDifference, double? Correlation, double MaxDifference, long OnlyActive, long OnlyOther);

internal sealed record AggregatorView(SettingView Setting, IReadOnlyList<VersionView> Versions, IReadOnlyList<AttemptView> Attempts, IReadOnlyList<ComparisonView> Comparisons);

internal sealed record AggregatorLine(string Name, string? Active, int Versions);

internal sealed record AggregatorList(IReadOnlyList<AggregatorLine> Aggregators);

/// <summary>How an activation ended.</summary>
internal sealed record ActivationView(bool Active, string Reason, IReadOnlyList<string> Notes, SettingView Setting);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true,
    NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(ActivateBody))]
[JsonSerializable(typeof(RollbackBody))]
[JsonSerializable(typeof(ShadowBody))]
[JsonSerializable(typeof(CanaryBody))]
[JsonSerializable(typeof(SettingView))]
[JsonSerializable(typeof(AggregatorView))]
[JsonSerializable(typeof(AggregatorList))]
[JsonSerializable(typeof(ActivationView))]
[JsonSerializable(typeof(ExplanationView))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class AggregatorJson : JsonSerializerContext;
