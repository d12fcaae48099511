namespace Orchestration.Learning.Selection;

/// <summary>From a judge's two verdicts on one comparison, the second with the answers swapped, to what models learn from.</summary>
public static class VerdictFeatures
{
    /// <summary>
    /// The mean of both verdicts, the second one flipped back, in {−1, −½, 0, ½, 1}. An unreadable verdict counts 0, as a tie does (the convention of
    /// JudgeBench); with neither readable the judge is missing.
    /// </summary>
    /// <param name="asShown">1 where the first answer shown won, −1 where the second did, 0 for a tie; NaN for an unreadable reply.</param>
    /// <param name="swapped">The verdict with the answers swapped, on what was shown then: 1 where B, now first, won.</param>
    /// <returns>Above 0 for answer A; NaN where the judge is missing.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Another number.</exception>
    public static double Mean(double asShown, double swapped)
    {
        Check(asShown, nameof(asShown));
        Check(swapped, nameof(swapped));
        if (double.IsNaN(asShown) && double.IsNaN(swapped)) return double.NaN;
        return ((double.IsNaN(asShown) ? 0 : asShown) - (double.IsNaN(swapped) ? 0 : swapped)) / 2;
    }

    /// <summary>The mapped scores that a feature enters as: (1 + v)/2 for answer A and (1 − v)/2 for B; NaN for both where the judge is missing.</summary>
    public static (double First, double Second) Scores(double feature) => ((1 + feature) / 2, (1 - feature) / 2);

    private static void Check(double verdict, string name)
    {
        if (verdict is not (-1 or 0 or 1 or double.NaN)) throw new ArgumentOutOfRangeException(name, verdict, "A verdict is 1, 0, -1, or NaN for an unreadable reply.");
    }
}
