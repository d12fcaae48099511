using System.Globalization;
using Orchestration.Learning.Routing;
using Orchestration.Learning.Selection;

namespace Orchestration.Core.Routing.Models;

/// <summary>What each head predicts of rows it has not learned from, and what follows: the kind and blend to take, intervals, and where to abstain.</summary>
internal sealed class HeadStudy
{
    private const int BlendSteps = 10;

    private static readonly RoutingHead[] Plainness = [RoutingHead.Mean, RoutingHead.Skills, RoutingHead.Clusters, RoutingHead.Ridge, RoutingHead.Features, RoutingHead.Nearest];

    private readonly double[][] _predicted;
    private readonly double[] _familiarity;
    private readonly double[] _quality;
    private readonly int _experts;
    private readonly bool _hasTasks;

    private HeadStudy(double[][] predicted, double[] familiarity, HeadSource source)
    {
        (_predicted, _familiarity, _quality, _experts, _hasTasks) = (predicted, familiarity, source.Quality, source.Experts, source.Tasks.Count != 0);
    }

    public static HeadStudy Run(HeadSource source, Folds folds, int mostHistory, RoutingTraining options)
    {
        var (experts, rows) = (source.Experts, source.TaskOf.Length);
        double[][] predicted = [.. Enumerable.Range(0, RoutingHeads.Count).Select(_ => new double[rows * experts])];
        var familiarity = new double[rows];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.MaxThreads), CancellationToken = options.Cancellation };
        Parallel.For(0, folds.Count, parallel, fold =>
        {
            var training = folds.Training(fold);
            var heads = HeadSet.Fit(source, training, History(training, mostHistory, options.Seed), options);
            var probabilities = new double[source.Tasks.Count];
            foreach (var row in folds.HeldOut(fold))
            {
                var features = source.Features.AsSpan(row * source.Width, source.Width);
                familiarity[row] = heads.Tasks?.Infer(features, probabilities) ?? 1;
                for (var h = 0; h < RoutingHeads.Count; h++) heads.Predict((RoutingHead)h, features, probabilities, predicted[h].AsSpan(row * experts, experts));
            }
        });
        return new HeadStudy(predicted, familiarity, source);
    }

    /// <summary>Rows that are kept as history: all, or a draw where they are too many.</summary>
    public static int[] History(int[] rows, int most, ulong seed)
    {
        if (rows.Length <= most) return rows;
        var drawn = (int[])rows.Clone();
        RowDraw.Shuffle(drawn, seed);
        Array.Resize(ref drawn, most);
        Array.Sort(drawn);
        return drawn;
    }

    /// <summary>Weights of the heads, and why.</summary>
    public (double[] Weights, string Why) Choose(RoutingTraining options, int experts)
    {
        if (RoutingHeads.Find(options.Kind) is { } asked) return (Only(asked), $"{options.Kind}, as asked for.");
        var criterion = experts == 2 ? "area between weak and strong model (APGR)" : "mean quality of the expert predicted best";
        var candidates = new List<(string Name, double[] Weights, double Value)>();
        for (var h = 0; h < RoutingHeads.Count; h++)
        {
            if ((RoutingHead)h != RoutingHead.Skills || _hasTasks) candidates.Add((RoutingHeads.All[h], Only((RoutingHead)h), Value(_predicted[h])));
        }

        var blend = Blend();
        if (blend.Count(static w => w > 0) > 1)
            candidates.Add(($"blend ({string.Join(", ", blend.Select(static (w, h) => (w, h)).Where(static b => b.w > 0).Select(b => string.Create(CultureInfo.InvariantCulture, $"{RoutingHeads.All[b.h]} {b.w:0.0}")))})", blend, Value(Mixed(blend))));

        var best = candidates[0];
        foreach (var candidate in candidates)
        {
            if (candidate.Value > best.Value) best = candidate;
        }

        // With more than two experts the differences are often noise: then the plainest that is within one standard error of the best (Breiman and others 1984, section 3.4.3). It also
        // keeps its head best on prompts that are unlike the history.
        var taken = best;
        if (experts > 2)
        {
            var top = Realised(Mixed(best.Weights));
            foreach (var plain in Plainness)
            {
                var candidate = candidates.Find(c => c.Name == RoutingHeads.Name(plain));
                if (candidate.Name is null || !IsWithinError(top, Realised(_predicted[(int)plain]))) continue;
                taken = candidate;
                break;
            }
        }

        var figures = string.Join(", ", candidates.Select(static c => string.Create(CultureInfo.InvariantCulture, $"{c.Name} {c.Value:0.0000}")));
        return (taken.Weights, $"{taken.Name}, chosen on training rows by {criterion}{(experts > 2 ? ", the plainest within one standard error of the best" : "")}: {figures}.");
    }

    /// <summary>Familiarity below which a share of the rows lies.</summary>
    public double LeastFamiliarity(double share)
    {
        if (share <= 0 || !_hasTasks) return 0;
        var sorted = (double[])_familiarity.Clone();
        Array.Sort(sorted);
        return sorted[(int)(share * sorted.Length)];
    }

    /// <summary>How far predictions are to be believed: of each head, and of the blend.</summary>
    public PredictionBins[] Bins(double[] weights) => [.. _predicted.Append(Mixed(weights)).Select(p => PredictionBins.Fit(p, _quality, _experts))];

    private static double[] Only(RoutingHead head)
    {
        var weights = new double[RoutingHeads.Count];
        weights[(int)head] = 1;
        return weights;
    }

    // With two experts any cost may decide between them, so the whole curve counts; with more the choice itself.
    private double Value(double[] predicted)
    {
        var rows = predicted.Length / _experts;
        if (_experts == 2)
        {
            var (first, second) = (0.0, 0.0);
            for (var i = 0; i < rows; i++) (first, second) = (first + _quality[2 * i], second + _quality[2 * i + 1]);
            var strong = second > first ? 1 : 0;
            var (gain, weak, better) = (new double[rows], new double[rows], new double[rows]);
            for (var i = 0; i < rows; i++) (gain[i], weak[i], better[i]) = (predicted[2 * i + strong] - predicted[2 * i + 1 - strong], _quality[2 * i + 1 - strong], _quality[2 * i + strong]);
            var curve = TwoModelCurve.Of(gain, weak, better);
            return double.IsFinite(curve.Apgr) ? curve.Apgr : 0.5;
        }

        return Realised(predicted).Sum() / rows;
    }

    // Quality of the expert that is predicted best, row by row.
    private double[] Realised(double[] predicted)
    {
        var realised = new double[predicted.Length / _experts];
        for (var i = 0; i < realised.Length; i++) realised[i] = _quality[i * _experts + Largest(predicted.AsSpan(i * _experts, _experts))];
        return realised;
    }

    private static bool IsWithinError(double[] best, double[] other)
    {
        var (mean, squares) = (0.0, 0.0);
        for (var i = 0; i < best.Length; i++) mean += (best[i] - other[i]) / best.Length;
        for (var i = 0; i < best.Length; i++) squares += (best[i] - other[i] - mean) * (best[i] - other[i] - mean);
        return mean <= Math.Sqrt(squares / best.Length / Math.Max(1, best.Length - 1));
    }

    private static int Largest(ReadOnlySpan<double> values)
    {
        var best = 0;
        for (var m = 1; m < values.Length; m++)
        {
            if (values[m] > values[best]) best = m;
        }

        return best;
    }

    private double[] Mixed(double[] weights)
    {
        var mixed = new double[_predicted[0].Length];
        for (var h = 0; h < weights.Length; h++)
        {
            for (var i = 0; weights[h] > 0 && i < mixed.Length; i++) mixed[i] += weights[h] * _predicted[h][i];
        }

        return mixed;
    }

    // Ensemble selection (Caruana and others 2004) on squared error about each row's mean: what all experts gain or lose on a prompt decides nothing.
    private double[] Blend()
    {
        var (rows, heads) = (_predicted[0].Length / _experts, RoutingHeads.Count);
        var cross = new double[heads * heads];
        var toTruth = new double[heads];
        var centred = new double[(heads + 1) * _experts];
        for (var i = 0; i < rows; i++)
        {
            for (var h = 0; h <= heads; h++)
            {
                var row = (h == heads ? _quality : _predicted[h]).AsSpan(i * _experts, _experts);
                var mean = 0.0;
                foreach (var value in row) mean += value / _experts;
                for (var m = 0; m < _experts; m++) centred[h * _experts + m] = row[m] - mean;
            }

            for (var h = 0; h < heads; h++)
            {
                for (var m = 0; m < _experts; m++) toTruth[h] += centred[h * _experts + m] * centred[heads * _experts + m];
                for (var g = 0; g < heads; g++)
                {
                    for (var m = 0; m < _experts; m++) cross[h * heads + g] += centred[h * _experts + m] * centred[g * _experts + m];
                }
            }
        }

        var counts = new double[heads];
        for (var step = 1; step <= BlendSteps; step++)
        {
            var (best, least) = (-1, double.PositiveInfinity);
            for (var h = 0; h < heads; h++)
            {
                if ((RoutingHead)h == RoutingHead.Skills && !_hasTasks) continue;
                counts[h]++;
                var error = 0.0;
                for (var a = 0; a < heads; a++)
                {
                    error -= 2 * counts[a] / step * toTruth[a];
                    for (var b = 0; b < heads; b++) error += counts[a] / step * counts[b] / step * cross[a * heads + b];
                }

                counts[h]--;
                if (error < least) (best, least) = (h, error);
            }

            counts[best]++;
        }

        return [.. counts.Select(static c => c / BlendSteps)];
    }
}
