using Orchestration.Learning.Models;

namespace Orchestration.Learning.Explaining;

/// <summary>How a model's number depends on one judge or two, asked of the model: for every kind of model.</summary>
public static class Dependence
{
    /// <summary>Answers that are averaged over at most; of more, evenly spread ones.</summary>
    public const int AnswersAtMost = 400;

    /// <summary>
    /// The partial dependence (Friedman 2001, §8.2), centred: f averaged over the answers that this judge has scored, with its score replaced, less f averaged over
    /// the same answers as they are. Judges missing for an answer stay missing. For a model that adds up parts this is the judge's part but for a constant.
    /// </summary>
    /// <param name="model">Any model.</param>
    /// <param name="rows">What is averaged over.</param>
    /// <param name="judge">Which judge.</param>
    /// <param name="at">Mapped scores, 0–1.</param>
    /// <returns>One number a score; NaN where the judge has scored nothing.</returns>
    public static double[] Average(IScoreModel model, ExplainedRows rows, int judge, ReadOnlySpan<double> at)
    {
        var sample = Sample(rows, judge, -1);
        var values = new double[at.Length];
        var numbers = new double[sample.Length / rows.Judges];
        model.Predict(sample, numbers);
        var mean = Mean(numbers);
        for (var i = 0; i < at.Length; i++)
        {
            Set(sample, rows.Judges, judge, at[i]);
            model.Predict(sample, numbers);
            values[i] = Mean(numbers) - mean;
        }

        return values;
    }

    /// <summary>
    /// What two judges do together beyond what each does alone: the partial dependence on both less that on each, centred at zero over the grid's mean. Zero everywhere where a
    /// model adds up its judges' parts.
    /// </summary>
    /// <param name="model">Any model.</param>
    /// <param name="rows">What is averaged over: answers that both judges have scored.</param>
    /// <param name="first">One judge.</param>
    /// <param name="second">Another.</param>
    /// <param name="atFirst">Mapped scores of the first.</param>
    /// <param name="atSecond">Mapped scores of the second.</param>
    /// <returns>Scores of the first × scores of the second, row after row; NaN where no answer has both.</returns>
    public static double[] Together(IScoreModel model, ExplainedRows rows, int first, int second, ReadOnlySpan<double> atFirst, ReadOnlySpan<double> atSecond)
    {
        var sample = Sample(rows, first, second);
        var original = (double[])sample.Clone();
        var numbers = new double[sample.Length / rows.Judges];
        var both = new double[atFirst.Length * atSecond.Length];
        for (var a = 0; a < atFirst.Length; a++)
        {
            Set(sample, rows.Judges, first, atFirst[a]);
            for (var b = 0; b < atSecond.Length; b++)
            {
                Set(sample, rows.Judges, second, atSecond[b]);
                model.Predict(sample, numbers);
                both[a * atSecond.Length + b] = Mean(numbers);
            }
        }

        var (alone, other) = (new double[atFirst.Length], new double[atSecond.Length]);
        original.CopyTo(sample, 0);
        for (var a = 0; a < alone.Length; a++)
        {
            Set(sample, rows.Judges, first, atFirst[a]);
            model.Predict(sample, numbers);
            alone[a] = Mean(numbers);
        }

        original.CopyTo(sample, 0);
        for (var b = 0; b < other.Length; b++)
        {
            Set(sample, rows.Judges, second, atSecond[b]);
            model.Predict(sample, numbers);
            other[b] = Mean(numbers);
        }

        for (var a = 0; a < alone.Length; a++)
        {
            for (var b = 0; b < other.Length; b++) both[a * other.Length + b] -= alone[a] + other[b];
        }

        var centre = Mean(both);
        for (var i = 0; i < both.Length; i++) both[i] -= centre;
        return both;
    }

    /// <summary>Scores to draw a judge's curve at: every distinct one where there are few, otherwise evenly spread from its lowest to its highest; the 5% and 95% quantiles are among them.</summary>
    /// <param name="rows">Where the judge's scores are taken from.</param>
    /// <param name="judge">Which judge.</param>
    /// <param name="points">How many at most for a judge of many scores.</param>
    /// <returns>Rising; empty where the judge has no score, one where it has one only.</returns>
    public static double[] Grid(ExplainedRows rows, int judge, int points = 41)
    {
        var sorted = rows.Sorted(judge);
        if (sorted.Length == 0) return [];
        var distinct = sorted.Distinct().ToArray();
        if (distinct.Length <= 2) return distinct;
        var (low, high) = (sorted[0], sorted[^1]);
        var range = DataRange.Of(rows, judge);
        var even = Enumerable.Range(0, points).Select(i => i == points - 1 ? high : low + (high - low) * i / (points - 1));
        return [.. even.Append(range.Low).Append(range.High).Distinct().Order()];
    }

    /// <summary>The answers that a judge (or two) has scored, evenly spread among them where they are many.</summary>
    private static double[] Sample(ExplainedRows rows, int judge, int other)
    {
        var judges = rows.Judges;
        var known = Enumerable.Range(0, rows.Points.Length / judges)
            .Where(i => !double.IsNaN(rows.Points[i * judges + judge]) && (other < 0 || !double.IsNaN(rows.Points[i * judges + other]))).ToArray();
        var taken = Math.Min(known.Length, AnswersAtMost);
        var sample = new double[taken * judges];
        for (var i = 0; i < taken; i++) rows.Points.AsSpan(known[(int)((long)i * known.Length / taken)] * judges, judges).CopyTo(sample.AsSpan(i * judges));
        return sample;
    }

    private static void Set(double[] sample, int judges, int judge, double score)
    {
        for (var at = judge; at < sample.Length; at += judges) sample[at] = score;
    }

    private static double Mean(double[] numbers)
    {
        if (numbers.Length == 0) return double.NaN;
        var sum = 0.0;
        foreach (var number in numbers) sum += number;
        return sum / numbers.Length;
    }
}

/// <summary>Where a judge's scores lie.</summary>
/// <param name="Low">5% of the scores lie at or below it.</param>
/// <param name="High">5% lie at or above it.</param>
/// <param name="Distinct">Number of different scores.</param>
/// <param name="Missing">Answers that the judge has not scored.</param>
public readonly record struct DataRange(double Low, double High, int Distinct, int Missing)
{
    /// <summary>The range of a judge; NaN ends where it has scored nothing.</summary>
    public static DataRange Of(ExplainedRows rows, int judge)
    {
        var sorted = rows.Sorted(judge);
        var missing = rows.Points.Length / rows.Judges - sorted.Length;
        if (sorted.Length == 0) return new DataRange(double.NaN, double.NaN, 0, missing);
        var tail = (int)(0.05 * (sorted.Length - 1));
        return new DataRange(sorted[tail], sorted[^(tail + 1)], sorted.Distinct().Count(), missing);
    }
}
