using Orchestration.Learning.Agreement;
using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Truth;

/// <summary>Two raters who agree more than independent errors explain.</summary>
/// <param name="First">A rater.</param>
/// <param name="Second">Another.</param>
/// <param name="Items">Items that both rated.</param>
/// <param name="Agreement">Share of them on which they agree.</param>
/// <param name="Expected">The share expected were their errors independent given the truth.</param>
/// <param name="Z">The excess in standard errors.</param>
public readonly record struct DependentPair(int First, int Second, int Items, double Agreement, double Expected, double Z);

/// <summary>
/// Whether raters err together, the one thing that neither a vote nor Dawid and Skene can see through. For each pair the agreement seen is held against that expected from both
/// confusion matrices with independent errors; a pair is listed where the excess is significant (Bonferroni over the pairs, one-sided 5%) and at least 0.02.
/// </summary>
/// <param name="Pairs">The pairs that agree too much, the most significant first.</param>
/// <param name="Compared">Pairs with at least 20 items in common, which were compared.</param>
/// <param name="ErrorCorrelation">
/// The correlation of two raters' errors on one item, pooled over all pairs. With known truth an estimate; without it errors are counted against the fitted truth, which follows raters that err
/// together, and it is a lower bound. NaN where nobody errs.
/// </param>
/// <param name="Votes">Mean number of ratings an item.</param>
/// <param name="EffectiveVotes">So many independent raters would say as much: votes/(1 + (votes − 1)·correlation), Kish's design effect; with a correlation below 0, the votes.</param>
/// <param name="KnowsTruth">True where errors were counted against known truth.</param>
public sealed record ErrorDependence(IReadOnlyList<DependentPair> Pairs, int Compared, double ErrorCorrelation, double Votes, double EffectiveVotes, bool KnowsTruth)
{
    /// <summary>Items that two raters must share to be compared.</summary>
    public const int LeastItems = 20;

    /// <summary>Excess agreement below which a pair is not listed, however significant.</summary>
    public const double LeastExcess = 0.02;

    /// <summary>Looks for raters that err together.</summary>
    /// <param name="table">The ratings.</param>
    /// <param name="fit">A fit of the same table.</param>
    /// <param name="truth">The level index of each item's truth, −1 where unknown; null where none is known. Items of unknown truth are then left out.</param>
    public static ErrorDependence Of(RatingTable table, DawidSkene fit, int[]? truth = null)
    {
        var levels = table.Levels.Length;
        var known = truth is not null && Array.Exists(truth, static t => t >= 0);
        var probabilities = fit.Probabilities;
        var confusion = fit.Confusion;
        if (known)
        {
            probabilities = new double[table.Items * levels];
            for (var i = 0; i < table.Items; i++)
            {
                if (truth![i] >= 0) probabilities[i * levels + truth[i]] = 1;
            }

            confusion = ConfusionOf(table, probabilities, levels);
        }

        var (votes, correlation) = Pooled(table, probabilities, levels, known ? truth : null);
        var effective = double.IsNaN(correlation) ? votes : votes / (1 + (votes - 1) * Math.Max(correlation, 0));
        var (pairs, compared) = Excess(table, probabilities, confusion, levels, known ? truth : null);
        return new ErrorDependence(pairs, compared, correlation, votes, effective, known);
    }

    /// <summary>Σ over items and pairs of products of centred errors, over the same with standard deviations.</summary>
    private static (double Votes, double Correlation) Pooled(RatingTable table, double[] probabilities, int levels, int[]? truth)
    {
        var (errors, counts) = (new double[table.Raters], new int[table.Raters]);
        ForRatings(table, probabilities, levels, truth, (_, rater, error) => (errors[rater], counts[rater]) = (errors[rater] + error, counts[rater] + 1));
        for (var r = 0; r < errors.Length; r++) errors[r] /= Math.Max(1, counts[r]);
        var variance = new double[table.Raters];
        ForRatings(table, probabilities, levels, truth, (_, rater, error) => variance[rater] += (error - errors[rater]) * (error - errors[rater]) / counts[rater]);
        var items = new (int Count, double Sum, double Squares, double Deviations, double Variances)[table.Items];
        ForRatings(table, probabilities, levels, truth, (item, rater, error) =>
        {
            var (count, sum, squares, deviations, variances) = items[item];
            var centred = error - errors[rater];
            items[item] = (count + 1, sum + centred, squares + centred * centred, deviations + Math.Sqrt(variance[rater]), variances + variance[rater]);
        });
        var (products, scale, votes, used) = (0.0, 0.0, 0, 0);
        foreach (var (count, sum, squares, deviations, variances) in items)
        {
            if (count == 0) continue;
            (votes, used) = (votes + count, used + 1);
            products += sum * sum - squares;
            scale += deviations * deviations - variances;
        }

        return (used == 0 ? 0 : (double)votes / used, scale > 1e-12 ? Math.Clamp(products / scale, -1, 1) : double.NaN);
    }

    private static void ForRatings(RatingTable table, double[] probabilities, int levels, int[]? truth, Action<int, int, double> visit)
    {
        for (var i = 0; i < table.Items; i++)
        {
            if (truth is not null && truth[i] < 0) continue;
            for (var r = 0; r < table.Raters; r++)
            {
                if (table.Level(i, r) is >= 0 and var level) visit(i, r, 1 - probabilities[i * levels + level]);
            }
        }
    }

    private static (List<DependentPair> Pairs, int Compared) Excess(RatingTable table, double[] probabilities, double[] confusion, int levels, int[]? truth)
    {
        var all = new List<DependentPair>();
        var shared = new double[levels];
        for (var a = 0; a < table.Raters; a++)
        {
            for (var b = 0; b < a; b++)
            {
                var (items, agreed) = (0, 0);
                Array.Clear(shared);
                for (var i = 0; i < table.Items; i++)
                {
                    var (x, y) = (table.Level(i, a), table.Level(i, b));
                    if (x < 0 || y < 0 || (truth is not null && truth[i] < 0)) continue;
                    items++;
                    if (x == y) agreed++;
                    for (var k = 0; k < levels; k++) shared[k] += probabilities[i * levels + k];
                }

                if (items < LeastItems) continue;
                var (expected, variance) = (0.0, 0.0);
                for (var k = 0; k < levels; k++)
                {
                    var same = 0.0;
                    for (var l = 0; l < levels; l++) same += confusion[(a * levels + k) * levels + l] * confusion[(b * levels + k) * levels + l];
                    expected += shared[k] * same;
                    // Given the truths the agreements are independent draws, one chance for each truth.
                    variance += shared[k] * same * (1 - same);
                }

                // Raters that by the fit cannot disagree have no variance; one item's worth of doubt remains.
                all.Add(new DependentPair(b, a, items, (double)agreed / items, expected / items, (agreed - expected) / Math.Sqrt(Math.Max(variance, 0.25))));
            }
        }

        if (all.Count == 0) return (all, 0);
        var threshold = -NormalQuantile.Of(0.05 / all.Count);
        return ([.. all.Where(p => p.Z > threshold && p.Agreement - p.Expected >= LeastExcess).OrderByDescending(static p => p.Z)], all.Count);
    }

    private static double[] ConfusionOf(RatingTable table, double[] probabilities, int levels)
    {
        var confusion = new double[table.Raters * levels * levels];
        for (var i = 0; i < table.Items; i++)
        {
            for (var r = 0; r < table.Raters; r++)
            {
                if (table.Level(i, r) is not (>= 0 and var level)) continue;
                for (var k = 0; k < levels; k++) confusion[(r * levels + k) * levels + level] += probabilities[i * levels + k];
            }
        }

        for (var c = 0; c < confusion.Length; c += levels)
        {
            var row = confusion.AsSpan(c, levels);
            var sum = 0.0;
            foreach (var one in row) sum += one;
            for (var l = 0; l < levels && sum > 0; l++) row[l] /= sum;
        }

        return confusion;
    }
}
