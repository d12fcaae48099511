using System.Text.Json.Serialization;

namespace Orchestration.Silo.Routing;

/// <summary><c>POST /v1/feedback</c>.</summary>
internal sealed record FeedbackBody
{
    public required string RouteId { get; init; }

    /// <summary>0–1, higher is better.</summary>
    public required double Rating { get; init; }

    public string? Comment { get; init; }
}

/// <summary>What became of a rating: <c>taken</c>, <c>replaced</c>, <c>held_back</c>.</summary>
internal sealed record FeedbackAnswer(string RouteId, string Receipt);

/// <summary><c>POST /v1/router/quarantine</c> and <c>…/release</c>.</summary>
internal sealed record QuarantineBody
{
    /// <summary><c>expert</c> or <c>judge</c>.</summary>
    public required string Kind { get; init; }

    public required string Name { get; init; }

    public required string Reason { get; init; }
}

internal sealed record QuarantineView(string Kind, string Name, string Reason, string By, DateTimeOffset At);

internal sealed record QuarantineAnswer(long Epoch, IReadOnlyList<QuarantineView> Held);

internal sealed record ExpertTotals(string Expert, long Routes, long Failed, long Explored, decimal CostUsd, decimal UnknownUsd, double? MeanLatencySeconds, long OutputTokens);

internal sealed record ExpertRatingView(string Expert, int Ratings, int Sources, double Figure);

internal sealed record WriterView(string Silo, long Accepted, long Written, long Dropped, long Waiting, bool HasEnded);

/// <summary>A figure with its 95% interval, 0–1.</summary>
internal sealed record FigureView(double Value, double? Lower, double? Upper);

/// <summary>Judged quality of an expert: had it answered everything that it could have answered, and of what it was sent.</summary>
internal sealed record ExpertQualityView(string Expert, FigureView? Corrected, string? NotCorrected, double EffectiveRows, FigureView? OfWhatItWasSent, int Judged, int Unscored);

internal sealed record RouterJudgeView(string Judge, int Scored, double? Mean, IReadOnlyDictionary<string, int> Unscored);

internal sealed record DriftView(string Kind, string Name, string What, bool IsWorse, DateTimeOffset Since, DateTimeOffset NoticedAt);

internal sealed record RouterView(
    IReadOnlyList<string> Experts, string? DefaultExpert, IReadOnlyList<string> Policies, DateOnly Since, IReadOnlyList<ExpertTotals> Totals, IReadOnlyList<ExpertQualityView> Quality,
    IReadOnlyList<RouterJudgeView> Judges, IReadOnlyList<DriftView> Drift, IReadOnlyList<ExpertRatingView> Ratings, QuarantineAnswer Quarantine, IReadOnlyList<WriterView> Writers);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(FeedbackBody))]
[JsonSerializable(typeof(FeedbackAnswer))]
[JsonSerializable(typeof(QuarantineBody))]
[JsonSerializable(typeof(QuarantineAnswer))]
[JsonSerializable(typeof(RouterView))]
internal sealed partial class RouterJson : JsonSerializerContext;
