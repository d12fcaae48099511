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
internal sealed record ExpertQualityView(string Expert, FigureView? Corrected, string? NotCorrected, double EffectiveRows, FigureView? OfWhatItWasSent, int Judged, int Unscored, double? ExpectedUsd);

/// <summary>What a policy came to over its judged answers, a fair sample of what it was asked. <c>Policy</c> is empty where requests named an expert.</summary>
internal sealed record PolicyQualityView(string Policy, int Judged, int Unscored, FigureView? Quality, double? MeanUsd);

/// <summary>One who rates.</summary>
internal sealed record RatingSourceView(string Source, int Ratings, string? HeldBack);

/// <summary>A route as it stands in lists.</summary>
internal sealed record RouteLine
{
    public required string Id { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string? Policy { get; init; }

    public required string Plan { get; init; }

    /// <summary>The rule that chose, in a phrase.</summary>
    public required string Reason { get; init; }

    /// <summary>Who was asked first.</summary>
    public required string Expert { get; init; }

    public required string? AnsweredBy { get; init; }

    public required int? Status { get; init; }

    public required decimal? CostUsd { get; init; }

    public required double? Seconds { get; init; }

    public required double Probability { get; init; }

    public required bool Explored { get; init; }

    public required bool Abstained { get; init; }

    public required bool Sampled { get; init; }

    /// <summary>What judges said; null where they have not, or could not.</summary>
    public required FigureView? Score { get; init; }
}

/// <summary>Routes, newest first.</summary>
/// <param name="Routes">Those that were asked for.</param>
/// <param name="Searched">Routes that were looked at for them.</param>
/// <param name="NextBefore">What to give as <c>before</c> to go on; null at the end.</param>
internal sealed record RouteList(IReadOnlyList<RouteLine> Routes, int Searched, string? NextBefore);

internal sealed record RouterJudgeView(string Judge, int Scored, double? Mean, IReadOnlyDictionary<string, int> Unscored);

internal sealed record DriftView(string Kind, string Name, string What, bool IsWorse, DateTimeOffset Since, DateTimeOffset NoticedAt);

internal sealed record RouterView(
    IReadOnlyList<string> Experts, string? DefaultExpert, IReadOnlyList<string> Policies, DateOnly Since, IReadOnlyList<ExpertTotals> Totals, IReadOnlyList<ExpertQualityView> Quality,
    IReadOnlyList<PolicyQualityView> PolicyQuality, IReadOnlyList<RouterJudgeView> Judges, IReadOnlyList<DriftView> Drift, IReadOnlyList<ExpertRatingView> Ratings, IReadOnlyList<RatingSourceView> Sources,
    QuarantineAnswer Quarantine, IReadOnlyList<WriterView> Writers);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(FeedbackBody))]
[JsonSerializable(typeof(FeedbackAnswer))]
[JsonSerializable(typeof(QuarantineBody))]
[JsonSerializable(typeof(QuarantineAnswer))]
[JsonSerializable(typeof(RouterView))]
[JsonSerializable(typeof(RouteList))]
internal sealed partial class RouterJson : JsonSerializerContext;
