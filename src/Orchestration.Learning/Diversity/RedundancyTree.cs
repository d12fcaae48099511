using Orchestration.Learning.Robustness;

namespace Orchestration.Learning.Diversity;

/// <summary>Two branches of the tree joined.</summary>
/// <param name="First">Judges of the branch with the lowest judge, in order.</param>
/// <param name="Second">Judges of the other.</param>
/// <param name="Correlation">The mean correlation between a judge of one and a judge of the other, −1 to 1.</param>
public sealed record TreeJoin(IReadOnlyList<int> First, IReadOnlyList<int> Second, double Correlation);

/// <summary>
/// Which judges say the same: average linkage over the correlations of their scores, the most alike joined first until all are one. No human score is looked at. Judges that scored no answer together, or do
/// not vary, correlate by 0.
/// </summary>
public static class RedundancyTree
{
    /// <summary>The joins in the order in which they are made, one fewer than there are judges. Where two are equal, that of the lower judges comes first.</summary>
    /// <param name="scores">Rows × judges; NaN where a judge is missing.</param>
    /// <param name="judges">Number of judges, at least 1.</param>
    public static IReadOnlyList<TreeJoin> Of(double[] scores, int judges)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(judges, 1);
        var correlations = JudgeClusters.Correlations(scores, judges);
        var branches = Enumerable.Range(0, judges).Select(static j => new List<int> { j }).ToList();
        var joins = new List<TreeJoin>();
        while (branches.Count > 1)
        {
            var (first, second, closest) = (0, 1, double.NegativeInfinity);
            for (var a = 0; a < branches.Count; a++)
            {
                for (var b = a + 1; b < branches.Count; b++)
                {
                    var sum = 0.0;
                    foreach (var i in branches[a])
                    {
                        foreach (var j in branches[b]) sum += correlations[i * judges + j];
                    }

                    var mean = sum / (branches[a].Count * branches[b].Count);
                    if (mean > closest) (first, second, closest) = (a, b, mean);
                }
            }

            joins.Add(new TreeJoin([.. branches[first]], [.. branches[second]], closest));
            branches[first].AddRange(branches[second]);
            branches[first].Sort();
            branches.RemoveAt(second);
        }

        return joins;
    }
}
