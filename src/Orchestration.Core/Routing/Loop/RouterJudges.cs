using Orchestration.Core.Aggregation;
using Orchestration.Core.Configuration;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;

namespace Orchestration.Core.Routing.Loop;

/// <summary>One column of the judge set that judges routed answers.</summary>
/// <param name="Column">The column.</param>
/// <param name="ForAggregator">As an aggregator's version has to recognise it.</param>
/// <param name="Families">Whose models make its judgments; empty where nobody says, and for code.</param>
/// <param name="IsRepeatable">True where asking again is another judgment: not for code and recordings.</param>
public sealed record RouterJudge(EvaluationColumn Column, AggregatorColumn ForAggregator, IReadOnlyList<string> Families, bool IsRepeatable)
{
    /// <summary>True where a list of judges names it: by its column, or by the judge that fills it.</summary>
    public bool IsNamedBy(IEnumerable<string> judges) => judges.Any(name => name == Column.Name || name == Column.JudgeId);
}

/// <summary>The judge set that judges routed answers: judges that score one answer and need no reference, since nobody has one of what a user asks.</summary>
public sealed class RouterJudges
{
    /// <summary>Takes over the columns.</summary>
    public RouterJudges(IReadOnlyList<RouterJudge> judges)
    {
        ArgumentNullException.ThrowIfNull(judges);
        Judges = judges;
        Columns = [.. judges.Select(static j => j.Column)];
        ForAggregator = new AggregatorColumns([.. judges.Select(static j => j.ForAggregator)]);
    }

    /// <summary>The columns with what is known of their judges.</summary>
    public IReadOnlyList<RouterJudge> Judges { get; }

    /// <summary>The columns.</summary>
    public IReadOnlyList<EvaluationColumn> Columns { get; }

    /// <summary>The columns for aggregators.</summary>
    public AggregatorColumns ForAggregator { get; }

    /// <summary>Makes it of resolved judges.</summary>
    /// <param name="judges">The judge set.</param>
    /// <param name="config">Says whose models its deployments serve.</param>
    public static RouterJudges Of(ResolvedJudges judges, OrchestrationConfig config)
    {
        ArgumentNullException.ThrowIfNull(judges);
        ArgumentNullException.ThrowIfNull(config);
        var columns = new List<(EvaluationColumn Column, PlannedJudge Judge)>();
        foreach (var judge in judges.Planned)
        {
            for (var d = 0; d < judge.Descriptor.Dimensions.Count; d++)
            {
                var dimension = judge.Descriptor.Dimensions[d];
                if (judge.Descriptor.NeedsReference || judge.OnlyWithReferences?.Contains(dimension.Name) == true || judge.Descriptor.ComparesDirectly) continue;
                columns.Add((new EvaluationColumn(dimension.Name, judge.Descriptor.Id, d, ColumnKind.Score, dimension.Scale), judge));
            }
        }

        var named = SweepColumns.Of(new SweepDefinition
        {
            Kind = DataKind.Pairs,
            Judges = [.. judges.Planned.Select(static j => j.Fixed)],
            Columns = [.. columns.Select(static c => c.Column)],
            Aggregator = MeanScore.Version,
            MinCoverage = 0,
        });
        return new RouterJudges([.. columns.Select((c, i) => new RouterJudge(
            c.Column, named.Columns[i],
            [.. c.Judge.Fixed.Deployments.Select(d => config.Deployments.GetValueOrDefault(d)?.Model.Publisher).OfType<string>().Where(static p => p.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase)],
            c.Judge.Descriptor.Kind is not (JudgeKind.Code or JudgeKind.Replay)))]);
    }
}
