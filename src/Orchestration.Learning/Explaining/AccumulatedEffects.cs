using Orchestration.Learning.Models;

namespace Orchestration.Learning.Explaining;

/// <summary>An accumulated local effect.</summary>
/// <param name="Judge">Which judge.</param>
/// <param name="At">Mapped scores, rising: the ends of the stretches.</param>
/// <param name="Value">The effect at each, its mean over the answers zero.</param>
public sealed record AccumulatedEffect(int Judge, double[] At, double[] Value);

/// <summary>
/// Accumulated local effects (Apley and Zhu 2020): how f changes when a judge's score moves inside a short stretch, averaged over the answers whose score
/// lies in that stretch, and added up. Where judges go together partial dependence asks the model about answers that there are none of; this does not.
/// </summary>
public static class AccumulatedEffects
{
    /// <summary>The effect of one judge.</summary>
    /// <param name="model">Any model.</param>
    /// <param name="rows">The answers; those that the judge has not scored are left out.</param>
    /// <param name="judge">Which judge.</param>
    /// <param name="stretches">Stretches at most, between quantiles of the scores; a judge of few scores has one from each to the next.</param>
    /// <returns>Empty where the judge has fewer than two different scores.</returns>
    public static AccumulatedEffect Of(IScoreModel model, ExplainedRows rows, int judge, int stretches = 20)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(stretches, 1);
        var judges = rows.Judges;
        var sorted = rows.Sorted(judge);
        var edges = Edges(sorted, stretches);
        if (edges.Length < 2) return new AccumulatedEffect(judge, [], []);
        var known = Enumerable.Range(0, rows.Points.Length / judges).Where(i => !double.IsNaN(rows.Points[i * judges + judge])).ToArray();
        var (lower, upper, stretch) = (new double[known.Length * judges], new double[known.Length * judges], new int[known.Length]);
        for (var i = 0; i < known.Length; i++)
        {
            var answer = rows.Points.AsSpan(known[i] * judges, judges);
            var place = Array.BinarySearch(edges, answer[judge]);

            // A stretch holds its upper end; the lowest score belongs to the first.
            stretch[i] = Math.Max(0, (place >= 0 ? place : ~place) - 1);
            answer.CopyTo(lower.AsSpan(i * judges));
            answer.CopyTo(upper.AsSpan(i * judges));
            (lower[i * judges + judge], upper[i * judges + judge]) = (edges[stretch[i]], edges[stretch[i] + 1]);
        }

        var (below, above) = (new double[known.Length], new double[known.Length]);
        model.Predict(lower, below);
        model.Predict(upper, above);
        var (steps, counts) = (new double[edges.Length - 1], new int[edges.Length - 1]);
        for (var i = 0; i < known.Length; i++)
        {
            steps[stretch[i]] += above[i] - below[i];
            counts[stretch[i]]++;
        }

        var value = new double[edges.Length];
        for (var k = 0; k < steps.Length; k++) value[k + 1] = value[k] + (counts[k] == 0 ? 0 : steps[k] / counts[k]);
        var centre = 0.0;
        for (var i = 0; i < known.Length; i++)
        {
            // Straight inside a stretch: a judge of few scores is centred at its scores themselves, as its partial dependence is.
            var (from, to) = (edges[stretch[i]], edges[stretch[i] + 1]);
            var share = (rows.Points[known[i] * judges + judge] - from) / (to - from);
            centre += (value[stretch[i]] + share * (value[stretch[i] + 1] - value[stretch[i]])) / known.Length;
        }

        for (var k = 0; k < value.Length; k++) value[k] -= centre;
        return new AccumulatedEffect(judge, edges, value);
    }

    private static double[] Edges(double[] sorted, int stretches)
    {
        if (sorted.Length == 0) return [];
        var distinct = sorted.Distinct().ToArray();
        if (distinct.Length <= stretches + 1) return distinct;
        var edges = new List<double> { sorted[0] };
        for (var k = 1; k <= stretches; k++)
        {
            var edge = sorted[(int)Math.Ceiling((double)k * sorted.Length / stretches) - 1];
            if (edge > edges[^1]) edges.Add(edge);
        }

        return [.. edges];
    }
}
