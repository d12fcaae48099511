using Orchestration.Learning.Models;

namespace Orchestration.Learning.Ensembles;

/// <summary>The ways to make one preference of many that need no labels, and what learned votes start from.</summary>
internal static class Votes
{
    /// <summary>One judge's preference: the sign of its verdict; 0 for a tie and where it says nothing.</summary>
    public static double[] OfJudge(VerdictRows rows, int judge)
    {
        var votes = new double[rows.Rows];
        for (var i = 0; i < votes.Length; i++) votes[i] = Sign(rows.Verdicts[i * rows.Judges + judge]);
        return votes;
    }

    /// <summary>Judges for A less judges for B: a tie, or no verdict, is no vote.</summary>
    public static double[] Majority(VerdictRows rows)
    {
        var votes = new double[rows.Rows];
        for (var i = 0; i < votes.Length; i++)
        {
            for (var j = 0; j < rows.Judges; j++) votes[i] += Sign(rows.Verdicts[i * rows.Judges + j]);
        }

        return votes;
    }

    /// <summary>The mean of signals, each judge's centred and of unit variance over all rows; a missing one counts 0, its mean.</summary>
    public static double[] MeanOfZScores(VerdictRows rows)
    {
        var votes = new double[rows.Rows];
        for (var j = 0; j < rows.Judges; j++)
        {
            var (count, mean) = (0, 0.0);
            for (var i = 0; i < rows.Rows; i++)
            {
                if (rows.Signals[i * rows.Judges + j] is var signal && !double.IsNaN(signal)) (count, mean) = (count + 1, mean + signal);
            }

            if (count == 0) continue;
            mean /= count;
            var squares = 0.0;
            for (var i = 0; i < rows.Rows; i++)
            {
                if (rows.Signals[i * rows.Judges + j] is var signal && !double.IsNaN(signal)) squares += (signal - mean) * (signal - mean);
            }

            var deviation = Math.Sqrt(squares / count);
            if (!(deviation > 0)) continue;
            for (var i = 0; i < rows.Rows; i++)
            {
                if (rows.Signals[i * rows.Judges + j] is var signal && !double.IsNaN(signal)) votes[i] += (signal - mean) / deviation / rows.Judges;
            }
        }

        return votes;
    }

    /// <summary>
    /// Signals as comparisons to learn from: each judge's in units of its own root mean square, not centred, so that exchanging the answers flips every sign; one common factor brings them to −1 … 1. No label is looked at.
    /// </summary>
    public static PreferenceData ToLearn(VerdictRows rows)
    {
        var scaled = new double[rows.Signals.Length];
        var most = 0.0;
        for (var j = 0; j < rows.Judges; j++)
        {
            var (count, squares) = (0, 0.0);
            for (var i = j; i < scaled.Length; i += rows.Judges)
            {
                if (!double.IsNaN(rows.Signals[i])) (count, squares) = (count + 1, squares + rows.Signals[i] * rows.Signals[i]);
            }

            var unit = squares > 0 ? Math.Sqrt(squares / count) : 1;
            for (var i = j; i < scaled.Length; i += rows.Judges)
            {
                scaled[i] = rows.Signals[i] / unit;
                if (Math.Abs(scaled[i]) > most) most = Math.Abs(scaled[i]);
            }
        }

        var (first, second) = (new double[scaled.Length], new double[scaled.Length]);
        for (var i = 0; i < scaled.Length; i++)
        {
            var share = most > 0 ? scaled[i] / most : scaled[i];
            (first[i], second[i]) = ((1 + share) / 2, (1 - share) / 2);
        }

        return new PreferenceData(rows.Judges, first, second, [.. rows.Labels.Select(static l => l > 0 ? 1.0 : 0.0)], rows.GroupOf);
    }

    private static double Sign(double verdict) => double.IsNaN(verdict) ? 0 : Math.Sign(verdict);
}
