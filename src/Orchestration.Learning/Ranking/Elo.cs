using Orchestration.Learning.Models;

namespace Orchestration.Learning.Ranking;

/// <summary>
/// Elo's ratings: after each comparison the winner takes K · (1 − its chance) points. They depend on the order of the rows, so they are shown for the order given and as mean and
/// range over shuffled orders; for a set of comparisons that has no order in time Bradley and Terry's strengths are the better figure.
/// </summary>
/// <param name="Ratings">Ratings after all rows in the order given, started from 1,000.</param>
/// <param name="Mean">Mean over shuffled orders.</param>
/// <param name="Low">2.5% quantile over them.</param>
/// <param name="High">97.5% quantile over them.</param>
public sealed record Elo(double[] Ratings, double[] Mean, double[] Low, double[] High)
{
    /// <summary>Plays all comparisons.</summary>
    /// <param name="data">The comparisons.</param>
    /// <param name="k">Points at stake, above 0; default 4, as in chatbot arenas.</param>
    /// <param name="orders">Shuffled orders, at least 1.</param>
    /// <param name="seed">Seed of the shuffles.</param>
    public static Elo Of(ModelComparisons data, double k = 4, int orders = 40, ulong seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(orders, 1);
        if (!(k > 0) || !double.IsFinite(k)) throw new ArgumentOutOfRangeException(nameof(k), k, "K is more than 0 and finite.");
        var order = Enumerable.Range(0, data.Rows).ToArray();
        var given = Play(data, order, k);
        var random = new SeedStream(seed, 0);
        var all = new double[orders][];
        for (var o = 0; o < orders; o++)
        {
            random.Shuffle(order);
            all[o] = Play(data, order, k);
        }

        var (mean, low, high) = (new double[data.Models], new double[data.Models], new double[data.Models]);
        for (var m = 0; m < data.Models; m++)
        {
            var sorted = all.Select(a => a[m]).Order().ToArray();
            (mean[m], low[m], high[m]) = (sorted.Average(), Intervals.GroupBootstrap.Quantile(sorted, 0.025), Intervals.GroupBootstrap.Quantile(sorted, 0.975));
        }

        return new Elo(given, mean, low, high);
    }

    private static double[] Play(ModelComparisons data, int[] order, double k)
    {
        var ratings = new double[data.Models];
        Array.Fill(ratings, 1000);
        foreach (var row in order)
        {
            var (i, j) = (data.First[row], data.Second[row]);
            var chance = 1 / (1 + Math.Pow(10, (ratings[j] - ratings[i]) / 400));
            var won = k * (0.5 * data.Halves[row] - chance);
            ratings[i] += won;
            ratings[j] -= won;
        }

        return ratings;
    }
}
