using System.Collections.Concurrent;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;

namespace Orchestration.Silo.Gateway.Deciding;

/// <summary>The columns of a judge set that scores answers without references.</summary>
internal sealed class JudgeSetColumns
{
    private readonly IAggregatorCatalog _catalog;
    private readonly ConcurrentDictionary<(string Name, string Version), AggregatorTarget?> _targets = new();

    public JudgeSetColumns(ResolvedJudges judges, IAggregatorCatalog catalog)
    {
        _catalog = catalog;
        var columns = new List<EvaluationColumn>();
        foreach (var judge in judges.Planned)
        {
            for (var d = 0; d < judge.Descriptor.Dimensions.Count; d++)
            {
                // Nobody has a reference of what a user asks for.
                var dimension = judge.Descriptor.Dimensions[d];
                if (judge.Descriptor.NeedsReference || judge.OnlyWithReferences?.Contains(dimension.Name) == true) continue;
                columns.Add(new EvaluationColumn(dimension.Name, judge.Descriptor.Id, d, ColumnKind.Score, dimension.Scale));
            }
        }

        Columns = columns;
        Judges = [.. columns.Select(static c => c.Name)];
        ForAggregator = SweepColumns.Of(new SweepDefinition
        {
            Kind = DataKind.Pairs,
            Judges = [.. judges.Planned.Select(static j => j.Fixed)],
            Columns = columns,
            Aggregator = MeanScore.Version,
            MinCoverage = 0,
        });
    }

    public IReadOnlyList<EvaluationColumn> Columns { get; }

    public IReadOnlyList<string> Judges { get; }

    public AggregatorColumns ForAggregator { get; }

    /// <summary>The scale of a version's scores; null where it has none to go by.</summary>
    public async ValueTask<AggregatorTarget?> TargetAsync(string name, string version, CancellationToken cancellationToken)
    {
        if (_targets.TryGetValue((name, version), out var known)) return known;
        var target = await ReadAsync(name, version, cancellationToken);
        return _targets.GetOrAdd((name, version), target);
    }

    private async ValueTask<AggregatorTarget?> ReadAsync(string name, string version, CancellationToken cancellationToken)
    {
        if (await _catalog.FindAsync(version, name, cancellationToken) is not { } stored) return null;
        var target = LoadedVersion.Load(stored).Version.Manifest.Basis.Target;
        return target.Max > target.Min ? target : null;
    }
}
