using System.Diagnostics.Metrics;
using Orchestration.Silo.Hosting;
using Orchestration.Silo.Judging;
using Orchestration.Silo.Sweeps;

namespace Orchestration.Silo.Running;

/// <summary>
/// What a silo measures of itself, under the meter <see cref="Name"/>; requests themselves are measured by ASP.NET Core's own meters. Names and units stand in
/// docs/design/telemetry.md. Nothing is computed while nobody listens.
/// </summary>
internal static class SiloMetrics
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Orchestration.Silo";

    private static readonly Meter Meter = new(Name);

    /// <summary>Requests that were not let in, by <c>orchestration.refusal</c>: <c>key</c>, <c>role</c>, <c>limit</c>, <c>origin</c>.</summary>
    public static Counter<long> Refused { get; } = Meter.CreateCounter<long>("orchestration.access.refused", "{request}", "Requests that were not let in.");

    /// <summary>Requests that were told to come again because there was no room.</summary>
    public static Counter<long> Busy { get; } = Meter.CreateCounter<long>("orchestration.requests.busy", "{request}", "Requests that were told to come again.");

    /// <summary>Adds the gauges of a silo.</summary>
    public static void Watch(SiloState state, JudgeService judging, SiloSweeps sweeps)
    {
        Meter.CreateObservableGauge("orchestration.judging.rows", () => judging.RowsInWork, "{row}", "Rows in work for requests to judge.");
        Meter.CreateObservableGauge("orchestration.sweeps.shards", () => sweeps.Working, "{shard}", "Shards of sweeps in work.");
        Meter.CreateObservableGauge("orchestration.config.generation", () => state.ConfigGeneration, "{configuration}", "How often a configuration was put into effect.");
        Meter.CreateObservableGauge("orchestration.access.keys", () => state.Keys.Count, "{key}", "Keys known, revoked ones too.");
    }
}
