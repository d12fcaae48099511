using System.Text.Json.Serialization;

namespace Orchestration.Silo.Sweeps.Browsing;

/// <summary>A finished row in a list.</summary>
internal sealed record PairLine
{
    /// <summary>What it is asked for by: <c>SHARD.ROW</c>.</summary>
    public required string At { get; init; }

    /// <summary>Its number among the sweep's rows, from 1.</summary>
    public required long Number { get; init; }

    public required string Id { get; init; }

    public string? Category { get; init; }

    public string? Source { get; init; }

    public required string Prompt { get; init; }

    public required string Answer { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AnswerB { get; init; }

    public double? Score { get; init; }

    public double[]? Interval { get; init; }

    /// <summary>By column: a score, or of comparisons 1 for A, −1 for B, 0 for neither.</summary>
    public required IReadOnlyList<double?> Values { get; init; }

    /// <summary>By column: why there is none.</summary>
    public required IReadOnlyList<string?> Unscored { get; init; }
}

/// <summary>A page of rows.</summary>
/// <param name="Columns">What the values are of.</param>
/// <param name="Pairs">The rows, in the order of the data.</param>
/// <param name="Next">What to give as <c>from</c> for the next page; null where everything was searched.</param>
/// <param name="Searched">Rows of the sweep up to where this page ends.</param>
/// <param name="Rows">Rows of the sweep.</param>
/// <param name="Unfinished">Rows met that are not finished yet, and so were not searched.</param>
/// <param name="ElapsedMs">How long it took.</param>
internal sealed record PairPage(IReadOnlyList<ColumnView> Columns, IReadOnlyList<PairLine> Pairs, string? Next, long Searched, long Rows, long Unfinished, double ElapsedMs);

/// <summary>A column of a sweep.</summary>
/// <param name="Name">As results call it.</param>
/// <param name="Judge">The judge.</param>
/// <param name="Asked"><c>score</c>, <c>as_shown</c>, <c>swapped</c>, <c>score_a</c>, <c>score_b</c>.</param>
/// <param name="Kind"><c>code</c>, <c>llm</c>, <c>reward</c>, <c>panel</c>, <c>replay</c>.</param>
/// <param name="Model">The model; null for judges without one.</param>
/// <param name="Scale">Its scale; null where none is stated.</param>
internal sealed record ColumnView(string Name, string Judge, string Asked, string Kind, string? Model, ScaleView? Scale);

internal sealed record ScaleView(double Min, double Max, bool LowerIsBetter);

/// <summary>Scores, added up.</summary>
/// <param name="Count">How many.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Their standard deviation.</param>
/// <param name="Min">The least.</param>
/// <param name="Max">The greatest.</param>
/// <param name="Low">The low end of the scale.</param>
/// <param name="High">The high end of the scale.</param>
/// <param name="Spread">How many lie in each of equal parts of the scale, low to high; empty where there is no scale.</param>
internal sealed record TallyView(long Count, double? Mean, double? Deviation, double? Min, double? Max, double? Low, double? High, IReadOnlyList<long> Spread);

internal sealed record ColumnStatistics(ColumnView Column, TallyView Scores, IReadOnlyDictionary<string, long> Unscored);

internal sealed record NameStatistics(string Name, long Rows, long Scored, double? Mean);

/// <summary>What the finished rows of a sweep come to.</summary>
/// <param name="Rows">Finished rows that are counted in.</param>
/// <param name="IsWhole">False where finished rows are not counted in yet: ask again.</param>
/// <param name="Scores">Aggregated scores.</param>
/// <param name="WithoutScore">Rows without one.</param>
/// <param name="Columns">By column.</param>
/// <param name="Categories">By category.</param>
/// <param name="Sources">By source.</param>
/// <param name="HasMoreCategories">True where there are more than are told apart.</param>
/// <param name="HasMoreSources">True where there are more than are told apart.</param>
internal sealed record StatisticsView(
    long Rows, bool IsWhole, TallyView Scores, long WithoutScore, IReadOnlyList<ColumnStatistics> Columns, IReadOnlyList<NameStatistics> Categories, IReadOnlyList<NameStatistics> Sources, bool HasMoreCategories,
    bool HasMoreSources);

/// <summary>One call's judgment behind a value.</summary>
internal sealed record StatementView(
    string Judge, int Repeat, IReadOnlyList<double> Values, string? Rationale, string? ServedModel, long InputTokens, long CachedInputTokens, long OutputTokens, decimal CostUsd, long Calls, long FailedAttempts, string? Voided);

internal sealed record JudgmentView(ColumnView Column, string Version, double? Value, double? Mapped, string? Unscored, IReadOnlyList<StatementView> Statements);

internal sealed record PartView(string Judge, double? Mapped, double? Part);

/// <summary>What an aggregated score is made of.</summary>
/// <param name="Aggregator">The version that made it; <c>mean</c> for the mean.</param>
/// <param name="Name">The aggregator's name; null for the mean.</param>
/// <param name="Score">The score; null where too few judges have one.</param>
/// <param name="Interval">Its interval.</param>
/// <param name="Level">The interval's level.</param>
/// <param name="Coverage">Share of its judges that have a score.</param>
/// <param name="MinCoverage">Least share for a score.</param>
/// <param name="Base">What the parts are added to.</param>
/// <param name="AreExact">True where the parts are the model's own; false where they are Shapley values by sampling.</param>
/// <param name="Parts">What each judge adds.</param>
/// <param name="Note">Why there are no parts.</param>
internal sealed record AggregateView(
    string Aggregator, string? Name, double? Score, double[]? Interval, double Level, double? Coverage, double MinCoverage, double? Base, bool AreExact, IReadOnlyList<PartView> Parts, string? Note);

/// <summary>One row with everything that is known of it.</summary>
internal sealed record PairView
{
    public required string At { get; init; }

    public required long Number { get; init; }

    public required string Id { get; init; }

    public required string Group { get; init; }

    public string? Category { get; init; }

    public string? Source { get; init; }

    public double? Target { get; init; }

    public string? Label { get; init; }

    public required string Prompt { get; init; }

    public required string Answer { get; init; }

    public string? AnswerB { get; init; }

    public string? Reference { get; init; }

    public string? Context { get; init; }

    public required IReadOnlyList<JudgmentView> Judgments { get; init; }

    public required AggregateView Aggregate { get; init; }

    /// <summary>Why what judges said cannot be shown; null where it can.</summary>
    public string? StatementsNote { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PairPage))]
[JsonSerializable(typeof(PairView))]
[JsonSerializable(typeof(StatisticsView))]
internal sealed partial class PairJson : JsonSerializerContext;
