using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Sweeps;

/// <summary>A sweep's columns as aggregator versions recognise them: with the hash of the rubric and the version of the judge behind each.</summary>
public static class SweepColumns
{
    /// <summary>The columns of a definition, in its order; for comparisons one for each judge, which holds its mean verdict.</summary>
    public static AggregatorColumns Of(SweepDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var rubrics = new Dictionary<string, string>(StringComparer.Ordinal);
        return definition.Kind == DataKind.Pairs
            ? new AggregatorColumns([.. definition.Columns.Select(c => Of(definition, c, rubrics))])
            : new AggregatorColumns(
                [.. definition.Columns.Where(static c => c.Kind != ColumnKind.Score).DistinctBy(static c => c.Name).Select(c => Of(definition, c, rubrics))], LearnedFrom.Comparisons);
    }

    private static AggregatorColumn Of(SweepDefinition definition, EvaluationColumn column, Dictionary<string, string> rubrics)
    {
        // Recorded judgments do not say what made them.
        if (definition.Judges.FirstOrDefault(j => j.Id == column.JudgeId) is not { } judge) return new AggregatorColumn(column.Name);
        if (judge.Kind == JudgeKind.Code)
        {
            // The panel's version changes with its members; each member's own is its name and revision.
            return new AggregatorColumn(column.Name, null, judge.Members?.FirstOrDefault(m => m.StartsWith(column.Name + "/", StringComparison.Ordinal)));
        }

        if (judge.Rubric is not { } text) return new AggregatorColumn(column.Name, null, judge.Version);
        if (!rubrics.TryGetValue(judge.Id, out var rubric)) rubrics.Add(judge.Id, rubric = RubricFile.Parse($"the rubric of judge {judge.Id}", text).Version);
        return new AggregatorColumn(column.Name, rubric, judge.Version);
    }
}
