using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Learning.Explaining;
using Orchestration.Learning.Models;

namespace Orchestration.Core.Sweeps.Browsing;

/// <summary>One judge's part in an aggregated score.</summary>
/// <param name="Judge">The judge, as results call it.</param>
/// <param name="Mapped">Its mapped score, 0–1; NaN where it has none.</param>
/// <param name="Part">What it adds to the score; NaN where it takes no part.</param>
public readonly record struct ScorePart(string Judge, double Mapped, double Part);

/// <summary>What an aggregated score is made of: a base, and what every judge adds to it.</summary>
/// <param name="Version">The version that made the score; <c>mean</c> for the mean.</param>
/// <param name="Base">What the parts are added to. NaN where there are none.</param>
/// <param name="AreExact">True for the mean and for additive models, whose parts are the model's own. Otherwise they are Shapley values by sampling, against the other rows of the shard.</param>
/// <param name="Parts">One for each judge of the version; of the mean for each judge with a stated scale.</param>
public sealed record ScoreParts(string Version, double Base, bool AreExact, IReadOnlyList<ScorePart> Parts)
{
    private const ulong Seed = 1;

    /// <summary>Takes a row's score apart. For comparisons with a learned aggregator, which score by a difference of two numbers, only the mapped verdicts are given.</summary>
    /// <param name="row">The row.</param>
    /// <param name="version">The version that made its score; null for the mean.</param>
    /// <exception cref="OrchestrationException">The version refuses the sweep's judges (<see cref="ErrorCodes.Configuration"/>).</exception>
    public static ScoreParts Of(StoredRow row, LoadedVersion? version)
    {
        ArgumentNullException.ThrowIfNull(row);
        return version is null ? OfMean(row) : OfVersion(row, version);
    }

    private static ScoreParts OfMean(StoredRow row)
    {
        var table = row.Result.Table;
        var columns = row.Definition.Columns;
        int[] taking = [.. Enumerable.Range(0, columns.Count).Where(c => columns[c] is { Kind: Evaluation.ColumnKind.Score, Scale: not null })];
        var present = taking.Count(c => table.IsScored(row.Place.Row, c));
        return new ScoreParts(
            MeanScore.Version, 0, true,
            [
                .. taking.Select(c => table.IsScored(row.Place.Row, c) && columns[c].Scale!.Map(table.Value(row.Place.Row, c)) is var mapped
                    ? new ScorePart(columns[c].Name, mapped, mapped / present)
                    : new ScorePart(columns[c].Name, double.NaN, double.NaN)),
            ]);
    }

    private static ScoreParts OfVersion(StoredRow row, LoadedVersion version)
    {
        var binding = version.Bind(SweepColumns.Of(row.Definition));
        if (binding.Refusal is { } refusal) throw new OrchestrationException(ErrorCodes.Configuration, refusal);
        var judges = version.Judges.Count;
        var raw = SweepScorer.Raw(row.Definition, row.Result.Table);
        var mapped = new double[row.Data.Rows * judges];
        binding.Map(raw, mapped);
        var own = mapped.AsSpan(row.Place.Row * judges, judges).ToArray();
        if (row.IsComparison) return new ScoreParts(version.Id, double.NaN, false, [.. own.Select((m, j) => new ScorePart(version.Judges[j].Name, m, double.NaN))]);
        var parts = PairContributions.Of(version.Model, ExplainedRows.Of(new ScoreData(judges, mapped, new double[row.Data.Rows], [.. Enumerable.Range(0, row.Data.Rows)])), row.Place.Row, Seed);
        return new ScoreParts(version.Id, parts.Base, parts.Exact, [.. own.Select((m, j) => new ScorePart(version.Judges[j].Name, m, parts.Judges[j]))]);
    }
}
