using System.Globalization;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Sweeps;

/// <summary>What a sweep is asked to be, before its data has been read.</summary>
public sealed record SweepPlan
{
    /// <summary>Where the data comes from.</summary>
    public required IngestOptions Data { get; init; }

    /// <summary>The judges that have an actor, in the order asked for, with what is fixed of each.</summary>
    public required IReadOnlyList<PlannedJudge> Judges { get; init; }

    /// <summary>Stated scales of recorded judges, by name.</summary>
    public IReadOnlyDictionary<string, Scale> RecordedScales { get; init; } = new Dictionary<string, Scale>(StringComparer.Ordinal);

    /// <summary>Least share of judges that must have a score, 0–1.</summary>
    public double MinCoverage { get; init; } = 0.8;

    /// <summary>The learned aggregator; null for the mean.</summary>
    public FixedAggregator? Aggregator { get; init; }

    /// <summary>
    /// The aggregator as asked for, which is what a rerun of the same command has in common: the unfinished sweep goes on with the version that it fixed, also
    /// where another one is active by then.
    /// </summary>
    public string? AggregatorAsked { get; init; }

    /// <summary>See <see cref="NewSweep.Priority"/>.</summary>
    public int Priority { get; init; }

    /// <summary>Where results go.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>True where the user named the folder: then a rerun with another folder is another sweep.</summary>
    public bool IsFolderNamed { get; init; }
}

/// <summary>A judge of a plan.</summary>
/// <param name="Descriptor">What is fixed of the actor.</param>
/// <param name="Fixed">How the definition writes it.</param>
/// <param name="OnlyWithReferences">
/// Names of dimensions that take part only if the data has references at all: those that came in with a group (<c>code</c>) and were not asked for one by one.
/// </param>
public sealed record PlannedJudge(JudgeDescriptor Descriptor, FixedJudge Fixed, IReadOnlySet<string>? OnlyWithReferences = null);

/// <summary>Registers sweeps: reads the data into the store, fixes the columns, and seals.</summary>
public sealed class SweepRegistration
{
    private const int RowsPerShardFree = 4096;
    private const int RowsPerShardPaid = 256;

    private readonly ISweepStore _sweeps;
    private readonly string _owner;

    /// <summary>Creates it over a store.</summary>
    /// <param name="sweeps">Where sweeps live.</param>
    /// <param name="owner">This process.</param>
    public SweepRegistration(ISweepStore sweeps, string owner)
    {
        _sweeps = sweeps;
        _owner = owner;
    }

    /// <summary>Rows that are checkpointed together unless stated: fewer where judges call a model, as a shard ends with its slowest call.</summary>
    public static int UsualRowsPerShard(IReadOnlyList<PlannedJudge> judges) => judges.Any(static j => j.Descriptor.IsPaid) ? RowsPerShardPaid : RowsPerShardFree;

    /// <summary>
    /// The fingerprint by which a rerun of the same command finds its unfinished sweep: the judges' versions, the options that decide results, and
    /// each file's full path, size and time of change. Null where data comes from standard input, which cannot be read again.
    /// </summary>
    public static string? Fingerprint(SweepPlan plan)
    {
        if (plan.Data.Inputs.Contains("-")) return null;
        var parts = new List<string>
        {
            plan.Data.Kind.ToString(),
            plan.IsFolderNamed ? plan.OutputFolder : "",
            Text(plan.Data.Limit), Text(plan.Data.Sample), Text(plan.Data.Seed), Text(plan.Data.RowsPerShard), Text(plan.MinCoverage),
        };
        parts.AddRange(plan.Data.Inputs.Select(FileStamp));
        parts.Add("recorded");
        parts.AddRange(plan.Data.Recorded.Select(r => FileStamp(r.Path)));
        parts.AddRange(plan.RecordedScales.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key}={s.Value}"));
        parts.Add("map");
        parts.AddRange(plan.Data.Map.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key}={m.Value}"));
        parts.Add("keep");
        parts.AddRange(plan.Data.Keep);
        parts.Add("judges");
        parts.AddRange(plan.Judges.Select(j => $"{j.Fixed.Spec} {j.Fixed.Id} {j.Fixed.Version} {string.Join(' ', j.Fixed.Deployments)}"));
        if (plan.AggregatorAsked is { } asked) parts.AddRange(["aggregator", asked]);
        return PairHash.Of([.. parts]).ToString();
    }

    /// <summary>Reads the data, registers the sweep and seals it.</summary>
    public async Task<(SweepRecord Sweep, IngestReport Report)> RegisterAsync(SweepPlan plan, IProgress<IngestProgress>? progress, CancellationToken cancellationToken)
    {
        var draft = Define(plan, null);
        var created = await _sweeps.CreateAsync(
            new NewSweep(draft.ToJson(), Fingerprint(plan) ?? "", plan.OutputFolder, _owner) { Priority = plan.Priority }, cancellationToken);
        try
        {
            var report = await DataIngest.RunAsync(plan.Data, new StoreSink(_sweeps, created.Id), progress, cancellationToken);
            var definition = Define(plan, report);
            var sealing = new SweepSeal(definition.ToJson(), report.Rows, report.Rejected);
            return (await _sweeps.SealAsync(created.Id, sealing, cancellationToken), report);
        }
        catch
        {
            await _sweeps.DeleteAsync(created.Id, CancellationToken.None);
            throw;
        }
    }

    /// <summary>The definition of a plan, complete where the data has been read.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="report">What reading the data told; null before.</param>
    public static SweepDefinition Define(SweepPlan plan, IngestReport? report)
    {
        var columns = new List<EvaluationColumn>();
        foreach (var judge in plan.Judges)
        {
            for (var d = 0; d < judge.Descriptor.Dimensions.Count; d++)
            {
                var dimension = judge.Descriptor.Dimensions[d];
                if (report is { RowsWithReference: 0 } && judge.OnlyWithReferences?.Contains(dimension.Name) == true) continue;
                foreach (var kind in Kinds(plan.Data.Kind, judge.Descriptor))
                    columns.Add(new EvaluationColumn(dimension.Name, judge.Descriptor.Id, d, kind, dimension.Scale));
            }
        }

        foreach (var recorded in report?.RecordedColumns ?? [])
        {
            if ((recorded.Kind == ColumnKind.Score) != (plan.Data.Kind == DataKind.Pairs)) continue;
            if (columns.Any(c => c.Name == recorded.Name && c.Kind == recorded.Kind))
                throw new OrchestrationException(ErrorCodes.Usage, $"The judge '{recorded.Name}' is asked for and stands in the recorded file {plan.Data.Recorded[recorded.FileIndex].Path} too. Leave one of them out.");
            columns.Add(new EvaluationColumn(recorded.Name, SweepDefinition.RecordedJudge, 0, recorded.Kind, plan.RecordedScales.GetValueOrDefault(recorded.Name)));
        }

        if (report is not null && columns.Count == 0)
            throw new OrchestrationException(ErrorCodes.Input, $"There is no judge left: {(plan.Data.Recorded.Count == 0 ? "name one with --judges" : $"the recorded files hold no {(plan.Data.Kind == DataKind.Pairs ? "scores of pairs" : "verdicts on comparisons")}")}.");
        return new SweepDefinition
        {
            Kind = plan.Data.Kind,
            Judges = [.. plan.Judges.Select(j => j.Fixed)],
            Columns = columns,
            Aggregator = plan.Aggregator?.Id ?? Aggregation.MeanScore.Version,
            Learned = plan.Aggregator,
            MinCoverage = plan.MinCoverage,
            Inputs = report?.Inputs ?? [],
            Recorded = report?.RecordedInputs ?? [],
        };
    }

    private static ColumnKind[] Kinds(DataKind kind, JudgeDescriptor judge) => (kind, judge.ComparesDirectly) switch
    {
        (DataKind.Pairs, false) => [ColumnKind.Score],
        (DataKind.Comparisons, true) => [ColumnKind.VerdictAsShown, ColumnKind.VerdictSwapped],
        (DataKind.Comparisons, false) => [ColumnKind.ScoreA, ColumnKind.ScoreB],
        _ => throw new OrchestrationException(ErrorCodes.Usage, $"'{judge.Id}' compares two answers and cannot score one. Use it with 'orchestrate compare run'."),
    };

    private static string FileStamp(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? $"{file.FullName} {Text(file.Length)} {Text(file.LastWriteTimeUtc.Ticks)}" : path;
    }

    private static string Text(IFormattable? value) => value?.ToString(null, CultureInfo.InvariantCulture) ?? "none";

    private sealed class StoreSink(ISweepStore sweeps, string sweepId) : IShardSink
    {
        public ValueTask AppendAsync(IReadOnlyList<ShardData> shards, CancellationToken cancellationToken) =>
            sweeps.AppendShardsAsync(sweepId, shards, cancellationToken);

        public ValueTask ReplaceAsync(ShardData shard, CancellationToken cancellationToken) =>
            sweeps.ReplaceShardAsync(sweepId, shard, cancellationToken);

        public async ValueTask<ShardData> ReadBackAsync(int index, CancellationToken cancellationToken)
        {
            var shard = await sweeps.ReadShardAsync(sweepId, index, ShardParts.Head | ShardParts.Text, cancellationToken)
                ?? throw new OrchestrationException(ErrorCodes.Store, $"Shard {index} of sweep {sweepId} is not in the store.");
            return new ShardData(index, shard.Rows, shard.Head!, shard.Text!);
        }
    }
}
