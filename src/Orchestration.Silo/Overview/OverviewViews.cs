using System.Text.Json.Serialization;
using Orchestration.Silo.Sweeps;

namespace Orchestration.Silo.Overview;

/// <summary>A silo of the store.</summary>
internal sealed record SiloView(
    string Silo, string Role, string Host, int Process, string Version, bool IsAlive, DateTimeOffset StartedAt, double SilentSeconds, int Shards, long Judgments, long Calls, long FailedAttempts, decimal CostUsd,
    double JudgmentsPerSecond, double CallsPerSecond);

/// <summary>A deployment of the configuration.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Model">The model.</param>
/// <param name="Endpoints">Endpoints of its pool.</param>
/// <param name="RequestsPerMinute">Its quota; null for none.</param>
/// <param name="TokensPerMinute">Its quota; null for none.</param>
/// <param name="RequestsUsed">Granted in the last 60 s, to all silos.</param>
/// <param name="TokensUsed">Granted in the last 60 s, to all silos.</param>
/// <param name="UsdPerHour">What it costs at the pace of the time looked back over; null while that is not known.</param>
/// <param name="CallsPerHour">Likewise.</param>
/// <param name="SpentUsd">Since the beginning.</param>
/// <param name="Waiting">Why this silo waits for it; null where it does not.</param>
internal sealed record DeploymentView(
    string Name, string Model, int Endpoints, long? RequestsPerMinute, long? TokensPerMinute, long RequestsUsed, long TokensUsed, double? UsdPerHour, double? CallsPerHour, decimal SpentUsd, WaitView? Waiting);

internal sealed record WaitView(string Reason, DateTimeOffset Since, DateTimeOffset? NextTry);

/// <summary>What was routed between two looks.</summary>
internal sealed record TrafficPoint(DateTimeOffset At, double RoutesPerMinute, double FailedPerMinute, double UsdPerHour);

/// <summary>Routed traffic.</summary>
internal sealed record TrafficView(long RoutesToday, long FailedToday, decimal UsdToday, IReadOnlyList<ExpertShare> Experts, IReadOnlyList<TrafficPoint> Points);

internal sealed record ExpertShare(string Expert, long Routes, double Share);

/// <summary>What somebody should look at.</summary>
/// <param name="Severity"><c>bad</c> or <c>warn</c>.</param>
/// <param name="Kind"><c>silo</c>, <c>deployment</c>, <c>sweep</c>, <c>drift</c>, <c>quarantine</c>, <c>ledger</c>, <c>access</c>.</param>
/// <param name="Subject">What it is about.</param>
/// <param name="Text">What is the matter.</param>
/// <param name="Since">Since when; null where that is not known.</param>
internal sealed record AlarmView(string Severity, string Kind, string Subject, string Text, DateTimeOffset? Since);

/// <summary><c>GET /v1/overview</c>.</summary>
/// <param name="At">When it was made.</param>
/// <param name="Silos">Alive, or gone within the last hour.</param>
/// <param name="Deployments">Of this silo's configuration.</param>
/// <param name="Sweeps">Those that are not over, and the last few that are.</param>
/// <param name="Traffic">Routed traffic; null where the configuration names no experts.</param>
/// <param name="Alarms">The worst first.</param>
/// <param name="LookedBackSeconds">Over how long figures per hour were measured.</param>
internal sealed record OverviewView(
    DateTimeOffset At, IReadOnlyList<SiloView> Silos, IReadOnlyList<DeploymentView> Deployments, IReadOnlyList<SweepView> Sweeps, TrafficView? Traffic, IReadOnlyList<AlarmView> Alarms, double LookedBackSeconds);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(OverviewView))]
internal sealed partial class OverviewJson : JsonSerializerContext;
