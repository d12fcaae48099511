namespace Orchestration.Learning.Metrics;

/// <summary>One measured number and how far chance may have moved it.</summary>
/// <param name="Value">The number; NaN where it is not defined (no two rows to compare, targets that are all the same).</param>
/// <param name="StandardError">
/// Its standard error by group: rows of one group may depend on one another in any way, groups may not. Infinitesimal jackknife (Efron 1982, §6;
/// the cluster-robust sandwich for means), with the factor G/(G − 1). NaN below two groups. Chance in drawing the folds is averaged, not added.
/// </param>
public readonly record struct Figure(double Value, double StandardError);
