using System.Globalization;
using Orchestration.Core.Access;
using Orchestration.Core.Aggregation.Versions;

namespace Orchestration.Core.Aggregation.Activation;

/// <summary>How changes of aggregators stand in the audit log, whoever makes them.</summary>
public static class AggregatorAudit
{
    /// <summary>The entry of an attempt to make a version active.</summary>
    /// <param name="by">Who asked.</param>
    /// <param name="name">The aggregator.</param>
    /// <param name="before">Its setting before.</param>
    /// <param name="id">The version.</param>
    /// <param name="result">What came of it.</param>
    public static AuditEntry Activation(string by, string name, AggregatorSetting before, string id, ActivationResult result)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(result);
        return new AuditEntry(by, result.Active ? "aggregator.activate" : "aggregator.refuse", name, before.Active, $"{id}: {result.Reason}");
    }

    /// <summary>The entry of another change.</summary>
    /// <param name="by">Who made it.</param>
    /// <param name="action"><c>aggregator.rollback</c>, <c>aggregator.shadow</c>, <c>aggregator.canary</c>.</param>
    /// <param name="before">The setting before.</param>
    /// <param name="after">The setting now.</param>
    public static AuditEntry Change(string by, string action, AggregatorSetting before, AggregatorSetting after)
    {
        ArgumentNullException.ThrowIfNull(after);
        return new AuditEntry(by, action, after.Name, Words(before), Words(after));
    }

    private static string Words(AggregatorSetting setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"active {Short(setting.Active)}, shadow {Short(setting.Shadow)}, canary {Short(setting.Canary)}{(setting.Canary is null ? "" : string.Create(CultureInfo.InvariantCulture, $" for {setting.CanaryShare}"))}");
    }

    private static string Short(string? id) => id is null ? "none" : AggregatorVersion.Short(id);
}
