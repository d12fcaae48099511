using Orchestration.Learning.Models;

namespace Orchestration.Learning.Statistics;

/// <summary>
/// Whether paired differences have a mean other than 0: the randomisation test that turns the signs of whole groups (Fisher 1935, section 21). Under the hypothesis each group's sum is as likely
/// as its negative. It needs no form of distribution, holds for few groups, and is as sure of many equal differences as of spread ones.
/// </summary>
public static class SignFlipTest
{
    /// <summary>Up to so many groups with a sum other than 0 all turns of signs are gone through; above, they are drawn.</summary>
    private const int MostExact = 14;

    /// <summary>The two-sided p-value.</summary>
    /// <param name="sums">One sum of differences a group; NaN for a group without any, which is left out.</param>
    /// <param name="draws">Turns that are drawn where there are too many to go through, at least 99.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <returns>Above 0, at most 1; 1 where all sums are 0; NaN without a sum.</returns>
    public static double TwoSided(ReadOnlySpan<double> sums, int draws = 9999, ulong seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(draws, 99);
        var kept = new List<double>(sums.Length);
        var any = false;
        foreach (var sum in sums)
        {
            if (double.IsNaN(sum)) continue;
            any = true;
            if (sum != 0) kept.Add(sum);
        }

        if (!any) return double.NaN;
        if (kept.Count == 0) return 1;
        var total = 0.0;
        var size = 0.0;
        foreach (var sum in kept) (total, size) = (total + sum, size + Math.Abs(sum));

        // Sums of the same numbers in another order of signs differ in their last digits.
        var least = Math.Abs(total) - 1e-12 * size;
        return kept.Count <= MostExact ? Exact(kept, least) : Drawn(kept, least, draws, seed);
    }

    private static double Exact(List<double> sums, double least)
    {
        var turns = 1 << sums.Count;
        var extreme = 0;
        for (var turn = 0; turn < turns; turn++)
        {
            var total = 0.0;
            for (var g = 0; g < sums.Count; g++) total += (turn >> g & 1) == 0 ? sums[g] : -sums[g];
            if (Math.Abs(total) >= least) extreme++;
        }

        return (double)extreme / turns;
    }

    private static double Drawn(List<double> sums, double least, int draws, ulong seed)
    {
        var random = new SeedStream(seed, 0x51F7);
        var extreme = 1;
        for (var d = 0; d < draws; d++)
        {
            var total = 0.0;
            ulong bits = 0;
            for (var g = 0; g < sums.Count; g++)
            {
                if ((g & 63) == 0) bits = random.Next();
                total += (bits & 1) == 0 ? sums[g] : -sums[g];
                bits >>= 1;
            }

            if (Math.Abs(total) >= least) extreme++;
        }

        return (double)extreme / (draws + 1);
    }
}
