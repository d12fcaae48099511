using Orchestration.Learning.Metrics;

namespace Orchestration.Learning.Calibrating;

/// <summary>Rows of which about the same is said.</summary>
/// <param name="Said">The mean of what is said of them.</param>
/// <param name="Observed">The mean of their labels.</param>
/// <param name="StandardError">The standard error of observed − said, by group; NaN below two groups.</param>
/// <param name="Rows">How many.</param>
public readonly record struct ErrorBin(double Said, double Observed, double StandardError, int Rows);

/// <summary>How far what is said of rows is from what is observed (Naeini, Cooper and Hauskrecht 2015), in bins of about as many rows each.</summary>
/// <param name="Value">The expected calibration error: the mean over rows of the bins' |observed − said|, on the labels' scale.</param>
/// <param name="ByChance">
/// What it would be on average if everything said were right, from the bins' standard errors alone: the error is never 0 in a sample, and only what lies above this is a fault. NaN where a bin
/// has rows of one group only.
/// </param>
/// <param name="Bins">The bins, by what is said.</param>
public sealed record CalibrationError(double Value, double ByChance, IReadOnlyList<ErrorBin> Bins)
{
    /// <summary>Measures it. What is said must come from a function that was not fitted on these groups, or the figure flatters.</summary>
    /// <param name="said">One finite number a row, on the labels' scale.</param>
    /// <param name="labels">One finite label a row.</param>
    /// <param name="groupOf">The group of each row, any numbers; rows of one group may depend on one another.</param>
    /// <param name="bins">Bins at most; rows of which the same is said are never cut apart.</param>
    public static CalibrationError Of(double[] said, double[] labels, int[] groupOf, int bins = 10)
    {
        LabelledRows.Check(said, labels);
        ArgumentNullException.ThrowIfNull(groupOf);
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        if (groupOf.Length != said.Length) throw new ArgumentException($"{groupOf.Length} groups for {said.Length} rows.", nameof(groupOf));
        var order = Enumerable.Range(0, said.Length).OrderBy(i => said[i]).ToArray();
        var (value, chance, made) = (0.0, 0.0, new List<ErrorBin>());
        for (var start = 0; start < order.Length;)
        {
            // The bin that the row at the start falls into by its rank ends at that bin's last row.
            var bin = (int)((long)start * bins / order.Length);
            var end = Math.Max(start + 1, (int)Math.Ceiling((bin + 1.0) * order.Length / bins));
            while (end < order.Length && said[order[end]] == said[order[end - 1]]) end++;
            made.Add(Bin(said, labels, groupOf, order.AsSpan(start, end - start)));
            var share = (double)(end - start) / order.Length;
            value += share * Math.Abs(made[^1].Observed - made[^1].Said);
            chance += share * Math.Sqrt(2 / Math.PI) * made[^1].StandardError;
            start = end;
        }

        return new CalibrationError(value, chance, made);
    }

    private static ErrorBin Bin(double[] said, double[] labels, int[] groupOf, ReadOnlySpan<int> rows)
    {
        var (saidMean, observed) = (0.0, 0.0);
        foreach (var i in rows) (saidMean, observed) = (saidMean + said[i] / rows.Length, observed + labels[i] / rows.Length);
        var influence = new SortedDictionary<int, double>();
        foreach (var i in rows) influence[groupOf[i]] = influence.GetValueOrDefault(groupOf[i]) + (labels[i] - said[i] - (observed - saidMean)) / rows.Length;
        return new ErrorBin(saidMean, observed, GroupInfluence.StandardError([.. influence.Values]), rows.Length);
    }
}
