using Orchestration.Learning.Metrics;

namespace Orchestration.Learning.Explaining;

/// <summary>A mean over some rows with an interval by group.</summary>
/// <param name="Value">The weighted mean; NaN without rows.</param>
/// <param name="Low">Lower end of the interval: Student's t times the standard error by group; NaN below two groups.</param>
/// <param name="High">Upper end.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="Groups">How many groups they are of.</param>
public readonly record struct GroupedMean(double Value, double Low, double High, int Rows, int Groups)
{
    /// <summary>The mean of values over chosen rows.</summary>
    /// <param name="rows">Groups and weights.</param>
    /// <param name="values">One a row of <paramref name="rows"/>.</param>
    /// <param name="chosen">The rows that count.</param>
    /// <param name="level">Chance of the interval, between 0 and 1.</param>
    public static GroupedMean Of(ExplainedRows rows, IReadOnlyList<double> values, IReadOnlyList<int> chosen, double level = 0.95)
    {
        var (sum, total) = (0.0, 0.0);
        foreach (var i in chosen)
        {
            var weight = rows.Learning.Weights?[i] ?? 1;
            (sum, total) = (sum + weight * values[i], total + weight);
        }

        if (chosen.Count == 0) return new GroupedMean(double.NaN, double.NaN, double.NaN, 0, 0);
        var mean = sum / total;
        var influence = new SortedDictionary<int, double>();
        foreach (var i in chosen)
        {
            var weight = (rows.Learning.Weights?[i] ?? 1) / total;
            influence[rows.GroupOf[i]] = influence.GetValueOrDefault(rows.GroupOf[i]) + weight * (values[i] - mean);
        }

        if (influence.Count < 2) return new GroupedMean(mean, double.NaN, double.NaN, chosen.Count, influence.Count);
        double[] ordered = [.. influence.Values];
        var width = StudentQuantile.Of((1 + level) / 2, influence.Count - 1) * GroupInfluence.StandardError(ordered);
        return new GroupedMean(mean, mean - width, mean + width, chosen.Count, influence.Count);
    }
}

/// <summary>One stretch of a calibration curve.</summary>
/// <param name="Expected">The mean of what was expected of its rows.</param>
/// <param name="Observed">The mean of what was observed, with its interval.</param>
public readonly record struct CalibrationBin(double Expected, GroupedMean Observed);

/// <summary>Whether what is said comes true: rows in order of what is expected of them, cut into stretches of equal size.</summary>
public static class Calibration
{
    /// <summary>The curve. Rows of which the same is expected are never cut apart.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="numbers">Their numbers, from models that do not know them, or the curve flatters.</param>
    /// <param name="bins">Stretches at most.</param>
    /// <param name="level">Chance of the intervals.</param>
    public static IReadOnlyList<CalibrationBin> Of(ExplainedRows rows, double[] numbers, int bins = 10, double level = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        if (numbers.Length != rows.Rows) throw new ArgumentException($"{numbers.Length} numbers for {rows.Rows} rows.", nameof(numbers));
        var expected = rows.Expected(numbers);
        var order = Enumerable.Range(0, rows.Rows).OrderBy(i => expected[i]).ToArray();
        var curve = new List<CalibrationBin>();
        for (int start = 0, bin = 1; start < order.Length; bin++)
        {
            var end = Math.Max(start + 1, (int)Math.Round((double)bin * order.Length / bins));
            while (end < order.Length && expected[order[end]] == expected[order[end - 1]]) end++;
            var chosen = order[start..Math.Min(end, order.Length)];
            curve.Add(new CalibrationBin(GroupedMean.Of(rows, expected, chosen, level).Value, GroupedMean.Of(rows, rows.Observed, chosen, level)));
            start = end;

            // Equal numbers may have filled several stretches.
            while (start < order.Length && (int)Math.Round((double)(bin + 1) * order.Length / bins) <= start) bin++;
        }

        return curve;
    }
}
