using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;

namespace Orchestration.Silo.Judging;

/// <summary>Judges that sit together for a request: made once and used for every request that names the same. Immutable.</summary>
internal sealed class JudgeBench
{
    private JudgeBench(ResolvedJudges judges, SweepDefinition definition, EmbeddedActors actors)
    {
        (Judges, Definition, Actors) = (judges, definition, actors);
        Columns = SweepColumns.Of(definition);
        Verdicts = VerdictColumns.Of(definition.Columns);
    }

    /// <summary>The judges.</summary>
    public ResolvedJudges Judges { get; }

    /// <summary>Their columns, as a sweep of them would have.</summary>
    public SweepDefinition Definition { get; }

    /// <summary>Finds them, and aggregators.</summary>
    public EmbeddedActors Actors { get; }

    /// <summary>The columns as aggregator versions recognise them; one object, so that a version works out what it needs of them once.</summary>
    public AggregatorColumns Columns { get; }

    /// <summary>The columns by judge, for comparisons; empty for pairs.</summary>
    public VerdictColumns[] Verdicts { get; }

    /// <summary>Deployments that are called.</summary>
    public IEnumerable<string> Deployments => Judges.Planned.SelectMany(static j => j.Fixed.Deployments).Distinct(StringComparer.Ordinal);

    /// <summary>Puts judges on a bench.</summary>
    /// <param name="kind">What they judge.</param>
    /// <param name="judges">The judges.</param>
    /// <param name="hasReferences">False leaves judges out that came with <c>code</c> and need a reference, as a sweep of data without references does.</param>
    /// <param name="actors">Hosts them.</param>
    public static JudgeBench Of(DataKind kind, ResolvedJudges judges, bool hasReferences, EmbeddedActors actors)
    {
        var definition = SweepRegistration.Define(new SweepPlan { Data = new IngestOptions { Kind = kind, Inputs = [] }, Judges = judges.Planned, OutputFolder = "" }, null);
        if (!hasReferences)
        {
            var optional = judges.Planned.SelectMany(static j => j.OnlyWithReferences ?? Enumerable.Empty<string>()).ToHashSet(StringComparer.Ordinal);
            definition = definition with { Columns = [.. definition.Columns.Where(c => !optional.Contains(c.Name))] };
        }

        return definition.Columns.Count == 0
            ? throw new OrchestrationException(ErrorCodes.Usage, "No judge is left: those named need a reference, and no row has one.")
            : new JudgeBench(judges, definition, actors);
    }
}
