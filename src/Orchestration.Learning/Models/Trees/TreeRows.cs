namespace Orchestration.Learning.Models.Trees;

/// <summary>What trees are grown on: rows of bins, one an example for human scores, answers A and B one behind the other for comparisons.</summary>
internal sealed class TreeRows
{
    /// <summary>Cuts complete rows into bins.</summary>
    /// <param name="scores">Examples × each × judges.</param>
    /// <param name="judges">Number of judges.</param>
    /// <param name="targets">The human score, or the label 1, ½ or 0, of each example.</param>
    /// <param name="weights">One an example, or null.</param>
    /// <param name="bins">Bins of a judge at most.</param>
    public TreeRows(double[] scores, int judges, double[] targets, double[]? weights, int bins)
    {
        (Judges, Targets) = (judges, targets);
        Each = scores.Length / judges / targets.Length;
        Bins = new byte[scores.Length];
        Edges = new double[judges][];
        for (var judge = 0; judge < judges; judge++)
        {
            var edges = Edges[judge] = TreeBins.Edges(scores, judges, judge, bins);
            for (var at = judge; at < scores.Length; at += judges) Bins[at] = (byte)TreeBins.Bin(edges, scores[at]);
        }

        var mean = weights is null ? 1 : RowByRow.Average(weights);
        Weights = new double[targets.Length];
        for (var i = 0; i < Weights.Length; i++) Weights[i] = (weights?[i] ?? 1) / mean;
    }

    /// <summary>Number of judges.</summary>
    public int Judges { get; }

    /// <summary>Rows an example: 2 for comparisons.</summary>
    public int Each { get; }

    /// <summary>Number of examples.</summary>
    public int Examples => Targets.Length;

    /// <summary>Examples × each × judges.</summary>
    public byte[] Bins { get; }

    /// <summary>The human score, or the label 1, ½ or 0, of each example.</summary>
    public double[] Targets { get; }

    /// <summary>One an example, mean 1.</summary>
    public double[] Weights { get; }

    /// <summary>Edges of the bins of each judge.</summary>
    public double[][] Edges { get; }

    /// <summary>One row's bins.</summary>
    public ReadOnlySpan<byte> Row(int row) => Bins.AsSpan(row * Judges, Judges);
}
