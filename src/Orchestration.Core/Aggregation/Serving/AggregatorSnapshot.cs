namespace Orchestration.Core.Aggregation.Serving;

/// <summary>What counts for one name at one moment. Replaced whole, never changed.</summary>
/// <param name="Setting">The setting that it was made from.</param>
/// <param name="Active">The version whose scores are returned; null where none is active.</param>
/// <param name="Shadow">Scored beside and never returned.</param>
/// <param name="Canary">Returned for its share.</param>
internal sealed record AggregatorSnapshot(AggregatorSetting Setting, LoadedVersion? Active, LoadedVersion? Shadow, LoadedVersion? Canary)
{
    /// <summary>True where the pair's hash falls into the canary's share. A larger share holds every pair of a smaller one.</summary>
    public bool IsCanary(Hash128 pair) => (pair.High >> 11) * (1.0 / (1UL << 53)) < Setting.CanaryShare;
}
