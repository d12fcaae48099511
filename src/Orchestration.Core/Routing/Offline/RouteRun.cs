using Orchestration.Core.Routing.Features;
using Orchestration.Core.Routing.Models;
using Orchestration.Learning.Routing;
using Orchestration.Learning.Selection;

namespace Orchestration.Core.Routing.Offline;

/// <summary>Routes every row by policies and baselines that were made from other rows alone.</summary>
internal sealed class RouteRun
{
    /// <summary>Penalties on cost at which the curve of quality over cost is read, as multiples of the quality range over the cost range.</summary>
    private static readonly double[] Lambdas = [0, 1.0 / 64, 1.0 / 16, 1.0 / 8, 1.0 / 4, 1.0 / 2, 1, 2, 4, 16];

    private readonly RoutingMatrix _matrix;
    private readonly RouteEvaluation _options;
    private readonly OfflinePolicy[] _policies;
    private readonly (int[] Of, IReadOnlyList<string> Names) _groups;
    private readonly Lock _gate = new();
    private int _done;

    private RouteRun(RoutingMatrix matrix, RouteEvaluation options)
    {
        (_matrix, _options, _groups) = (matrix, options, matrix.NumberedGroups());
        _policies = [.. options.Policies.Select(p => OfflinePolicy.Parse(p, matrix.Experts))];
        var lambdas = matrix.Cost is null ? 0 : Lambdas.Length;
        Policies = [.. _policies.Select(p => new RoutedRows(p.Name, options.Draws, matrix.Rows, p.Config.Rule == RoutingRule.Always ? 0 : lambdas))];
        Baselines = [.. new[] { RouteBaselines.BestSingle, RouteBaselines.Random, RouteBaselines.PromptLength, RouteBaselines.TaskTable, RouteBaselines.Oracle }.Select(n => new RoutedRows(n, options.Draws, matrix.Rows, 0))];
        Choices = [];
    }

    public RoutedRows[] Policies { get; }

    public RoutedRows[] Baselines { get; }

    /// <summary>What training chose, by how many models.</summary>
    public SortedDictionary<string, int> Choices { get; }

    /// <summary>The last model's own account of its choice.</summary>
    public string LastChoice { get; private set; } = "";

    /// <summary>The weak and the strong expert of two; by the means over all rows.</summary>
    public (int Weak, int Strong) Pair { get; private set; }

    /// <summary>Rows in folds: each is routed by what the others taught.</summary>
    public static RouteRun Folded(RoutingMatrix matrix, RouteEvaluation options)
    {
        var run = new RouteRun(matrix, options) { Pair = PairOf(matrix) };
        var table = PromptTable.Of(matrix.Prompts, options.Embeddings);
        var jobs = new List<(int Draw, int[] Training, int[] Held)>();
        for (var draw = 0; draw < options.Draws; draw++)
        {
            var folds = options.LeaveOut ? Folds.LeaveOut(run._groups.Of, matrix.PromptOf) : Folds.ByGroup(matrix.PromptOf, options.Folds, options.Training.Seed + (ulong)draw);
            for (var fold = 0; fold < folds.Count; fold++) jobs.Add((draw, folds.Training(fold), folds.HeldOut(fold)));
        }

        // A job has rows of its own in every array: which thread does it moves no number.
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.MaxThreads), CancellationToken = options.Cancellation };
        Parallel.ForEach(jobs, parallel, job =>
        {
            var training = options.Training with { Seed = options.Training.Seed + (ulong)job.Draw, MaxThreads = 1, Cancellation = options.Cancellation };
            run.Route(matrix, RoutingTrainer.Train(matrix, table, job.Training, training), job.Draw, job.Training, job.Held, jobs.Count);
        });
        return run;
    }

    /// <summary>All rows by what another matrix taught.</summary>
    public static RouteRun Trained(RoutingMatrix matrix, RoutingMatrix training, RouteEvaluation options)
    {
        var run = new RouteRun(matrix, options with { Draws = 1 }) { Pair = PairOf(matrix) };
        var model = RoutingTrainer.Train(training, options.Training with { MaxThreads = options.MaxThreads, Cancellation = options.Cancellation }, options.Embeddings);
        run.Route(training, model, 0, [.. Enumerable.Range(0, training.Rows)], [.. Enumerable.Range(0, matrix.Rows)], 1);
        return run;
    }

    private static (int Weak, int Strong) PairOf(RoutingMatrix matrix)
    {
        var (first, second) = (0.0, 0.0);
        for (var i = 0; i < matrix.Rows; i++) (first, second) = (first + matrix.Quality[i * matrix.Experts.Count], second + matrix.Quality[i * matrix.Experts.Count + 1]);
        return second > first ? (0, 1) : (1, 0);
    }

    private void Route(RoutingMatrix source, RoutingModel model, int draw, int[] training, int[] held, int jobs)
    {
        var known = new RouteBaselines(source, training, Pair);
        var experts = _matrix.Experts.Count;
        double[]? prices = known.MeanCosts;
        string[] pair = experts == 2 ? [_matrix.Experts[Pair.Weak], _matrix.Experts[Pair.Strong]] : [];
        IRoutingPolicy[] policies = [.. _policies.Select(p => p.On(model, pair))];
        ExpertOffer[] offers = [.. _matrix.Experts.Select((e, m) => new ExpertOffer(e, prices?[m]))];
        double[] lambdas = prices is null || prices.Max() <= prices.Min() ? [] : [.. Lambdas.Select(l => l / (prices.Max() - prices.Min()))];
        var abstained = new int[policies.Length];
        foreach (var row in held)
        {
            var at = draw * _matrix.Rows + row;
            var question = new RoutingQuestion { Prompt = _options.Embeddings is { } embeddings ? new RoutingPrompt(_matrix.Prompts[row]) { Embedding = embeddings.Of(_matrix.Prompts[row]) } : new RoutingPrompt(_matrix.Prompts[row]), Offers = offers };
            for (var p = 0; p < policies.Length; p++)
            {
                var choice = policies[p].Choose(question);
                if (choice.IsAbstention) abstained[p]++;
                var chosen = IndexOf(choice.Experts[0]);
                Take(Policies[p], at, row, chosen);
                if (experts == 2) Policies[p].Score[at] = Score(choice);
                for (var l = 0; l < Policies[p].SweptCost.Length; l++)
                {
                    var swept = lambdas.Length == 0 || choice.IsAbstention ? chosen : Swept(choice, lambdas[l], prices!);
                    Policies[p].SweptQuality[l][at] = _matrix.Quality[row * experts + swept];
                    Policies[p].SweptCost[l][at] = _matrix.Cost![row * experts + swept];
                }
            }

            Baseline(known, row, at);
        }

        lock (_gate)
        {
            for (var p = 0; p < abstained.Length; p++) Policies[p].Abstained += abstained[p];
            var name = model.Facts.Choice[..model.Facts.Choice.IndexOf(',', StringComparison.Ordinal)].Split('(')[0].TrimEnd();
            Choices[name] = Choices.GetValueOrDefault(name) + 1;
            LastChoice = model.Facts.Choice;
            _options.Progress?.Invoke(++_done, jobs);
        }
    }

    private void Baseline(RouteBaselines known, int row, int at)
    {
        var experts = _matrix.Experts.Count;
        Take(Baselines[0], at, row, known.Best);
        var (mean, cost, oracle) = (0.0, 0.0, 0);
        for (var m = 0; m < experts; m++)
        {
            mean += _matrix.Quality[row * experts + m] / experts;
            cost += (_matrix.Cost?[row * experts + m] ?? 0) / experts;
            if (_matrix.Quality[row * experts + m] > _matrix.Quality[row * experts + oracle]) oracle = m;
        }

        (Baselines[1].Quality[at], Baselines[1].Cost[at]) = (mean, cost);
        Take(Baselines[2], at, row, known.ByLength(_matrix.Prompts[row].Length));
        Take(Baselines[3], at, row, known.ByTask(_matrix.Groups[row]));
        Take(Baselines[4], at, row, oracle);
        if (experts != 2) return;
        Baselines[2].Score[at] = _matrix.Prompts[row].Length;
        Baselines[3].Score[at] = known.GainOf(_matrix.Groups[row]);
        Baselines[4].Score[at] = _matrix.Quality[row * 2 + Pair.Strong] - _matrix.Quality[row * 2 + Pair.Weak];
    }

    private void Take(RoutedRows routed, int at, int row, int chosen)
    {
        routed.Quality[at] = _matrix.Quality[row * _matrix.Experts.Count + chosen];
        if (_matrix.Cost is { } cost) routed.Cost[at] = cost[row * _matrix.Experts.Count + chosen];
    }

    private double Score(RoutingChoice choice)
    {
        var gain = choice.Estimates[Pair.Strong].Quality - choice.Estimates[Pair.Weak].Quality;
        return double.IsFinite(gain) ? gain : 0;
    }

    private static int Swept(RoutingChoice choice, double lambda, double[] prices)
    {
        var (best, most) = (0, double.NegativeInfinity);
        for (var m = 0; m < prices.Length; m++)
        {
            var value = choice.Estimates[m].Quality - lambda * prices[m];
            if (value > most || (value.Equals(most) && prices[m] < prices[best])) (best, most) = (m, value);
        }

        return best;
    }

    private int IndexOf(string expert)
    {
        for (var m = 0; m < _matrix.Experts.Count; m++)
        {
            if (_matrix.Experts[m] == expert) return m;
        }

        throw new InvalidOperationException($"A policy chose '{expert}', which is not on offer.");
    }
}
