using System.Text.Json.Serialization;

namespace Orchestration.Silo.Judging;

/// <summary>A pair to be judged.</summary>
internal sealed record PairBody
{
    public string? Id { get; init; }

    public required string Prompt { get; init; }

    public required string Answer { get; init; }

    public string? Reference { get; init; }

    public string? Context { get; init; }

    public string? Group { get; init; }

    public string? Category { get; init; }

    public string? Source { get; init; }
}

/// <summary><c>POST /v1/judge</c>.</summary>
internal sealed record JudgeBody
{
    public required IReadOnlyList<PairBody> Pairs { get; init; }

    public required IReadOnlyList<string> Judges { get; init; }

    /// <summary>A name, whose active version scores; <c>mean</c>, the default.</summary>
    public string? Aggregator { get; init; }

    public double? MinCoverage { get; init; }

    public int? DeadlineMs { get; init; }
}

/// <summary>A comparison to be judged.</summary>
internal sealed record ComparisonBody
{
    public string? Id { get; init; }

    public required string Prompt { get; init; }

    public required string AnswerA { get; init; }

    public required string AnswerB { get; init; }

    public string? Reference { get; init; }

    public string? Context { get; init; }

    public string? Category { get; init; }
}

/// <summary><c>POST /v1/compare</c>.</summary>
internal sealed record CompareBody
{
    public required IReadOnlyList<ComparisonBody> Comparisons { get; init; }

    public required IReadOnlyList<string> Judges { get; init; }

    public string? Aggregator { get; init; }

    public double? MinCoverage { get; init; }

    public int? DeadlineMs { get; init; }
}

/// <summary>A judge that was asked, and in which version.</summary>
internal sealed record JudgeLine(string Id, string Kind, string Version, string? Model);

/// <summary>What judging took.</summary>
internal sealed record JudgeUsage(long Calls, long FailedAttempts, long FromStore, long InputTokens, long OutputTokens, decimal CostUsd, double ElapsedMs);

/// <summary>The judgments of one pair.</summary>
internal sealed record EvaluationLine
{
    public required string Id { get; init; }

    /// <summary>The aggregated score; null where too few judges have one.</summary>
    public double? Score { get; init; }

    public double[]? Interval { get; init; }

    public required double Coverage { get; init; }

    /// <summary>The version that made this score; <c>mean</c> where none did.</summary>
    public required string Aggregator { get; init; }

    public required IReadOnlyDictionary<string, double?> Scores { get; init; }

    /// <summary>The scores on 0–1, higher is better; judges without a stated scale are left out.</summary>
    public required IReadOnlyDictionary<string, double> Mapped { get; init; }

    public required IReadOnlyDictionary<string, string> Unscored { get; init; }
}

/// <summary>The answer of <c>POST /v1/judge</c>.</summary>
internal sealed record JudgeAnswer(string Aggregator, IReadOnlyList<JudgeLine> Judges, IReadOnlyList<EvaluationLine> Evaluations, JudgeUsage Usage);

/// <summary>The verdicts on one comparison.</summary>
internal sealed record ComparisonLine
{
    public required string Id { get; init; }

    /// <summary><c>A&gt;B</c>, <c>B&gt;A</c>, <c>A=B</c>; null where too few judges have a verdict.</summary>
    public string? Preference { get; init; }

    /// <summary>The mean verdict for answer A, −1 to 1; with a learned aggregator the log-odds that A is the better answer.</summary>
    public double? Score { get; init; }

    public required double Coverage { get; init; }

    public required string Aggregator { get; init; }

    /// <summary>By judge: as shown, and as said with A and B swapped.</summary>
    public required IReadOnlyDictionary<string, string?[]> Verdicts { get; init; }

    public required IReadOnlyDictionary<string, double?[]> Scores { get; init; }

    public required IReadOnlyDictionary<string, string> Unscored { get; init; }
}

/// <summary>The answer of <c>POST /v1/compare</c>.</summary>
internal sealed record CompareAnswer(string Aggregator, IReadOnlyList<JudgeLine> Judges, IReadOnlyList<ComparisonLine> Comparisons, JudgeUsage Usage);

/// <summary>How a judge does at this silo.</summary>
internal sealed record JudgeHealth(string Judge, long Scored, IReadOnlyDictionary<string, long> Unscored);

/// <summary>A deployment that waits, and why.</summary>
internal sealed record WaitLine(string Deployment, string Reason, DateTimeOffset Since, DateTimeOffset? NextTry);

/// <summary>The answer of <c>GET /v1/judges</c>.</summary>
internal sealed record JudgesAnswer(
    IReadOnlyDictionary<string, IReadOnlyList<string>> Sets, IReadOnlyList<string> Panels, IReadOnlyList<string> Code, IReadOnlyList<string> Rubrics, IReadOnlyList<string> Deployments,
    IReadOnlyList<JudgeHealth> Health, IReadOnlyList<WaitLine> Waiting);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(JudgeBody))]
[JsonSerializable(typeof(CompareBody))]
[JsonSerializable(typeof(JudgeAnswer))]
[JsonSerializable(typeof(CompareAnswer))]
[JsonSerializable(typeof(JudgesAnswer))]
[JsonSerializable(typeof(JudgeReportAnswer))]
internal sealed partial class JudgeJson : JsonSerializerContext;
