using Orchestration.Learning.Models;

namespace Orchestration.Learning.Robustness;

/// <summary>How far one judge alone can move a model's number: its score goes over its whole scale while the others stay.</summary>
public static class JudgeReach
{
    private const int EvenPoints = 21;
    private const int LevelsAtMost = 64;

    /// <summary>
    /// The mapped scores that a judge is moved to: both ends, 21 even points and, where it has at most 64, the distinct scores it gave. Between the distinct scores a tree has no
    /// further values, a line and a monotone curve reach their extremes at the ends; a free curve over more scores is read to a twentieth of the scale.
    /// </summary>
    /// <param name="scores">Rows × judges.</param>
    /// <param name="judges">Number of judges.</param>
    /// <param name="judge">Which.</param>
    public static double[] Places(double[] scores, int judges, int judge)
    {
        ArgumentNullException.ThrowIfNull(scores);
        var places = new SortedSet<double>();
        for (var at = judge; at < scores.Length && places.Count <= LevelsAtMost; at += judges)
        {
            if (!double.IsNaN(scores[at])) places.Add(scores[at]);
        }

        if (places.Count > LevelsAtMost) places.Clear();
        for (var p = 0; p < EvenPoints; p++) places.Add(p / (EvenPoints - 1.0));
        return [.. places];
    }

    /// <summary>For each row the lowest and highest number that one judge alone can bring about.</summary>
    /// <param name="model">The model.</param>
    /// <param name="scores">Rows × judges.</param>
    /// <param name="judge">Which judge moves.</param>
    /// <param name="places">Where to.</param>
    /// <param name="lowest">One place a row.</param>
    /// <param name="highest">One place a row.</param>
    public static void Of(IScoreModel model, double[] scores, int judge, double[] places, Span<double> lowest, Span<double> highest)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(places);
        var judges = model.Judges;
        var changed = (double[])scores.Clone();
        var numbers = new double[lowest.Length];
        lowest.Fill(double.PositiveInfinity);
        highest.Fill(double.NegativeInfinity);
        foreach (var place in places)
        {
            for (var at = judge; at < changed.Length; at += judges) changed[at] = place;
            model.Predict(changed, numbers);
            for (var i = 0; i < numbers.Length; i++)
            {
                lowest[i] = Math.Min(lowest[i], numbers[i]);
                highest[i] = Math.Max(highest[i], numbers[i]);
            }
        }
    }
}
