using System.Globalization;
using Orchestration.Core.Routing.Models;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Routing;

namespace Orchestration.Core.Routing.Offline;

/// <summary>From routed rows to figures with intervals: a bootstrap over prompts in which all routers share the resamples. The choices stand as they were made; nothing is refitted.</summary>
internal sealed class RouteStudy
{
    private const int PerRouter = 10;
    private const int RandomDraws = 200;

    private readonly RoutingMatrix _matrix;
    private readonly RoutedRows[] _routers;
    private readonly int[] _promptOf;
    private readonly int _draws;
    private readonly (int Weak, int Strong) _pair;
    private readonly int[][][] _orders;
    private readonly double[] _weak;
    private readonly double[] _strong;
    private readonly int _bestSingle;
    private readonly int _taskTable;
    private readonly int _oracle;

    private RouteStudy(RoutingMatrix matrix, RouteRun run, RouteEvaluation options)
    {
        (_matrix, _draws, _promptOf, _pair) = (matrix, options.Draws, matrix.PromptOf, run.Pair);
        _routers = [.. run.Policies, .. run.Baselines];
        (_bestSingle, _taskTable, _oracle) = (run.Policies.Length, run.Policies.Length + 3, run.Policies.Length + 4);
        var two = matrix.Experts.Count == 2;
        _weak = two ? Column(run.Pair.Weak) : [];
        _strong = two ? Column(run.Pair.Strong) : [];
        _orders = [.. _routers.Select(r => two ? Enumerable.Range(0, _draws).Select(d => TwoModelCurve.Order(Scores(r, d))).ToArray() : [])];
    }

    public static RouteReport Of(RoutingMatrix matrix, RouteRun run, RouteEvaluation options)
    {
        var study = new RouteStudy(matrix, run, options);
        var bootstrap = new BootstrapOptions { Resamples = options.Resamples, Seed = options.Training.Seed, MaxThreads = options.MaxThreads, Cancellation = options.Cancellation };
        var estimates = GroupBootstrap.Of(study._promptOf.Max() + 1, study._routers.Length * PerRouter, study.Compute, bootstrap);
        RouteFigures[] figures = [.. study._routers.Select((r, i) => study.Figures(r, estimates.AsSpan(i * PerRouter, PerRouter)))];
        var policies = figures[..run.Policies.Length];
        var (spread, apgrSpread) = study.RandomSpread(options.Training.Seed);
        return new RouteReport
        {
            Rows = matrix.Rows,
            Experts = matrix.Experts,
            Policies = policies,
            Baselines = figures[run.Policies.Length..],
            RandomSpread = spread,
            RandomApgrSpread = apgrSpread,
            Choices = run.Choices,
            LastChoice = run.LastChoice,
            Meaning = [.. policies.SelectMany(p => RouteMeaning.Of(p, figures[study._bestSingle], figures[study._taskTable], matrix.Experts.Count == 2))],
        };
    }

    private void Compute(ReadOnlySpan<double> drawn, Span<double> values)
    {
        var weights = new double[_matrix.Rows];
        var total = 0.0;
        for (var i = 0; i < weights.Length; i++) total += weights[i] = drawn[_promptOf[i]];
        var dearest = _matrix.Cost is null ? double.NaN : Enumerable.Range(0, _matrix.Experts.Count).Max(m => Mean(Column(_matrix.Cost, m), 1, weights, total));
        Span<double> quality = stackalloc double[_routers.Length];
        for (var r = 0; r < quality.Length; r++) quality[r] = Mean(_routers[r].Quality, _draws, weights, total);
        for (var r = 0; r < _routers.Length; r++)
        {
            var router = _routers[r];
            var to = values.Slice(r * PerRouter, PerRouter);
            to.Fill(double.NaN);
            to[0] = quality[r];
            if (_matrix.Cost is not null)
            {
                to[1] = Mean(router.Cost, _draws, weights, total);
                if (router.SweptCost.Length != 0) to[5] = Aiq(router, to[0], to[1], weights, total, dearest);
                to[6] = CostQuality.Arena(to[0], 1000 * to[1]);
            }

            Curve(r, weights, to);
            to[7] = quality[_oracle] - quality[r];
            to[8] = quality[r] - quality[_bestSingle];
            to[9] = quality[r] - quality[_taskTable];
        }
    }

    private void Curve(int router, double[] weights, Span<double> to)
    {
        if (_orders[router].Length == 0) return;
        (to[2], to[3], to[4]) = (0, 0, 0);
        for (var d = 0; d < _draws; d++)
        {
            var curve = TwoModelCurve.Of(_orders[router][d], Scores(_routers[router], d), _weak, _strong, weights);
            (to[2], to[3], to[4]) = (to[2] + curve.Apgr / _draws, to[3] + curve.Cpt50 / _draws, to[4] + curve.Cpt80 / _draws);
        }
    }

    private double Aiq(RoutedRows router, double quality, double cost, double[] weights, double total, double dearest)
    {
        var (costs, qualities) = (new List<double> { cost }, new List<double> { quality });
        for (var l = 0; l < router.SweptCost.Length; l++)
        {
            costs.Add(Mean(router.SweptCost[l], _draws, weights, total));
            qualities.Add(Mean(router.SweptQuality[l], _draws, weights, total));
        }

        return CostQuality.Aiq([.. costs], [.. qualities], Math.Max(dearest, costs.Max()));
    }

    private RouteFigures Figures(RoutedRows router, ReadOnlySpan<Estimate> estimates) => new()
    {
        Name = router.Name,
        Quality = estimates[0],
        Cost = estimates[1],
        Apgr = estimates[2],
        Cpt50 = estimates[3],
        Cpt80 = estimates[4],
        Aiq = estimates[5],
        Arena = estimates[6],
        Regret = estimates[7],
        OverBestSingle = estimates[8],
        OverTaskTable = estimates[9],
        Draws = [.. Enumerable.Range(0, _draws).Select(d => router.Quality.AsSpan(d * _matrix.Rows, _matrix.Rows).ToArray().Average())],
        Abstained = (double)router.Abstained / (_draws * _matrix.Rows),
    };

    // Rows are drawn apart from one another, so their variances add up.
    private (double Quality, double Apgr) RandomSpread(ulong seed)
    {
        var (experts, rows) = (_matrix.Experts.Count, _matrix.Rows);
        var variance = 0.0;
        for (var i = 0; i < rows; i++)
        {
            var (mean, squares) = (0.0, 0.0);
            for (var m = 0; m < experts; m++) mean += _matrix.Quality[i * experts + m] / experts;
            for (var m = 0; m < experts; m++) squares += (_matrix.Quality[i * experts + m] - mean) * (_matrix.Quality[i * experts + m] - mean) / experts;
            variance += squares / rows / rows;
        }

        if (experts != 2) return (Math.Sqrt(variance), double.NaN);
        var draws = new double[RandomDraws];
        var order = new int[rows];
        var scores = new double[rows];
        for (var d = 0; d < draws.Length; d++)
        {
            for (var i = 0; i < rows; i++) order[i] = i;
            RowDraw.Shuffle(order, seed + (ulong)d);
            for (var i = 0; i < rows; i++) scores[order[i]] = -i;
            draws[d] = TwoModelCurve.Of(order, scores, _weak, _strong, []).Apgr;
        }

        var average = draws.Average();
        return (Math.Sqrt(variance), Math.Sqrt(draws.Sum(d => (d - average) * (d - average)) / (draws.Length - 1)));
    }

    private ReadOnlySpan<double> Scores(RoutedRows router, int draw) => router.Score.AsSpan(draw * _matrix.Rows, _matrix.Rows);

    private double[] Column(int expert) => Column(_matrix.Quality, expert);

    private double[] Column(double[] from, int expert)
    {
        var column = new double[_matrix.Rows];
        for (var i = 0; i < column.Length; i++) column[i] = from[i * _matrix.Experts.Count + expert];
        return column;
    }

    private static double Mean(double[] values, int draws, double[] weights, double total)
    {
        var sum = 0.0;
        for (var d = 0; d < draws; d++)
        {
            for (var i = 0; i < weights.Length; i++) sum += weights[i] * values[d * weights.Length + i];
        }

        return sum / (total * draws);
    }
}
