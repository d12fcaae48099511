using Orchestration.Learning.Intervals;

namespace Orchestration.Learning.Calibrating;

/// <summary>
/// Intervals of policies' values by a bootstrap over prompts that draws folds anew and refits the calibrator in every resample, with all rows of a prompt drawn together. A prompt that is drawn twice
/// counts twice and stays one prompt: a copy in another fold would hand the calibrator the labels that it is tested on.
/// </summary>
internal static class PolicyBootstrap
{
    /// <summary>The values with bounds and standard errors of the resamples in place of their own.</summary>
    public static PolicyValue[] Of(PolicyRows rows, IReadOnlyList<PolicyValue> values, PolicyOptions options)
    {
        var estimates = GroupBootstrap.Of(
            rows.Groups, rows.Policies, (drawn, into) => Resample(rows, drawn, values, options, into),
            new BootstrapOptions { Resamples = options.Resamples, Seed = options.Seed, Level = options.Level, MaxThreads = options.MaxThreads, Cancellation = options.Cancellation });
        return [.. values.Select((v, p) => double.IsNaN(v.Value) ? v : v with { StandardError = estimates[p].StandardError, Low = estimates[p].Lower, High = estimates[p].Upper })];
    }

    private static void Resample(PolicyRows rows, ReadOnlySpan<double> drawn, IReadOnlyList<PolicyValue> values, PolicyOptions options, Span<double> into)
    {
        into.Fill(double.NaN);
        var (taken, numbers, hash) = (new List<int>(), new int[rows.Groups], 14695981039346656037UL);
        Array.Fill(numbers, -1);
        var groups = 0;
        for (var i = 0; i < rows.Rows; i++)
        {
            var group = rows.GroupOf[i];
            if (drawn[group] > 0 && numbers[group] < 0) numbers[group] = groups++;
            for (var times = 0; times < drawn[group]; times++) taken.Add(i);
        }

        // Folds follow from what was drawn: the same resample has the same ones whoever computes it.
        foreach (var times in drawn) hash = (hash ^ (ulong)times) * 1099511628211UL;
        var present = new bool[rows.Policies];
        foreach (var i in taken) present[rows.PolicyOf[i]] = true;
        if (Array.IndexOf(present, false) >= 0) return;
        var resampled = new PolicyRows(
            [.. taken.Select(i => rows.PolicyOf[i])], [.. taken.Select(i => rows.Scores[i])], [.. taken.Select(i => rows.Labels[i])], [.. taken.Select(i => numbers[rows.GroupOf[i]])], [.. taken.Select(i => rows.IsProbe[i])]);
        if (PolicyStudy.Parts(resampled, options with { Seed = options.Seed ^ hash }) is not { } parts) return;
        for (var p = 0; p < parts.Length; p++) into[p] = parts[p].Point(values[p].Basis);
    }
}
