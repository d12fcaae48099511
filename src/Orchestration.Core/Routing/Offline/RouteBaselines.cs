using Orchestration.Core.Routing.Models;

namespace Orchestration.Core.Routing.Offline;

/// <summary>What any router has to beat, made from training rows: the best single expert, the best by the prompt's length, and the best of the row's task, which this table is told.</summary>
internal sealed class RouteBaselines
{
    public const string BestSingle = "best_single";
    public const string Random = "random";
    public const string PromptLength = "prompt_length";
    public const string TaskTable = "task_table";
    public const string Oracle = "oracle";

    private const int LengthBins = 5;

    private readonly int[] _lengths;
    private readonly int[] _bestOfLength;
    private readonly Dictionary<string, (int Best, double Gain)> _ofTask = new(StringComparer.Ordinal);
    private readonly double _meanGain;

    public RouteBaselines(RoutingMatrix matrix, int[] rows, (int Weak, int Strong) pair)
    {
        var experts = matrix.Experts.Count;
        var all = Sums(matrix, rows);
        Best = Largest(all);
        _meanGain = experts == 2 ? (all[pair.Strong] - all[pair.Weak]) / rows.Length : 0;
        if (matrix.Cost is { } cost)
        {
            MeanCosts = new double[experts];
            foreach (var row in rows)
            {
                for (var m = 0; m < experts; m++) MeanCosts[m] += cost[row * experts + m] / rows.Length;
            }
        }

        int[] sorted = [.. rows.Select(r => matrix.Prompts[r].Length).Order()];
        _lengths = [.. Enumerable.Range(1, LengthBins - 1).Select(b => sorted[b * sorted.Length / LengthBins])];
        _bestOfLength = [.. Enumerable.Range(0, LengthBins).Select(b => rows.Where(r => Bin(matrix.Prompts[r].Length) == b).ToArray() is { Length: > 0 } own ? Largest(Sums(matrix, own)) : Best)];
        foreach (var task in rows.GroupBy(r => matrix.Groups[r], StringComparer.Ordinal))
        {
            int[] own = [.. task];
            var sums = Sums(matrix, own);
            _ofTask.Add(task.Key, (Largest(sums), experts == 2 ? (sums[pair.Strong] - sums[pair.Weak]) / own.Length : 0));
        }
    }

    /// <summary>The best single expert of the training rows.</summary>
    public int Best { get; }

    /// <summary>Each expert's mean cost over the training rows: what a policy is told before a call; null without costs.</summary>
    public double[]? MeanCosts { get; }

    public int ByLength(int length) => _bestOfLength[Bin(length)];

    public int ByTask(string group) => _ofTask.TryGetValue(group, out var task) ? task.Best : Best;

    /// <summary>Of two experts: what the strong one gains in the task.</summary>
    public double GainOf(string group) => _ofTask.TryGetValue(group, out var task) ? task.Gain : _meanGain;

    private int Bin(int length)
    {
        var bin = 0;
        while (bin < _lengths.Length && length >= _lengths[bin]) bin++;
        return bin;
    }

    private static double[] Sums(RoutingMatrix matrix, int[] rows)
    {
        var sums = new double[matrix.Experts.Count];
        foreach (var row in rows)
        {
            for (var m = 0; m < sums.Length; m++) sums[m] += matrix.Quality[row * sums.Length + m];
        }

        return sums;
    }

    private static int Largest(double[] sums) => Array.IndexOf(sums, sums.Max());
}
