using System.Text.Json.Serialization;

namespace Orchestration.Silo.Sweeps;

// Collections are set, not initialised: what a body leaves out keeps its default then.
/// <summary>What a sweep is asked to be: the body of <c>POST /v1/sweeps</c> over a data set, or its query where the body is the rows.</summary>
internal sealed record SweepBody
{
    /// <summary>A data set of the configuration; null where the rows come with the request.</summary>
    public string? DataSet { get; init; }

    /// <summary><c>pairs</c> (the default) or <c>comparisons</c>; a data set's own where one is named.</summary>
    public string? Kind { get; init; }

    public IReadOnlyList<string> Judges { get; set; } = [];

    public string? Aggregator { get; init; }

    public bool FollowActive { get; init; }

    public double? MinCoverage { get; init; }

    public decimal? MaxCostUsd { get; init; }

    public int? Priority { get; init; }

    public long? Limit { get; init; }

    public long? Sample { get; init; }

    public long? Seed { get; init; }

    public IReadOnlyList<string> Keep { get; set; } = [];

    public IReadOnlyDictionary<string, string> Map { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary><c>POST /v1/sweeps/{id}/resume</c>.</summary>
internal sealed record ResumeBody
{
    public decimal? MaxCostUsd { get; init; }

    public bool RetryUnscored { get; init; }
}

internal sealed record ProgressView(int ShardsDone, int Shards, long RowsDone, long Rows, long Judgments, long Unscored, long FromStore);

internal sealed record MoneyView(decimal SettledUsd, decimal ReservedUsd, decimal UnknownUsd, decimal? CapUsd);

internal sealed record TotalsView(long Calls, long FailedAttempts, long InputTokens, long OutputTokens, decimal CostUsd);

/// <summary>A sweep as its readers see it.</summary>
internal sealed record SweepView
{
    public required string Id { get; init; }

    public required string State { get; init; }

    public required string Kind { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required long Rows { get; init; }

    public required long Rejected { get; init; }

    /// <summary>By reason; only in the answer to the request that made the sweep.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, long>? RejectedByReason { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Warnings { get; init; }

    public required IReadOnlyList<string> Judges { get; init; }

    public required string Aggregator { get; init; }

    public required double MinCoverage { get; init; }

    public required int Priority { get; init; }

    public ProgressView? Progress { get; init; }

    public MoneyView? Money { get; init; }

    public required TotalsView Totals { get; init; }
}

/// <summary><c>GET /v1/sweeps</c>, newest first.</summary>
internal sealed record SweepList(IReadOnlyList<SweepView> Sweeps);

/// <summary>The data of an event of <c>GET /v1/sweeps/{id}/events</c>.</summary>
internal sealed record SweepEvent(string Id, string State, ProgressView Progress, decimal CostUsd);

/// <summary>A data set that the configuration names. Where its files lie is nobody's business.</summary>
internal sealed record DataSetView(string Name, string Kind);

/// <summary><c>GET /v1/data-sets</c>.</summary>
internal sealed record DataSetList(IReadOnlyList<DataSetView> DataSets);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(SweepBody))]
[JsonSerializable(typeof(ResumeBody))]
[JsonSerializable(typeof(SweepView))]
[JsonSerializable(typeof(SweepList))]
[JsonSerializable(typeof(SweepEvent))]
[JsonSerializable(typeof(EstimateView))]
[JsonSerializable(typeof(DataSetList))]
internal sealed partial class SweepJson : JsonSerializerContext;
