using Orchestration.Learning.Explaining;
using Orchestration.Learning.Metrics;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Diversity;

/// <summary>As many independent judges would say as much: <see cref="JudgeCorrelation.EffectiveChannels"/> with an interval by group.</summary>
/// <param name="Value">The channels; NaN where no judge varies.</param>
/// <param name="StandardError">By a jackknife that leaves out blocks of whole groups (Shao and Wu 1989); NaN below three groups.</param>
/// <param name="Low">Lower end of the 95% interval, Student's t with blocks − 1 degrees of freedom; not below 1.</param>
/// <param name="High">Upper end; not above the number of judges that vary.</param>
/// <param name="Varying">Judges that vary, which alone are counted.</param>
/// <param name="Matrix">Judges × judges: their correlations; NaN with a judge that does not vary.</param>
public sealed record EffectiveChannels(double Value, double StandardError, double Low, double High, int Varying, double[] Matrix)
{
    private const int MostBlocks = 50;

    /// <summary>Measures them.</summary>
    /// <param name="scores">Rows × judges; NaN where a judge is missing.</param>
    /// <param name="judges">Number of judges.</param>
    /// <param name="groupOf">The group of each row, 0 … G − 1, every number used.</param>
    /// <param name="seed">Which groups form a block, where there are more than 50.</param>
    public static EffectiveChannels Of(double[] scores, int judges, int[] groupOf, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(groupOf);
        if (scores.Length != (long)judges * groupOf.Length) throw new ArgumentException($"{scores.Length} scores of {judges} judges for {groupOf.Length} rows.", nameof(scores));
        var all = JudgeCorrelation.Of(scores, judges);
        var blocks = Math.Min(MostBlocks, groupOf.Max() + 1);
        if (blocks < 3 || double.IsNaN(all.EffectiveChannels)) return new EffectiveChannels(all.EffectiveChannels, double.NaN, double.NaN, double.NaN, all.Varying, all.Matrix);
        var folds = Folds.ByGroup(groupOf, blocks, seed);
        var without = new double[blocks];
        for (var block = 0; block < blocks; block++)
        {
            double[] kept = [.. folds.Training(block).SelectMany(i => scores.AsSpan(i * judges, judges).ToArray())];
            without[block] = JudgeCorrelation.Of(kept, judges).EffectiveChannels;
        }

        var mean = without.Average();
        var squares = 0.0;
        foreach (var one in without) squares += (one - mean) * (one - mean);
        var error = Math.Sqrt(squares * (blocks - 1) / blocks);
        var reach = StudentQuantile.Of(0.975, blocks - 1) * error;
        return new EffectiveChannels(all.EffectiveChannels, error, Math.Max(1, all.EffectiveChannels - reach), Math.Min(all.Varying, all.EffectiveChannels + reach), all.Varying, all.Matrix);
    }
}
