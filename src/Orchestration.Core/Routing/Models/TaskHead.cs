using Orchestration.Learning.Routing;

namespace Orchestration.Core.Routing.Models;

/// <summary>
/// Infers a prompt's task, and says how familiar the prompt is: where it ranks among the history's own prompts of the task by how much it looks like that task. Immutable by agreement.
/// </summary>
/// <param name="Names">Tasks, at least two, in ordinal order.</param>
/// <param name="Classifier">From the first features, one a task, to probabilities.</param>
/// <param name="Table">Tasks × experts: mean quality, drawn to the mean over all by <see cref="Shrinkage"/> rows.</param>
/// <param name="Looks">Tasks × (<see cref="Steps"/> + 1): quantiles of the task's own feature over its cross-fitted prompts, rising.</param>
internal sealed record TaskHead(IReadOnlyList<string> Names, SoftmaxRegression Classifier, double[] Table, double[] Looks)
{
    /// <summary>Rows at the mean over all that a task's own mean is mixed with.</summary>
    public const double Shrinkage = 10;

    /// <summary>Quantile steps kept of a task's looks.</summary>
    public const int Steps = 100;

    private const double Penalty = 0.1;

    public int Count => Names.Count;

    /// <summary>Fits on features of rows that were not used for their own projection.</summary>
    /// <param name="names">Tasks.</param>
    /// <param name="features">All rows × width; the first features are the tasks'.</param>
    /// <param name="width">Features of a row.</param>
    /// <param name="rows">Rows to learn from.</param>
    /// <param name="taskOf">The task of each row; −1 for none.</param>
    /// <param name="quality">All rows × experts.</param>
    /// <param name="experts">Experts.</param>
    public static TaskHead Fit(IReadOnlyList<string> names, float[] features, int width, ReadOnlySpan<int> rows, int[] taskOf, double[] quality, int experts)
    {
        var tasks = names.Count;
        var (inputs, classes) = (new List<double>(), new List<int>());
        var (means, table, sizes, count) = (new double[experts], new double[tasks * experts], new double[tasks], 0);
        foreach (var row in rows)
        {
            count++;
            for (var m = 0; m < experts; m++) means[m] += quality[row * experts + m];
            if (taskOf[row] < 0) continue;
            for (var t = 0; t < tasks; t++) inputs.Add(features[row * width + t]);
            classes.Add(taskOf[row]);
            sizes[taskOf[row]]++;
            for (var m = 0; m < experts; m++) table[taskOf[row] * experts + m] += quality[row * experts + m];
        }

        for (var t = 0; t < tasks; t++)
        {
            for (var m = 0; m < experts; m++) table[t * experts + m] = (table[t * experts + m] + Shrinkage * means[m] / count) / (sizes[t] + Shrinkage);
        }

        var looks = new double[tasks * (Steps + 1)];
        for (var t = 0; t < tasks; t++)
        {
            var own = new List<double>();
            for (var i = 0; i < classes.Count; i++)
            {
                if (classes[i] == t) own.Add(inputs[i * tasks + t]);
            }

            own.Sort();
            for (var q = 0; q <= Steps && own.Count != 0; q++)
            {
                var place = (double)q / Steps * (own.Count - 1);
                var below = (int)place;
                looks[t * (Steps + 1) + q] = below + 1 >= own.Count ? own[^1] : own[below] + (place - below) * (own[below + 1] - own[below]);
            }
        }

        return new TaskHead(names, SoftmaxRegression.Fit([.. inputs], tasks, [.. classes], tasks, Penalty), table, looks);
    }

    /// <summary>Probabilities of the tasks, and the familiarity, 0–1: the rank within each task's own prompts, weighted by the probability.</summary>
    public double Infer(ReadOnlySpan<float> features, Span<double> probabilities)
    {
        Span<double> inputs = stackalloc double[Count];
        for (var t = 0; t < Count; t++) inputs[t] = features[t];
        Classifier.Predict(inputs, probabilities);
        var familiarity = 0.0;
        for (var t = 0; t < Count; t++)
        {
            if (probabilities[t] > 1e-6) familiarity += probabilities[t] * Rank(Looks.AsSpan(t * (Steps + 1), Steps + 1), inputs[t]);
        }

        return familiarity;
    }

    /// <summary>Mixes the tasks' means.</summary>
    public void Mix(ReadOnlySpan<double> probabilities, Span<double> quality)
    {
        quality.Clear();
        for (var t = 0; t < Count; t++)
        {
            for (var m = 0; m < quality.Length; m++) quality[m] += probabilities[t] * Table[t * quality.Length + m];
        }
    }

    private static double Rank(ReadOnlySpan<double> quantiles, double value)
    {
        var at = quantiles.BinarySearch(value);
        if (at >= 0) return (double)at / Steps;
        at = ~at;
        if (at == 0) return 0;
        if (at > Steps) return 1;
        return (at - 1 + (value - quantiles[at - 1]) / (quantiles[at] - quantiles[at - 1])) / Steps;
    }
}
