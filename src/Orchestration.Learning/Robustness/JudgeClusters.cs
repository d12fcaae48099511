namespace Orchestration.Learning.Robustness;

/// <summary>Groups of judges that say the same: average linkage over the correlations of their scores. No human score is looked at.</summary>
public static class JudgeClusters
{
    /// <summary>Clusters joined while the mean correlation between their judges is at least a threshold, the closest first, the lower numbers first where equal.</summary>
    /// <param name="scores">Rows × judges, mapped; NaN where a judge is missing, which leaves that row out of its correlations.</param>
    /// <param name="judges">Number of judges.</param>
    /// <param name="threshold">Least mean correlation, −1 to 1.</param>
    /// <returns>Clusters in the order of their first judges, each with its judges in order; a judge alone is a cluster.</returns>
    public static IReadOnlyList<int[]> Find(double[] scores, int judges, double threshold)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentOutOfRangeException.ThrowIfLessThan(judges, 1);
        var correlations = Correlations(scores, judges);
        var clusters = Enumerable.Range(0, judges).Select(j => new List<int> { j }).ToList();
        while (clusters.Count > 1)
        {
            var (first, second, closest) = (0, 0, double.NegativeInfinity);
            for (var a = 0; a < clusters.Count; a++)
            {
                for (var b = a + 1; b < clusters.Count; b++)
                {
                    var mean = clusters[a].Sum(i => clusters[b].Sum(j => correlations[i * judges + j])) / (clusters[a].Count * clusters[b].Count);
                    if (mean > closest) (first, second, closest) = (a, b, mean);
                }
            }

            if (!(closest >= threshold)) break;
            clusters[first].AddRange(clusters[second]);
            clusters.RemoveAt(second);
        }

        return [.. clusters.Select(c => c.Order().ToArray()).OrderBy(c => c[0])];
    }

    /// <summary>Pearson's correlations over the rows that both judges have scored; 0 where one does not vary.</summary>
    /// <param name="scores">Rows × judges.</param>
    /// <param name="judges">Number of judges.</param>
    /// <returns>Judges × judges, row after row.</returns>
    public static double[] Correlations(double[] scores, int judges)
    {
        ArgumentNullException.ThrowIfNull(scores);
        var correlations = new double[judges * judges];
        for (var a = 0; a < judges; a++)
        {
            for (var b = a; b < judges; b++)
            {
                var (n, sa, sb) = (0, 0.0, 0.0);
                for (var at = 0; at < scores.Length; at += judges)
                {
                    if (double.IsNaN(scores[at + a]) || double.IsNaN(scores[at + b])) continue;
                    n++;
                    sa += scores[at + a];
                    sb += scores[at + b];
                }

                var (aa, bb, ab) = (0.0, 0.0, 0.0);
                for (var at = 0; at < scores.Length; at += judges)
                {
                    if (double.IsNaN(scores[at + a]) || double.IsNaN(scores[at + b])) continue;
                    var (da, db) = (scores[at + a] - sa / n, scores[at + b] - sb / n);
                    aa += da * da;
                    bb += db * db;
                    ab += da * db;
                }

                correlations[a * judges + b] = correlations[b * judges + a] = a == b ? 1 : aa > 1e-12 && bb > 1e-12 ? ab / Math.Sqrt(aa * bb) : 0;
            }
        }

        return correlations;
    }
}
