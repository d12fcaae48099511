using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Learning.Explaining;

namespace Orchestration.Core.Sweeps;

/// <summary>What some of a sweep's finished shards, spread over all of it, say of its judges: enough to see whether they do well, at a cost that does not grow with the sweep.</summary>
/// <param name="Sweep">The sweep.</param>
/// <param name="Definition">What it is.</param>
/// <param name="Judges">What the judges said in the shards that were read.</param>
/// <param name="Correlation">How the columns of <paramref name="Definition"/> go together over those rows; null for comparisons, and where nothing is finished.</param>
/// <param name="IsWhole">True where all of its shards were read.</param>
public sealed record SweepJudgeSample(SweepRecord Sweep, SweepDefinition Definition, JudgeTable Judges, JudgeCorrelation? Correlation, bool IsWhole)
{
    /// <summary>Reads a sample.</summary>
    /// <param name="sweeps">The store.</param>
    /// <param name="sweep">The sweep.</param>
    /// <param name="mostShards">Shards that are read, at most; those that are not finished are left out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<SweepJudgeSample> ReadAsync(ISweepStore sweeps, SweepRecord sweep, int mostShards, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sweeps);
        ArgumentNullException.ThrowIfNull(sweep);
        ArgumentOutOfRangeException.ThrowIfLessThan(mostShards, 1);
        var definition = SweepDefinition.FromJson(sweep.Definition);
        var table = new JudgeTable(definition);
        var scores = new List<double>();
        var (shards, read) = (Math.Min(mostShards, sweep.Shards), 0);
        for (var i = 0; i < shards; i++)
        {
            var stored = await sweeps.ReadShardAsync(sweep.Id, (int)((long)i * sweep.Shards / shards), ShardParts.Head | ShardParts.Block, cancellationToken);
            if (stored is not { IsDone: true, Block: { } block }) continue;
            read++;
            var result = ResultBlock.Decode(block);
            table.Add(DataBlock.Decode(stored), result);
            if (definition.Kind == DataKind.Pairs) Add(scores, definition, result);
        }

        return new SweepJudgeSample(
            sweep, definition, table, scores.Count == 0 ? null : JudgeCorrelation.Of([.. scores], definition.Columns.Count), read == sweep.Shards);
    }

    private static void Add(List<double> scores, SweepDefinition definition, ResultBlock result)
    {
        for (var row = 0; row < result.Table.Rows; row++)
        {
            for (var c = 0; c < definition.Columns.Count; c++)
                scores.Add(!result.Table.IsScored(row, c) ? double.NaN : definition.Columns[c].Scale is { } scale ? scale.Map(result.Table.Value(row, c)) : result.Table.Value(row, c));
        }
    }
}
