using Orchestration.Core.Routing.Drift;
using Orchestration.Learning.Intervals;

namespace Orchestration.Core.Routing.Loop;

/// <summary>What is known of a router's experts and judges. Immutable.</summary>
public sealed record RouterReport
{
    /// <summary>When it was made, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>First day of the totals, UTC.</summary>
    public required DateOnly From { get; init; }

    /// <summary>The experts, in ordinal order of their names.</summary>
    public required IReadOnlyList<ExpertReport> Experts { get; init; }

    /// <summary>The judges, in ordinal order of their names.</summary>
    public required IReadOnlyList<JudgeReport> Judges { get; init; }

    /// <summary>What each policy came to, in ordinal order of their names; that of requests that named an expert is empty.</summary>
    public IReadOnlyList<PolicyReport> Policies { get; init; } = [];

    /// <summary>How the judges agree over the answers that two of them scored, each two once, in the order of <see cref="Judges"/>.</summary>
    public IReadOnlyList<JudgePair> Agreement { get; init; } = [];

    /// <summary>What drifted.</summary>
    public required IReadOnlyList<DriftFinding> Drift { get; init; }

    /// <summary>Who is quarantined.</summary>
    public required QuarantineList Quarantines { get; init; }

    /// <summary>Those who rate.</summary>
    public required IReadOnlyList<RatingSource> Sources { get; init; }

    /// <summary>Routes that were dropped because a queue was full.</summary>
    public required long Dropped { get; init; }

    /// <summary>Routes that waited at writers which have not ended in order: of a silo that was killed they are lost, of one that works they are on their way.</summary>
    public required long Waiting { get; init; }
}

/// <summary>One expert.</summary>
public sealed record ExpertReport
{
    /// <summary>Its name.</summary>
    public required string Expert { get; init; }

    /// <summary>Why it is quarantined; null where it is not.</summary>
    public string? Quarantine { get; init; }

    /// <summary>Routes that it answered, or was to answer where nobody did.</summary>
    public long Routes { get; init; }

    /// <summary>Of them without an answer.</summary>
    public long Failed { get; init; }

    /// <summary>Of them drawn at random.</summary>
    public long Explored { get; init; }

    /// <summary>Known cost of them, US dollars.</summary>
    public decimal CostUsd { get; init; }

    /// <summary>May have been charged, US dollars.</summary>
    public decimal UnknownUsd { get; init; }

    /// <summary>Mean time of a request with an answer; NaN without one.</summary>
    public double LatencySeconds { get; init; } = double.NaN;

    /// <summary>Answers judged with a score, of the last rewards.</summary>
    public int Judged { get; init; }

    /// <summary>Answers judged without one.</summary>
    public int Unscored { get; init; }

    /// <summary>Mean judged score, 0–1, of what it was sent, which is not what another expert was sent: no measure of which is better.</summary>
    public Estimate OfWhatItWasSent { get; init; } = Estimate.Of(double.NaN);

    /// <summary>Judged score, 0–1, had it answered everything that it could have answered: doubly robust, 95% interval. NaN where <see cref="NotCorrected"/> says why.</summary>
    public Estimate Corrected { get; init; } = Estimate.Of(double.NaN);

    /// <summary>Why there is no corrected figure; null where there is one.</summary>
    public string? NotCorrected { get; init; }

    /// <summary>How many answers, judged evenly, would tell as much as those that the corrected figure rests on.</summary>
    public double EffectiveRows { get; init; }

    /// <summary>What an answer of it would have cost on average, US dollars, by what policies expected over the last judged decisions that it was on offer for, whoever was asked then; NaN where they expected nothing.</summary>
    public double ExpectedUsd { get; init; } = double.NaN;

    /// <summary>What people's ratings come to; null where nobody rated it.</summary>
    public ExpertRating? Ratings { get; init; }
}

/// <summary>One judge of routed answers, by its column.</summary>
/// <param name="Judge">Its name.</param>
/// <param name="Quarantine">Why it is quarantined; null where it is not.</param>
/// <param name="Scored">Answers that it scored, of the last rewards.</param>
/// <param name="Mean">Mean mapped score, 0–1; NaN without one.</param>
/// <param name="Unscored">How often it has no score, by reason.</param>
public sealed record JudgeReport(string Judge, string? Quarantine, int Scored, double Mean, IReadOnlyDictionary<string, int> Unscored)
{
    /// <summary>Standard deviation of its mapped scores; NaN below two.</summary>
    public double Deviation { get; init; } = double.NaN;

    /// <summary>Correlation (Pearson's) of its mapped scores with the mean of the other judges' over the answers that it and at least one other scored; NaN where one of them does not vary.</summary>
    public double WithOthers { get; init; } = double.NaN;
}

/// <summary>Two judges over the answers that both scored.</summary>
/// <param name="First">One.</param>
/// <param name="Second">The other.</param>
/// <param name="Answers">How many answers.</param>
/// <param name="Correlation">Pearson's, of mapped scores; NaN where one of them does not vary.</param>
/// <param name="MeanDistance">Mean absolute difference of mapped scores, 0–1; NaN without answers.</param>
public sealed record JudgePair(string First, string Second, int Answers, double Correlation, double MeanDistance);

/// <summary>What a policy came to over its last judged answers, which are chosen by hash of the route: a fair sample of what it was asked.</summary>
/// <param name="Policy">Its name; empty where requests named an expert.</param>
/// <param name="Judged">Answers judged with a score.</param>
/// <param name="Unscored">Answers judged without one.</param>
/// <param name="Quality">Mean judged score, 0–1, with a 95% interval (Student's t; none below two answers).</param>
/// <param name="MeanUsd">Mean known cost of a judged route, US dollars, fallbacks and candidates included; NaN without one.</param>
public sealed record PolicyReport(string Policy, int Judged, int Unscored, Estimate Quality, double MeanUsd);
