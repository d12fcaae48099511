using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Explaining;

/// <summary>
/// Rows that a model is explained on: human scores or comparisons. A row's <em>number</em> is f, or f(A) − f(B); a model is asked for f at <see cref="Points"/>.
/// Immutable.
/// </summary>
public sealed class ExplainedRows
{
    private ExplainedRows(LearningRows rows, int judges, double[] points, int[] pointGroups, double[] first)
    {
        (Learning, Judges, Points, PointGroups, First) = (rows, judges, points, pointGroups, first);
    }

    /// <summary>Answers with human scores.</summary>
    public static ExplainedRows Of(ScoreData data) => new(new ScoreRows(data), data.Judges, data.Scores, data.GroupOf, data.Scores);

    /// <summary>Comparisons.</summary>
    public static ExplainedRows Of(PreferenceData data) =>
        new(new PreferenceRows(data), data.Judges, [.. data.First, .. data.Second], [.. data.GroupOf, .. data.GroupOf], data.First);

    /// <summary>Number of judges.</summary>
    public int Judges { get; }

    /// <summary>Number of rows.</summary>
    public int Rows => Learning.Rows;

    /// <summary>Number of groups.</summary>
    public int Groups => Learning.Groups;

    /// <summary>The group of each row, 0 … Groups − 1.</summary>
    public int[] GroupOf => Learning.GroupOf;

    /// <summary>True for comparisons: numbers are log-odds.</summary>
    public bool AreComparisons => Learning is PreferenceRows;

    /// <summary>Answers × judges: mapped scores 0–1, NaN where a judge is missing. The rows, or of comparisons first all answers A, then all answers B.</summary>
    public double[] Points { get; }

    /// <summary>The group of each answer in <see cref="Points"/>.</summary>
    public int[] PointGroups { get; }

    /// <summary>What was observed on each row: the human score, or 1, ½ or 0.</summary>
    public double[] Observed => Learning is ScoreRows scores ? scores.Data.Targets : ((PreferenceRows)Learning).Data.Labels;

    /// <summary>The rows' own scores (of comparisons those of answer A), rows × judges.</summary>
    internal double[] First { get; }

    internal LearningRows Learning { get; }

    /// <summary>Numbers of a model, one a row.</summary>
    public double[] Numbers(IScoreModel model) => Learning.Predict(model);

    /// <summary>What was expected of each row by its number: the number itself, or the chance that A is preferred.</summary>
    public double[] Expected(double[] numbers) => AreComparisons ? [.. numbers.Select(static n => 1 / (1 + Math.Exp(-n)))] : numbers;

    /// <summary>What is lost on each row by a number: its squared error, or the log loss.</summary>
    /// <param name="numbers">One a row.</param>
    public double[] Losses(double[] numbers) => Learning.Losses(numbers);

    /// <summary>Some of the rows.</summary>
    public ExplainedRows Select(ReadOnlySpan<int> rows) => Learning switch
    {
        ScoreRows scores => Of(scores.Data.Select(rows)),
        PreferenceRows comparisons => Of(comparisons.Data.Select(rows)),
        _ => throw new InvalidOperationException("Rows are human scores or comparisons."),
    };

    /// <summary>The same rows with each group counting so many times; groups that count 0 are left out. Nothing else of a group changes, so that it is never on two sides of an inner fold.</summary>
    internal (LearningRows Rows, int[] Taken) Weighted(int[] times)
    {
        var taken = Enumerable.Range(0, Rows).Where(i => times[GroupOf[i]] != 0).ToArray();
        double[] weights = [.. taken.Select(i => times[GroupOf[i]] * (Learning.Weights?[i] ?? 1))];
        var groups = RowRules.Renumber(GroupOf, taken);
        return (Learning switch
        {
            ScoreRows { Data: var d } => new ScoreRows(new ScoreData(Judges, RowRules.Take(d.Scores, Judges, taken), RowRules.Take(d.Targets, 1, taken), groups, weights)),
            PreferenceRows { Data: var d } => new PreferenceRows(new PreferenceData(
                Judges, RowRules.Take(d.First, Judges, taken), RowRules.Take(d.Second, Judges, taken), RowRules.Take(d.Labels, 1, taken), groups, weights)),
            _ => throw new InvalidOperationException("Rows are human scores or comparisons."),
        }, taken);
    }

    /// <summary>How many times each group is drawn when as many are drawn with replacement.</summary>
    internal int[] DrawGroups(ref SeededDraws draws)
    {
        var times = new int[Groups];
        for (var g = 0; g < times.Length; g++) times[draws.Below(times.Length)]++;
        return times;
    }

    /// <summary>The finite scores of a judge at the answers, rising.</summary>
    internal double[] Sorted(int judge)
    {
        var known = new List<double>();
        for (var at = judge; at < Points.Length; at += Judges)
        {
            if (!double.IsNaN(Points[at])) known.Add(Points[at]);
        }

        known.Sort();
        return [.. known];
    }
}
