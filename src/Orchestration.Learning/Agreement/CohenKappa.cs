namespace Orchestration.Learning.Agreement;

/// <summary>How much a disagreement counts, by the distance of the two levels among the table's levels.</summary>
public enum KappaWeights
{
    /// <summary>Every disagreement counts the same.</summary>
    None,

    /// <summary>By the number of levels between them.</summary>
    Linear,

    /// <summary>By its square.</summary>
    Quadratic,
}

/// <summary>
/// Cohen's κ of two raters (Cohen 1960; weighted: Cohen 1968): 1 less the disagreement seen over the one expected were both to rate at random with their own shares.
/// 1 is full agreement, 0 that of chance. Items that one of them did not rate take no part. NaN where both always say the same one level.
/// </summary>
public sealed class CohenKappa : IAgreement
{
    private readonly int[] _items;
    private readonly int[] _first;
    private readonly int[] _second;
    private readonly int _levels;
    private readonly KappaWeights _weights;

    /// <summary>κ of two raters of a table.</summary>
    /// <param name="table">The ratings. Weights go by places in the levels of all raters, as scikit-learn's do by places in its labels.</param>
    /// <param name="first">A rater.</param>
    /// <param name="second">Another.</param>
    /// <param name="weights">How disagreements count.</param>
    public CohenKappa(RatingTable table, int first, int second, KappaWeights weights = KappaWeights.None)
    {
        _items = [.. Enumerable.Range(0, table.Items).Where(i => table.Level(i, first) >= 0 && table.Level(i, second) >= 0)];
        _first = [.. _items.Select(i => table.Level(i, first))];
        _second = [.. _items.Select(i => table.Level(i, second))];
        (_levels, _weights) = (table.Levels.Length, weights);
    }

    /// <summary>Items that both rated.</summary>
    public int Items => _items.Length;

    /// <inheritdoc/>
    public double Of(ReadOnlySpan<double> itemWeights)
    {
        var p = new double[_levels];
        var q = new double[_levels];
        var (total, seen) = (0.0, 0.0);
        for (var k = 0; k < _items.Length; k++)
        {
            var weight = itemWeights[_items[k]];
            total += weight;
            p[_first[k]] += weight;
            q[_second[k]] += weight;
            double apart = Math.Abs(_first[k] - _second[k]);
            seen += weight * (_weights switch { KappaWeights.None => Math.Min(apart, 1), KappaWeights.Linear => apart, _ => apart * apart });
        }

        // Both in units of total²: no division before the last.
        var expected = Expected(p, q, total);
        return expected > 1e-12 * total * total ? 1 - seen * total / expected : double.NaN;
    }

    /// <summary>Σ p_i q_j d(i, j), without the table of all levels by all levels.</summary>
    private double Expected(double[] p, double[] q, double total)
    {
        var sum = 0.0;
        switch (_weights)
        {
            case KappaWeights.None:
                for (var l = 0; l < p.Length; l++) sum += p[l] * q[l];
                return total * total - sum;
            case KappaWeights.Linear:
                // |i − j| is the number of cuts between levels that lie between them.
                var (below, belowQ) = (0.0, 0.0);
                for (var l = 0; l + 1 < p.Length; l++)
                {
                    (below, belowQ) = (below + p[l], belowQ + q[l]);
                    sum += below * (total - belowQ) + belowQ * (total - below);
                }

                return sum;
            default:
                var (meanP, squareP, meanQ, squareQ) = (0.0, 0.0, 0.0, 0.0);
                for (var l = 0; l < p.Length; l++)
                {
                    (meanP, squareP) = (meanP + l * p[l], squareP + (double)l * l * p[l]);
                    (meanQ, squareQ) = (meanQ + l * q[l], squareQ + (double)l * l * q[l]);
                }

                return squareP * total + squareQ * total - 2 * meanP * meanQ;
        }
    }
}
