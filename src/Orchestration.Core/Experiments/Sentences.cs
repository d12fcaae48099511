using System.Globalization;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Robustness;

namespace Orchestration.Core.Experiments;

/// <summary>Numbers and findings in words. A difference is only called one where its interval does not hold zero.</summary>
internal static class Sentences
{
    public static string R2(Estimate figure) => figure.Value.ToString("0.000", CultureInfo.InvariantCulture);

    public static string Signed(Estimate figure) => double.IsFinite(figure.Lower)
        ? string.Create(CultureInfo.InvariantCulture, $"{figure.Value:+0.000;-0.000;0.000} [{figure.Lower:+0.000;-0.000;0.000}, {figure.Upper:+0.000;-0.000;0.000}]")
        : figure.Value.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture);

    public static string Percent(double share) => (100 * share).ToString("0.#", CultureInfo.InvariantCulture) + "%";

    public static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count.ToString(CultureInfo.InvariantCulture)} {what}s";

    /// <summary>Who is best under one condition, how mean-then-fit does, and whether the difference is sure.</summary>
    public static string Best(IReadOnlyList<ExperimentRow> rows, string baseline)
    {
        var mean = rows.First(r => r.Model == baseline);
        var best = rows.Where(static r => double.IsFinite(r.Value.Value)).MaxBy(static r => r.Value.Value) ?? mean;
        return best.Model == baseline
            ? $"nothing does better than {baseline} ({R2(mean.Value)})"
            : $"{best.Model} does best ({R2(best.Value)}; {baseline} {R2(mean.Value)}), {Sure(best.OverMeanFit!.Value)}";
    }

    public static string Sure(Estimate difference) => difference.IsSure
        ? $"a sure difference of {Signed(difference)}"
        : $"a difference of {Signed(difference)}, which may be chance";

    /// <summary>What an attack cost each model, the one that lost most first.</summary>
    public static string Losses(IReadOnlyList<ExperimentRow> rows) => string.Join(", ", rows
        .Where(static r => r.OverClean is { } c && double.IsFinite(c.Value))
        .OrderBy(static r => r.OverClean!.Value.Value).ThenBy(static r => r.Model, StringComparer.Ordinal)
        .Select(static r => $"{r.Model} {r.OverClean!.Value.Value.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture)}"));
}
