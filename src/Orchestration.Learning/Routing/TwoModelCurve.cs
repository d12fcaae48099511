namespace Orchestration.Learning.Routing;

/// <summary>
/// What a router between a weak and a strong model is worth over all its thresholds (RouteLLM: Ong and others 2024, section 2.2). Rows go to the strong model from the highest score down; rows of equal score
/// go in equal parts, so that their order means nothing.
/// </summary>
/// <param name="Apgr">Average performance gap recovered: (area under quality over the share of strong calls − weak) / (strong − weak), by trapezoids over all thresholds. NaN where the models are equally good.</param>
/// <param name="Cpt50">Share of strong calls, 0–1, that recovers half of the gap; NaN where the models are equally good.</param>
/// <param name="Cpt80">Share of strong calls that recovers 80% of it.</param>
/// <param name="Weak">Mean quality of the weak model.</param>
/// <param name="Strong">Mean quality of the strong model.</param>
public readonly record struct TwoModelCurve(double Apgr, double Cpt50, double Cpt80, double Weak, double Strong)
{
    /// <summary>Measures a router.</summary>
    /// <param name="scores">The router's score of each row: higher for the strong model; not NaN.</param>
    /// <param name="weak">Quality of the weak model's answer.</param>
    /// <param name="strong">Quality of the strong model's answer.</param>
    /// <param name="weights">How often each row counts (a resample's draws); empty for once each.</param>
    /// <exception cref="ArgumentException">No rows, or lengths that differ.</exception>
    public static TwoModelCurve Of(ReadOnlySpan<double> scores, ReadOnlySpan<double> weak, ReadOnlySpan<double> strong, ReadOnlySpan<double> weights = default) =>
        Of(Order(scores), scores, weak, strong, weights);

    /// <summary>Row numbers by falling score: made once for many resamples.</summary>
    public static int[] Order(ReadOnlySpan<double> scores)
    {
        var (keys, order) = (new double[scores.Length], new int[scores.Length]);
        for (var i = 0; i < order.Length; i++) (keys[i], order[i]) = (-scores[i], i);
        Array.Sort(keys, order);
        return order;
    }

    /// <summary>Measures a router whose rows have been put in order.</summary>
    /// <param name="order">What <see cref="Order"/> gave.</param>
    /// <param name="scores">The router's scores.</param>
    /// <param name="weak">Quality of the weak model's answers.</param>
    /// <param name="strong">Quality of the strong model's answers.</param>
    /// <param name="weights">How often each row counts; empty for once each.</param>
    public static TwoModelCurve Of(ReadOnlySpan<int> order, ReadOnlySpan<double> scores, ReadOnlySpan<double> weak, ReadOnlySpan<double> strong, ReadOnlySpan<double> weights)
    {
        if (scores.Length == 0 || weak.Length != scores.Length || strong.Length != scores.Length || order.Length != scores.Length || (!weights.IsEmpty && weights.Length != scores.Length))
            throw new ArgumentException("There are no rows, or columns of different lengths.", nameof(scores));
        var (total, weakSum, strongSum) = (0.0, 0.0, 0.0);
        for (var i = 0; i < scores.Length; i++)
        {
            var weight = weights.IsEmpty ? 1 : weights[i];
            total += weight;
            weakSum += weight * weak[i];
            strongSum += weight * strong[i];
        }

        var gap = strongSum - weakSum;
        if (gap == 0) return new TwoModelCurve(double.NaN, double.NaN, double.NaN, weakSum / total, strongSum / total);
        var (area, gained, share, half, most) = (0.0, 0.0, 0.0, double.NaN, double.NaN);
        for (var i = 0; i < order.Length;)
        {
            var (gain, rows, score) = (0.0, 0.0, scores[order[i]]);
            for (; i < order.Length && scores[order[i]].Equals(score); i++)
            {
                var weight = weights.IsEmpty ? 1 : weights[order[i]];
                rows += weight;
                gain += weight * (strong[order[i]] - weak[order[i]]);
            }

            area += rows / total * (gained + gain / 2) / gap;
            half = Reached(half, 0.5, gained / gap, gain / gap, share, rows / total);
            most = Reached(most, 0.8, gained / gap, gain / gap, share, rows / total);
            gained += gain;
            share += rows / total;
        }

        return new TwoModelCurve(area, half, most, weakSum / total, strongSum / total);
    }

    // The first share at which the wanted part of the gap is recovered, linear between thresholds.
    private static double Reached(double known, double wanted, double before, double gain, double share, double step)
    {
        if (!double.IsNaN(known) || before + gain < wanted) return known;
        return gain <= 0 ? share : share + step * Math.Clamp((wanted - before) / gain, 0, 1);
    }
}
