using Orchestration.Learning.Agreement;

namespace Orchestration.Learning.Truth;

/// <summary>The share of an item's ratings that each level has: the plain vote, which knows nothing of who is good.</summary>
public static class MajorityVote
{
    /// <summary>How near the largest share others count as tied with it.</summary>
    private const double Tied = 1e-9;

    /// <summary>Items × levels of the table: shares of sum 1; all the same where an item has no rating.</summary>
    public static double[] Shares(RatingTable table)
    {
        var levels = table.Levels.Length;
        var shares = new double[table.Items * levels];
        for (var i = 0; i < table.Items; i++)
        {
            var row = shares.AsSpan(i * levels, levels);
            var number = 0;
            for (var r = 0; r < table.Raters; r++)
            {
                if (table.Level(i, r) is not (>= 0 and var level)) continue;
                row[level]++;
                number++;
            }

            if (number == 0) row.Fill(1.0 / levels);
            else for (var l = 0; l < levels; l++) row[l] /= number;
        }

        return shares;
    }

    /// <summary>The most likely level of an item, −1 where several are equally likely.</summary>
    /// <param name="shares">Items × levels.</param>
    /// <param name="levels">Number of levels.</param>
    /// <param name="item">The item.</param>
    public static int Winner(double[] shares, int levels, int item)
    {
        var row = shares.AsSpan(item * levels, levels);
        var (best, count) = (0, 0);
        for (var l = 1; l < levels; l++)
        {
            if (row[l] > row[best]) best = l;
        }

        foreach (var share in row) count += share >= row[best] - Tied ? 1 : 0;
        return count == 1 ? best : -1;
    }

    /// <summary>What an item's answer is worth against its truth: 1 where the truth alone is most likely, 1/t where it is one of t that are equally likely, else 0.</summary>
    /// <param name="shares">Items × levels.</param>
    /// <param name="levels">Number of levels.</param>
    /// <param name="item">The item.</param>
    /// <param name="truth">The level that is right.</param>
    public static double Credit(double[] shares, int levels, int item, int truth)
    {
        var row = shares.AsSpan(item * levels, levels);
        var (best, count) = (0.0, 0);
        foreach (var share in row) best = Math.Max(best, share);
        foreach (var share in row) count += share >= best - Tied ? 1 : 0;
        return row[truth] >= best - Tied ? 1.0 / count : 0;
    }
}
