using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Explaining;

/// <summary>What a judge is worth to the numbers.</summary>
/// <param name="Judge">Which judge.</param>
/// <param name="Loss">How much more is lost a row without what the judge says (squared error, or log loss), the mean over resamples; around 0 for a judge that tells the model nothing.</param>
/// <param name="Low">2.5% of the resamples lie below.</param>
/// <param name="High">2.5% lie above.</param>
public readonly record struct JudgeImportance(int Judge, double Loss, double Low, double High);

/// <summary>
/// Permutation importance (Breiman 2001; Fisher, Rudin and Dominici 2019) by group: a judge's scores of a whole prompt are exchanged for those of another one, so that what rows
/// of one prompt share is taken away with the rest. Rows exchanged one by one would leave the prompt's level half in place.
/// </summary>
public static class PermutationImportance
{
    /// <summary>The importance of every judge.</summary>
    /// <param name="numbers">The rows and which model answers for each; importance out of fold where these are.</param>
    /// <param name="resamples">Each draws an exchange of groups, and groups with replacement to measure on: the spread holds the chance of both. At least 2.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <param name="maxThreads">Threads at most; no number depends on it.</param>
    /// <param name="cancellationToken">Gives up between judges.</param>
    public static IReadOnlyList<JudgeImportance> Of(RowNumbers numbers, int resamples, ulong seed, int maxThreads = 1, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 2);
        var rows = numbers.Rows;
        var learning = rows.Learning;
        var original = learning.Losses(numbers.Numbers());
        var byGroup = new int[rows.Groups][];
        foreach (var g in Enumerable.Range(0, rows.Rows).GroupBy(i => rows.GroupOf[i])) byGroup[g.Key] = [.. g];

        // The draws are those of the resample, whichever judge: judges are compared on the same ones.
        var donors = new int[resamples][];
        var times = new int[resamples][];
        for (var r = 0; r < resamples; r++)
        {
            var draws = new SeededDraws(SeededDraws.Part(seed, (ulong)r));
            donors[r] = Donors(rows, byGroup, ref draws);
            times[r] = rows.DrawGroups(ref draws);
        }

        var result = new JudgeImportance[rows.Judges];
        void One(int judge)
        {
            var losses = new double[resamples];
            var mean = 0.0;
            for (var r = 0; r < resamples; r++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var changed = learning.Losses(numbers.Numbers(Exchanged(rows, judge, donors[r])));
                var (sum, weight, plain, all) = (0.0, 0.0, 0.0, 0.0);
                for (var i = 0; i < changed.Length; i++)
                {
                    var w = learning.Weights?[i] ?? 1;
                    var more = changed[i] - original[i];
                    (plain, all) = (plain + w * more, all + w);
                    w *= times[r][rows.GroupOf[i]];
                    (sum, weight) = (sum + w * more, weight + w);
                }

                losses[r] = weight > 0 ? sum / weight : plain / all;
                mean += plain / all / resamples;
            }

            Array.Sort(losses);
            result[judge] = new JudgeImportance(judge, mean, Quantile(losses, 0.025), Quantile(losses, 0.975));
        }

        if (maxThreads <= 1)
        {
            for (var j = 0; j < result.Length; j++) One(j);
        }
        else
        {
            Parallel.For(0, result.Length, new ParallelOptions { MaxDegreeOfParallelism = maxThreads, CancellationToken = cancellationToken }, One);
        }

        return result;
    }

    /// <summary>For each row the row whose score it gets: of the group that its own was exchanged for, in random order, begun again where that group is smaller.</summary>
    private static int[] Donors(ExplainedRows rows, int[][] byGroup, ref SeededDraws draws)
    {
        int[] order = [.. Enumerable.Range(0, byGroup.Length)];
        draws.Shuffle(order);
        var donors = new int[rows.Rows];
        for (var g = 0; g < byGroup.Length; g++)
        {
            int[] from = [.. byGroup[order[g]]];
            draws.Shuffle(from);
            for (var i = 0; i < byGroup[g].Length; i++) donors[byGroup[g][i]] = from[i % from.Length];
        }

        return donors;
    }

    private static LearningRows Exchanged(ExplainedRows rows, int judge, int[] donors)
    {
        double[] Changed(double[] scores)
        {
            var changed = (double[])scores.Clone();
            for (var i = 0; i < donors.Length; i++) changed[i * rows.Judges + judge] = scores[donors[i] * rows.Judges + judge];
            return changed;
        }

        return rows.Learning switch
        {
            ScoreRows { Data: var d } => new ScoreRows(new ScoreData(d.Judges, Changed(d.Scores), d.Targets, d.GroupOf, d.Weights)),
            PreferenceRows { Data: var d } => new PreferenceRows(new PreferenceData(d.Judges, Changed(d.First), Changed(d.Second), d.Labels, d.GroupOf, d.Weights)),
            _ => throw new InvalidOperationException("Rows are human scores or comparisons."),
        };
    }

    private static double Quantile(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var below = (int)place;
        return below + 1 >= sorted.Length ? sorted[^1] : sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
    }
}
