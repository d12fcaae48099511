namespace Orchestration.Learning.Models;

/// <summary>Checks of a recipe's settings.</summary>
internal static class SettingRange
{
    /// <summary>Above 0 in <see cref="Check"/>.</summary>
    public const double AboveZero = double.Epsilon;

    /// <exception cref="ArgumentOutOfRangeException">The value is not within low … high.</exception>
    public static void Check(string name, double value, double low, double high = double.MaxValue)
    {
        if (value >= low && value <= high) return;
        var least = low == AboveZero ? "above 0" : FormattableString.Invariant($"at least {low:R}");
        var most = high == double.MaxValue ? "" : FormattableString.Invariant($" and at most {high:R}");
        throw new ArgumentOutOfRangeException(name, value, $"{name} is {least}{most}.");
    }
}
