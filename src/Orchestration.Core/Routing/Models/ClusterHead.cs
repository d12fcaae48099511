using Orchestration.Learning.Routing;

namespace Orchestration.Core.Routing.Models;

/// <summary>Mean quality by cluster of the history, drawn to the mean over all. Immutable by agreement.</summary>
/// <param name="Clusters">The clusters.</param>
/// <param name="Table">Clusters × experts.</param>
internal sealed record ClusterHead(RowClusters Clusters, double[] Table)
{
    /// <summary>Clusters unless told otherwise.</summary>
    public const int DefaultCount = 24;

    public static ClusterHead Fit(float[] rows, int width, float[] quality, int experts, int count, ulong seed)
    {
        var clusters = RowClusters.Fit(rows, width, count, seed);
        var (means, table, sizes) = (new double[experts], new double[clusters.Count * experts], new double[clusters.Count]);
        for (var i = 0; i < clusters.ClusterOf.Length; i++)
        {
            sizes[clusters.ClusterOf[i]]++;
            for (var m = 0; m < experts; m++)
            {
                means[m] += quality[i * experts + m];
                table[clusters.ClusterOf[i] * experts + m] += quality[i * experts + m];
            }
        }

        for (var c = 0; c < sizes.Length; c++)
        {
            for (var m = 0; m < experts; m++) table[c * experts + m] = (table[c * experts + m] + TaskHead.Shrinkage * means[m] / clusters.ClusterOf.Length) / (sizes[c] + TaskHead.Shrinkage);
        }

        return new ClusterHead(clusters, table);
    }
}
