using Orchestration.Learning.Intervals;

namespace Orchestration.Learning.Agreement;

/// <summary>Whether a judge could pass for one of the annotators.</summary>
public enum HumanLikenessVerdict
{
    /// <summary>Fewer than five annotators, or annotators without any spread: no verdict, only the interval.</summary>
    TooFewAnnotators,

    /// <summary>z below −1: agrees with the annotators less than they do among themselves.</summary>
    BelowHuman,

    /// <summary>|z| ≤ 1: among the annotators it would not stand out.</summary>
    HumanLike,

    /// <summary>z above 1: agrees with the annotators more than they do with one another. Not a fault in itself, but not how people differ.</summary>
    SuperConsistent,
}

/// <summary>
/// The test of Judge's Verdict (Han and others 2025): a judge's mean κ with the annotators, as a z against the distribution of each annotator's mean κ with the others.
/// </summary>
/// <param name="Kappa">The judge's mean κ with the annotators it shares items with.</param>
/// <param name="Difference">That less the mean of the annotators' own; above 0 the judge agrees with them more than they do.</param>
/// <param name="Z">The difference over the sample standard deviation of the annotators' κ.</param>
/// <param name="Verdict">What follows from z, with five annotators or more.</param>
public sealed record HumanLikeness(Estimate Kappa, Estimate Difference, Estimate Z, HumanLikenessVerdict Verdict)
{
    /// <summary>Annotators from which on there is a verdict.</summary>
    public const int LeastAnnotators = 5;

    /// <summary>The test for every judge, on the same resamples of the items' groups.</summary>
    /// <param name="table">Annotators and judges as raters of one table.</param>
    /// <param name="annotators">The raters that are annotators, two at least.</param>
    /// <param name="judges">The raters that are judges, one at least.</param>
    /// <param name="weights">Weights of κ.</param>
    /// <param name="options">Resamples, seed, level, threads.</param>
    /// <returns>One result a judge, and each annotator's mean κ with the others.</returns>
    public static (HumanLikeness[] Judges, double[] AnnotatorKappa) Of(RatingTable table, int[] annotators, int[] judges, KappaWeights weights, BootstrapOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(annotators.Length, 2, nameof(annotators));
        ArgumentOutOfRangeException.ThrowIfLessThan(judges.Length, 1, nameof(judges));
        var (people, count) = (annotators.Length, judges.Length);
        var among = new CohenKappa?[people * people];
        for (var a = 0; a < people; a++)
        {
            for (var b = 0; b < a; b++) among[a * people + b] = new CohenKappa(table, annotators[a], annotators[b], weights);
        }

        var with = judges.Select(j => annotators.Select(a => new CohenKappa(table, j, a, weights)).ToArray()).ToArray();
        var estimates = GroupBootstrap.Of(table.Groups, 3 * count, (drawn, values) =>
        {
            var itemWeights = AgreementEstimates.ItemWeights(table, drawn);
            var own = Own(among, people, itemWeights);
            var (mean, deviation) = Spread(own);
            for (var j = 0; j < count; j++)
            {
                var kappa = Mean(with[j].Select(k => k.Of(itemWeights)));
                values[3 * j] = kappa;
                values[3 * j + 1] = kappa - mean;
                values[3 * j + 2] = deviation > 1e-12 ? (kappa - mean) / deviation : double.NaN;
            }
        }, options);

        var once = new double[table.Items];
        Array.Fill(once, 1);
        var results = new HumanLikeness[count];
        for (var j = 0; j < count; j++)
        {
            var z = estimates[3 * j + 2];
            results[j] = new HumanLikeness(
                estimates[3 * j], estimates[3 * j + 1], z,
                people < LeastAnnotators || double.IsNaN(z.Value) ? HumanLikenessVerdict.TooFewAnnotators
                : z.Value > 1 ? HumanLikenessVerdict.SuperConsistent
                : z.Value < -1 ? HumanLikenessVerdict.BelowHuman
                : HumanLikenessVerdict.HumanLike);
        }

        return (results, Own(among, people, once));
    }

    private static double[] Own(CohenKappa?[] among, int people, double[] itemWeights)
    {
        var (sums, counts) = (new double[people], new int[people]);
        for (var a = 0; a < people; a++)
        {
            for (var b = 0; b < a; b++)
            {
                var kappa = among[a * people + b]!.Of(itemWeights);
                if (double.IsNaN(kappa)) continue;
                (sums[a], sums[b]) = (sums[a] + kappa, sums[b] + kappa);
                (counts[a], counts[b]) = (counts[a] + 1, counts[b] + 1);
            }
        }

        for (var a = 0; a < people; a++) sums[a] = counts[a] == 0 ? double.NaN : sums[a] / counts[a];
        return sums;
    }

    private static (double Mean, double Deviation) Spread(double[] own)
    {
        var defined = own.Where(static v => !double.IsNaN(v)).ToArray();
        var mean = Mean(defined);
        return (mean, defined.Length < 2 ? double.NaN : Math.Sqrt(defined.Sum(v => (v - mean) * (v - mean)) / (defined.Length - 1)));
    }

    private static double Mean(IEnumerable<double> values)
    {
        var (sum, count) = (0.0, 0);
        foreach (var value in values)
        {
            if (!double.IsNaN(value)) (sum, count) = (sum + value, count + 1);
        }

        return count == 0 ? double.NaN : sum / count;
    }
}
