using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Ranking;

/// <summary>How many comparisons it takes to tell models apart, and against whom they are best spent.</summary>
public static class ComparisonPower
{
    /// <summary>
    /// Comparisons of two models, each on a prompt of its own, with which a two-sided test of equal strengths finds the better one with the stated power. Infinite for equal strengths.
    /// </summary>
    /// <param name="chance">Chance that the one beats the other, ties half, 0–1.</param>
    /// <param name="level">Error of the test, above 0; default 0.05.</param>
    /// <param name="power">Chance of finding a difference that is there, above ½ and below 1; default 0.8.</param>
    /// <param name="variance">Variance of one outcome (0, ½ or 1): at most chance · (1 − chance), which is the default; less with ties.</param>
    public static double Direct(double chance, double level = 0.05, double power = 0.8, double? variance = null)
    {
        Check(level, power);
        if (!(chance >= 0 && chance <= 1)) throw new ArgumentOutOfRangeException(nameof(chance), chance, "A chance lies between 0 and 1.");
        if (chance == 0.5) return double.PositiveInfinity;

        // Under equal strengths the variance is a quarter, less what ties take from it.
        var spread = variance ?? chance * (1 - chance);
        var root = NormalQuantile.Of(1 - level / 2) * Math.Sqrt(spread + (chance - 0.5) * (chance - 0.5)) + NormalQuantile.Of(power) * Math.Sqrt(spread);
        return Math.Max(1, Math.Ceiling(root * root / ((chance - 0.5) * (chance - 0.5))));
    }

    /// <summary>Comparisons of each of two models with an anchor that tell the two apart with the stated power: twice this many in all. Infinite for equal strengths.</summary>
    /// <param name="first">Strength of the one, log-odds.</param>
    /// <param name="second">Strength of the other.</param>
    /// <param name="anchor">Strength of the anchor.</param>
    /// <param name="level">Error of the test.</param>
    /// <param name="power">Chance of finding a difference that is there.</param>
    public static double ThroughAnchor(double first, double second, double anchor, double level = 0.05, double power = 0.8)
    {
        Check(level, power);
        if (first == second) return double.PositiveInfinity;
        var quantiles = NormalQuantile.Of(1 - level / 2) + NormalQuantile.Of(power);
        return Math.Max(1, Math.Ceiling(quantiles * quantiles * (1 / Information(first, anchor) + 1 / Information(second, anchor)) / ((first - second) * (first - second))));
    }

    /// <summary>
    /// What a comparison with an anchor is worth, 0–1: 1 over the mean variance of the other models' strengths when each is compared with it equally often, relative to opponents of
    /// exactly their own strength. Anchors far above or below all others tell little.
    /// </summary>
    /// <param name="strengths">θ of all models.</param>
    /// <param name="anchor">The anchor's number.</param>
    public static double AnchorWorth(ReadOnlySpan<double> strengths, int anchor)
    {
        var sum = 0.0;
        for (var m = 0; m < strengths.Length; m++)
        {
            if (m != anchor) sum += 0.25 / Information(strengths[m], strengths[anchor]);
        }

        return (strengths.Length - 1) / sum;
    }

    /// <summary>Fisher's information of one comparison on the difference of the strengths.</summary>
    private static double Information(double one, double other)
    {
        var chance = BradleyTerry.Chance(one, other);
        return chance * (1 - chance);
    }

    private static void Check(double level, double power)
    {
        if (!(level > 0 && level < 1)) throw new ArgumentOutOfRangeException(nameof(level), level, "The level lies between 0 and 1.");
        if (!(power > 0.5 && power < 1)) throw new ArgumentOutOfRangeException(nameof(power), power, "The power lies between ½ and 1.");
    }
}
