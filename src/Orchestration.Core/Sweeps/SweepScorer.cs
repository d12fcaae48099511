using Orchestration.Core.Aggregation;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Sweeps;

/// <summary>The aggregated scores of one shard.</summary>
/// <param name="Scores">One a row; NaN where there is none. For comparisons the log-odds that A is the better answer; empty without a learned aggregator.</param>
/// <param name="Lower">Lower ends of the intervals; empty where there are none.</param>
/// <param name="Upper">Upper ends.</param>
/// <param name="Versions">The versions that made them, where the sweep follows what is active; otherwise empty.</param>
/// <param name="VersionOf">For each row its index in <paramref name="Versions"/>; empty where there is one.</param>
public sealed record SweepScores(double[] Scores, double[] Lower, double[] Upper, IReadOnlyList<string> Versions, byte[] VersionOf)
{
    /// <summary>Scores alone.</summary>
    public SweepScores(double[] scores)
        : this(scores, [], [], [], [])
    {
    }
}

/// <summary>Aggregates the shards of a sweep: by the mean, or by the version that the sweep fixed at its start.</summary>
internal sealed class SweepScorer
{
    private readonly SweepDefinition _definition;
    private readonly IActors _actors;
    private readonly MeanScore _mean;
    private readonly AggregatorColumns _columns;

    public SweepScorer(SweepDefinition definition, IActors actors)
    {
        _definition = definition;
        _actors = actors;
        _mean = new MeanScore(definition.Columns, definition.MinCoverage);
        _columns = SweepColumns.Of(definition);
    }

    /// <summary>The scores of a shard.</summary>
    /// <exception cref="OrchestrationException">The version refuses the sweep's judges (<see cref="ErrorCodes.Configuration"/>).</exception>
    public async ValueTask<SweepScores> ScoreAsync(DataBlock data, JudgmentTable table, CancellationToken cancellationToken)
    {
        if (_definition.Learned is not { } learned) return new SweepScores(_definition.Kind == DataKind.Pairs ? _mean.Scores(table) : []);
        var request = new AggregatorRequest
        {
            Columns = _columns,
            Scores = Raw(_definition, table),
            Version = learned.Version,
            Pairs = learned.Version is null ? Hashes(data) : default,
            MinCoverage = _definition.MinCoverage,
        };
        var reply = await _actors.Aggregator(learned.Name).PredictAsync(request, cancellationToken);
        if (reply.Refusal is { } refusal) throw new OrchestrationException(ErrorCodes.Configuration, refusal);
        return new SweepScores(reply.Scores, reply.Lower, reply.Upper, learned.Version is null ? reply.Versions : [], learned.Version is null ? reply.VersionOf : []);
    }

    /// <summary>Rows × columns of <see cref="SweepColumns"/>, NaN where there is no score; for comparisons mean verdicts for answer A.</summary>
    public static double[] Raw(SweepDefinition definition, JudgmentTable table)
    {
        if (definition.Kind != DataKind.Pairs)
        {
            var judges = VerdictColumns.Of(definition.Columns);
            var verdicts = new double[table.Rows * judges.Length];
            for (var i = 0; i < verdicts.Length; i++) verdicts[i] = judges[i % judges.Length].Mean(table, i / judges.Length);
            return verdicts;
        }

        var scores = new double[table.Rows * table.Columns];
        for (var column = 0; column < table.Columns; column++)
        {
            var values = table.ColumnValues(column);
            var codes = table.ColumnCodes(column);
            for (var row = 0; row < values.Length; row++) scores[row * table.Columns + column] = codes[row] == 1 ? values[row] : double.NaN;
        }

        return scores;
    }

    // By the id: sweeps of recorded judgments do not read the texts at all.
    private static Hash128[] Hashes(DataBlock data)
    {
        var hashes = new Hash128[data.Rows];
        for (var row = 0; row < hashes.Length; row++) hashes[row] = IdHash.Of(data.Id(row));
        return hashes;
    }
}
