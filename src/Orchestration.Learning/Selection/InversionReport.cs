using Orchestration.Learning.Models;

namespace Orchestration.Learning.Selection;

/// <summary>A judge that a model turns round: where it scores higher, the model says lower.</summary>
/// <param name="Judge">Its number.</param>
/// <param name="Effect">What the model's number changes by on average when this judge's mapped score goes from 0 to 1 and the others stay; below 0.</param>
public readonly record struct InvertedJudge(int Judge, double Effect);

/// <summary>The judges that a model inverts, and what doing without would cost.</summary>
/// <param name="Effects">The average effect of each judge; NaN where the judge has one score only.</param>
/// <param name="Inverted">Those below 0, the strongest first.</param>
/// <param name="MonotoneRecipe">The name of the monotone recipe that it was compared with; null where nothing is inverted or there is none.</param>
/// <param name="MonotoneCost">The paired out-of-fold gain of the model over the monotone one: what would be given up; null as before.</param>
public sealed record InversionReport(
    IReadOnlyList<double> Effects, IReadOnlyList<InvertedJudge> Inverted, string? MonotoneRecipe, PairedGain? MonotoneCost);

/// <summary>Finds the judges that a model inverts, by asking it: works for every model.</summary>
public static class Inversions
{
    private const int Levels = 8;
    private const int RowsAtMost = 400;

    /// <summary>An effect counts from this share of the spread of the model's numbers, for a judge that moves by its own standard deviation.</summary>
    private const double Least = 1e-3;

    /// <summary>The effects of the judges on a model over rows of human scores.</summary>
    public static InversionReport Find(IScoreModel model, ScoreData data) => Find(model, data.Scores, data.Rows);

    /// <summary>The effects of the judges on f over both answers of comparisons.</summary>
    public static InversionReport Find(IScoreModel model, PreferenceData data) => Find(model, [.. data.First, .. data.Second], 2 * data.Rows);

    /// <summary>
    /// The slope of the least-squares line through the partial dependence (Friedman 2001, §8.2) of f on each judge: f averaged over the rows with this judge's score
    /// set to each of a few quantiles of its scores. A line, since steps (trees) have no derivative; the quantiles, so that the line lies where the data is.
    /// </summary>
    private static InversionReport Find(IScoreModel model, double[] scores, int rows)
    {
        var judges = model.Judges;

        // Evenly spread rows: enough for a mean, and the same ones every time.
        var taken = Math.Min(rows, RowsAtMost);
        var sample = new double[taken * judges];
        for (var i = 0; i < taken; i++) scores.AsSpan((int)((long)i * rows / taken) * judges, judges).CopyTo(sample.AsSpan(i * judges));
        var numbers = new double[taken];
        model.Predict(sample, numbers);
        var spread = Math.Sqrt(Squares(numbers) / taken);

        var effects = new double[judges];
        var inverted = new List<InvertedJudge>();
        var column = new double[rows];
        for (var j = 0; j < judges; j++)
        {
            var known = 0;
            for (var i = 0; i < rows; i++)
            {
                if (scores[i * judges + j] is var score && !double.IsNaN(score)) column[known++] = score;
            }

            effects[j] = double.NaN;
            if (known == 0) continue;
            Array.Sort(column, 0, known);
            var deviation = Math.Sqrt(Squares(column.AsSpan(0, known)) / known);
            if (!(deviation > 0)) continue;
            effects[j] = Slope(model, sample, judges, j, column.AsSpan(0, known));
            if (effects[j] * deviation < -Least * spread) inverted.Add(new InvertedJudge(j, effects[j]));
        }

        inverted.Sort((a, b) => a.Effect.CompareTo(b.Effect) is var c && c != 0 ? c : a.Judge.CompareTo(b.Judge));
        return new InversionReport(effects, inverted, null, null);
    }

    private static double Slope(IScoreModel model, double[] sample, int judges, int judge, ReadOnlySpan<double> sorted)
    {
        Span<double> levels = stackalloc double[Levels];
        Span<double> means = stackalloc double[Levels];
        var changed = (double[])sample.Clone();
        var rows = sample.Length / judges;
        var numbers = new double[rows];
        for (var q = 0; q < Levels; q++)
        {
            // The ends are in: a judge with two scores, one of them rare, still has two levels.
            levels[q] = sorted[(int)((sorted.Length - 1L) * q / (Levels - 1))];
            for (var i = 0; i < rows; i++)
            {
                if (!double.IsNaN(sample[i * judges + judge])) changed[i * judges + judge] = levels[q];
            }

            model.Predict(changed, numbers);
            means[q] = 0;
            for (var i = 0; i < rows; i++)
            {
                if (!double.IsNaN(sample[i * judges + judge])) means[q] += numbers[i];
            }
        }

        var asked = 0;
        for (var i = 0; i < rows; i++) asked += double.IsNaN(sample[i * judges + judge]) ? 0 : 1;
        if (asked == 0) return double.NaN;
        var (centre, products, squares) = (0.0, 0.0, 0.0);
        foreach (var level in levels) centre += level / Levels;
        for (var q = 0; q < Levels; q++)
        {
            products += (levels[q] - centre) * means[q] / asked;
            squares += (levels[q] - centre) * (levels[q] - centre);
        }

        return squares > 0 ? products / squares : double.NaN;
    }

    private static double Squares(ReadOnlySpan<double> values)
    {
        var mean = 0.0;
        foreach (var value in values) mean += value / values.Length;
        var squares = 0.0;
        foreach (var value in values) squares += (value - mean) * (value - mean);
        return squares;
    }
}
