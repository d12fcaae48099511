using Orchestration.Silo.Routing;

namespace Orchestration.Silo.Judging;

/// <summary><c>GET /v1/judges/report</c>: how judges do, by what this silo and its store know.</summary>
/// <param name="Judges">Every judge that something is known of, by its column, in ordinal order.</param>
/// <param name="Agreement">Two judges over routed answers that both scored.</param>
/// <param name="Sweeps">The last sweeps, of which some shards were read.</param>
/// <param name="Drift">What drifted, of judges of routed answers.</param>
/// <param name="Held">Judges in quarantine.</param>
/// <param name="Waiting">Deployments that wait for their endpoint.</param>
/// <param name="IsRouted">True where the configuration names experts and a judge set for their answers: only then are judges watched for drift, and can be quarantined.</param>
/// <param name="Probes">What bias probes that are kept in the store say, by judge.</param>
internal sealed record JudgeReportAnswer(
    IReadOnlyList<JudgeReportLine> Judges, IReadOnlyList<JudgePairView> Agreement, IReadOnlyList<SweepSampleView> Sweeps, IReadOnlyList<DriftView> Drift, IReadOnlyList<QuarantineView> Held,
    IReadOnlyList<WaitLine> Waiting, bool IsRouted, IReadOnlyList<JudgeProbeLine> Probes);

/// <summary>One judge.</summary>
/// <param name="Judge">Its column in results.</param>
/// <param name="Routed">Routed answers, the last 20,000 that were judged; null where it judged none.</param>
/// <param name="Requests">Requests at this silo since its start; null likewise.</param>
/// <param name="Swept">The rows of <see cref="JudgeReportAnswer.Sweeps"/>; null likewise.</param>
/// <param name="Cost">What it has cost by deployment since the store began.</param>
internal sealed record JudgeReportLine(string Judge, RoutedJudge? Routed, CountedJudge? Requests, CountedJudge? Swept, IReadOnlyList<JudgeCostLine> Cost);

/// <summary>A judge of routed answers: mapped scores, 0–1.</summary>
internal sealed record RoutedJudge(long Scored, double? Mean, double? Deviation, double? WithOthers, IReadOnlyDictionary<string, long> Unscored, long Unreadable);

/// <summary>Counts of a judge. Of <c>Compared</c> comparisons with both verdicts <c>Flipped</c> have two that prefer different answers.</summary>
internal sealed record CountedJudge(long Scored, IReadOnlyDictionary<string, long> Unscored, long Unreadable, long Compared, long Flipped);

/// <summary>What a judge cost at a deployment.</summary>
internal sealed record JudgeCostLine(string Deployment, long Calls, decimal SettledUsd, decimal UnknownUsd);

/// <summary>Two judges.</summary>
internal sealed record JudgePairView(string First, string Second, int Answers, double? Correlation, double? MeanDistance);

/// <summary>A sweep of which some shards were read.</summary>
/// <param name="Sweep">Its id.</param>
/// <param name="Kind"><c>pairs</c> or <c>comparisons</c>.</param>
/// <param name="CreatedAt">When it began.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Read">Rows that were read.</param>
/// <param name="IsWhole">True where that is all of it.</param>
/// <param name="Judges">Its columns.</param>
/// <param name="Correlation">Between every two columns, row by row; null without one. Empty for comparisons.</param>
/// <param name="EffectiveChannels">How many independent judges would say as much; null where nothing is known.</param>
internal sealed record SweepSampleView(
    string Sweep, string Kind, DateTimeOffset CreatedAt, long Rows, long Read, bool IsWhole, IReadOnlyList<string> Judges, IReadOnlyList<double?> Correlation, double? EffectiveChannels);
