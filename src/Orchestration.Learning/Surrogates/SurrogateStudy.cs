using Orchestration.Learning.Intervals;
using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Surrogates;

/// <summary>How a surrogate is tried.</summary>
public sealed record SurrogateOptions
{
    /// <summary>Folds of whole prompts, outside and inside, at least 2; default 5.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>Seed of folds, fits and resamples; default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>The R² of the mixed scores against the costly judge's own that sparing calls must leave, above 0 and below 1; default 0.9.</summary>
    public double Fidelity { get; init; } = 0.9;

    /// <summary>Resamples of the prompts for intervals, at least 20; default 1,000.</summary>
    public int Resamples { get; init; } = 1000;

    /// <summary>Threads at most; no number depends on it.</summary>
    public int MaxThreads { get; init; } = 1;

    /// <summary>Gives up between fits and resamples.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>
/// A learned stand-in for a costly judge, tried honestly: the costly judge's score is predicted from cheap judges' scores by models that have not seen the prompt, and so is the size of the error that is to be
/// expected; where that is small the call is spared, elsewhere the costly judge is asked. How small is chosen inside the training folds, so the share spared and the fidelity reached are those of prompts that took no part in
/// choosing (in the spirit of MIRAGE-Bench's surrogate judge, Thakur et al. 2024, and of selective prediction, El-Yaniv and Wiener 2010).
/// </summary>
/// <param name="Predicted">The stand-in's score of every row, out of fold.</param>
/// <param name="Expected">The size of the error expected of it, out of fold.</param>
/// <param name="IsSpared">True where the call would have been spared.</param>
/// <param name="R2">R² of the stand-in alone, no call made.</param>
/// <param name="Error">Its mean absolute error, in the costly judge's units.</param>
/// <param name="Correlation">Pearson's correlation of its score with the costly judge's.</param>
/// <param name="Order">Share of pairs of answers to one prompt that it puts in the costly judge's order; NaN without such pairs.</param>
/// <param name="Spared">Share of calls spared.</param>
/// <param name="Fidelity">R² of the mixed scores: the stand-in's where spared, the costly judge's own elsewhere.</param>
/// <param name="Curve">R² of the mixed scores by share spared, from 0 to 1 in steps of a twentieth, the rows of the smallest expected error first.</param>
public sealed record SurrogateStudy(
    double[] Predicted, double[] Expected, bool[] IsSpared, Estimate R2, Estimate Error, Estimate Correlation, Estimate Order, Estimate Spared, Estimate Fidelity, IReadOnlyList<double> Curve)
{
    /// <summary>Steps of the curve.</summary>
    public const int Steps = 20;

    /// <summary>Fits and tries it.</summary>
    /// <param name="data">Cheap judges' scores; the target is the costly judge's score.</param>
    /// <param name="recipe">The model.</param>
    /// <param name="options">Folds, fidelity, seed.</param>
    /// <exception cref="ArgumentException">Fewer prompts than folds inside folds need, or scores of the costly judge that are all the same.</exception>
    public static SurrogateStudy Run(ScoreData data, IModelRecipe recipe, SurrogateOptions options)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Folds, 2, nameof(options));
        if (!(options.Fidelity > 0 && options.Fidelity < 1)) throw new ArgumentOutOfRangeException(nameof(options), options.Fidelity, "A fidelity lies above 0 and below 1.");
        if (data.Groups < 2 * options.Folds) throw new ArgumentException($"{data.Groups} prompts are too few for {options.Folds} folds inside {options.Folds} folds.", nameof(data));
        if (data.Targets.Min() == data.Targets.Max()) throw new ArgumentException("The costly judge's scores are all the same.", nameof(data));
        var folds = Folds.ByGroup(data.GroupOf, options.Folds, options.Seed);
        var (predicted, expected, spared) = (new double[data.Rows], new double[data.Rows], new bool[data.Rows]);
        Parallel.For(0, folds.Count, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.MaxThreads), CancellationToken = options.Cancellation }, fold =>
        {
            var (training, heldOut) = (folds.Training(fold), folds.HeldOut(fold));
            var one = StandIn.Fit(data.Select(training), recipe, options, SeededDraws.Part(options.Seed, (ulong)fold));
            var (numbers, errors) = one.Predict(data.Select(heldOut));
            for (var i = 0; i < heldOut.Length; i++) (predicted[heldOut[i]], expected[heldOut[i]], spared[heldOut[i]]) = (numbers[i], errors[i], errors[i] <= one.Limit);
        });
        return Measured(data, predicted, expected, spared, options);
    }

    private static SurrogateStudy Measured(ScoreData data, double[] predicted, double[] expected, bool[] spared, SurrogateOptions options)
    {
        var pairs = Pairs(data);
        var estimates = GroupBootstrap.Of(data.Groups, 6, (drawn, values) =>
        {
            var (weight, sum, squares, error, absolute, kept, other, product, otherSquares, spare) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
            for (var i = 0; i < data.Rows; i++)
            {
                var times = drawn[data.GroupOf[i]];
                if (times == 0) continue;
                var (y, p) = (data.Targets[i], predicted[i]);
                weight += times;
                sum += times * y;
                squares += times * y * y;
                other += times * p;
                otherSquares += times * p * p;
                product += times * y * p;
                error += times * (y - p) * (y - p);
                absolute += times * Math.Abs(y - p);
                if (!spared[i]) continue;
                spare += times;
                kept += times * (y - p) * (y - p);
            }

            var spread = squares - sum * sum / weight;
            var otherSpread = otherSquares - other * other / weight;
            (values[0], values[1]) = (spread > 0 ? 1 - error / spread : double.NaN, absolute / weight);
            values[2] = spread > 0 && otherSpread > 0 ? (product - sum * other / weight) / Math.Sqrt(spread * otherSpread) : double.NaN;
            (values[4], values[5]) = (spare / weight, spread > 0 ? 1 - kept / spread : double.NaN);
            var (right, all) = (0.0, 0.0);
            foreach (var (a, b) in pairs)
            {
                var times = drawn[data.GroupOf[a]];
                var agreed = Math.Sign(data.Targets[a] - data.Targets[b]) * Math.Sign(predicted[a] - predicted[b]);
                right += times * (agreed > 0 ? 1 : agreed == 0 ? 0.5 : 0);
                all += times;
            }

            values[3] = all > 0 ? right / all : double.NaN;
        }, new BootstrapOptions { Resamples = options.Resamples, Seed = options.Seed, MaxThreads = Math.Max(1, options.MaxThreads), Cancellation = options.Cancellation });
        return new SurrogateStudy(predicted, expected, spared, estimates[0], estimates[1], estimates[2], estimates[3], estimates[4], estimates[5], CurveOf(data.Targets, predicted, expected));
    }

    /// <summary>Pairs of answers to one prompt that the costly judge scores differently.</summary>
    private static List<(int A, int B)> Pairs(ScoreData data)
    {
        var pairs = new List<(int, int)>();
        foreach (var group in Enumerable.Range(0, data.Rows).GroupBy(i => data.GroupOf[i]))
        {
            int[] rows = [.. group];
            for (var a = 0; a < rows.Length; a++)
            {
                for (var b = 0; b < a; b++)
                {
                    if (data.Targets[rows[a]] != data.Targets[rows[b]]) pairs.Add((rows[a], rows[b]));
                }
            }
        }

        return pairs;
    }

    private static double[] CurveOf(double[] targets, double[] predicted, double[] expected)
    {
        var mean = targets.Average();
        var spread = targets.Sum(y => (y - mean) * (y - mean));
        var order = StandIn.ByExpected(expected);
        var curve = new double[Steps + 1];
        var (lost, at) = (0.0, 0);
        for (var s = 0; s <= Steps; s++)
        {
            for (var end = (int)Math.Round((double)s * order.Length / Steps); at < end; at++) lost += (targets[order[at]] - predicted[order[at]]) * (targets[order[at]] - predicted[order[at]]);
            curve[s] = 1 - lost / spread;
        }

        return curve;
    }
}
