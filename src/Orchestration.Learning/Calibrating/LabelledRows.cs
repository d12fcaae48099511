namespace Orchestration.Learning.Calibrating;

/// <summary>What scores with labels must be.</summary>
internal static class LabelledRows
{
    public static void Check(double[] scores, double[] labels)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(labels);
        if (scores.Length == 0 || scores.Length != labels.Length) throw new ArgumentException($"{labels.Length} labels for {scores.Length} scores; at least one of each.", nameof(labels));
        for (var i = 0; i < scores.Length; i++)
        {
            if (!double.IsFinite(scores[i]) || !double.IsFinite(labels[i])) throw new ArgumentException($"Row {i} has a score or label that is not finite.", nameof(scores));
        }
    }
}
