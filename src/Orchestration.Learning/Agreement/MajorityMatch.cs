using Orchestration.Learning.Intervals;

namespace Orchestration.Learning.Agreement;

/// <summary>How well a rater meets the majority of others, as a classifier would be measured. Macro figures are plain means over the levels that the majority or the rater gave.</summary>
/// <param name="Accuracy">Share of items where the rater gives the majority's level.</param>
/// <param name="MacroPrecision">Mean over levels of: given by both, over given by the rater (0 where the rater never gave it).</param>
/// <param name="MacroRecall">Mean over levels of: given by both, over the majority's (0 where the majority never gave it).</param>
/// <param name="MacroF1">Mean over levels of the harmonic mean of the two (scikit-learn's macro F1).</param>
/// <param name="Items">Items with a rating of the rater and a majority.</param>
/// <param name="Split">Items that the rater rated and that have no single most frequent level; they take no part.</param>
public sealed record MajorityMatch(Estimate Accuracy, Estimate MacroPrecision, Estimate MacroRecall, Estimate MacroF1, int Items, int Split)
{
    /// <summary>Measures raters against the majority of some raters of a table.</summary>
    /// <param name="table">The ratings.</param>
    /// <param name="rater">Who is measured; it has no voice in the majority.</param>
    /// <param name="majority">Whose majority it is measured against.</param>
    /// <param name="options">Resamples, seed, level, threads.</param>
    public static MajorityMatch Of(RatingTable table, int rater, IReadOnlyList<int> majority, BootstrapOptions options)
    {
        var levels = table.Levels.Length;
        var (given, wanted, split) = (new int[table.Items], new int[table.Items], 0);
        for (var i = 0; i < table.Items; i++)
        {
            (given[i], wanted[i]) = (table.Level(i, rater), MostFrequent(table, i, majority, rater));
            if (given[i] < 0 || wanted[i] != -1) continue;
            split += majority.Any(m => m != rater && table.Level(i, m) >= 0) ? 1 : 0;
        }

        var estimates = GroupBootstrap.Of(table.Groups, 4, (drawn, values) =>
        {
            var (both, mine, theirs) = (new double[levels], new double[levels], new double[levels]);
            var total = 0.0;
            for (var i = 0; i < given.Length; i++)
            {
                if (given[i] < 0 || wanted[i] < 0) continue;
                var weight = drawn[table.GroupOf[i]];
                total += weight;
                mine[given[i]] += weight;
                theirs[wanted[i]] += weight;
                if (given[i] == wanted[i]) both[given[i]] += weight;
            }

            var (used, right, precision, recall, f1) = (0, 0.0, 0.0, 0.0, 0.0);
            for (var l = 0; l < levels; l++)
            {
                if (mine[l] + theirs[l] == 0) continue;
                used++;
                right += both[l];
                precision += mine[l] == 0 ? 0 : both[l] / mine[l];
                recall += theirs[l] == 0 ? 0 : both[l] / theirs[l];
                f1 += 2 * both[l] / (mine[l] + theirs[l]);
            }

            (values[0], values[1], values[2], values[3]) = (right / total, precision / used, recall / used, f1 / used);
        }, options);
        return new MajorityMatch(estimates[0], estimates[1], estimates[2], estimates[3], given.Where((g, i) => g >= 0 && wanted[i] >= 0).Count(), split);
    }

    /// <summary>The level that most gave; −1 where there is none or several.</summary>
    private static int MostFrequent(RatingTable table, int item, IReadOnlyList<int> raters, int but)
    {
        var counts = new int[table.Levels.Length];
        foreach (var rater in raters)
        {
            if (rater != but && table.Level(item, rater) is >= 0 and var level) counts[level]++;
        }

        var most = counts.Max();
        return most == 0 || counts.Count(c => c == most) != 1 ? -1 : Array.IndexOf(counts, most);
    }
}
