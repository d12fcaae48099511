namespace Orchestration.Learning.Models.Missing;

/// <summary>Learns a <see cref="JudgeNormal"/> by EM; one pass where no judge is missing.</summary>
internal static class JudgeNormalFit
{
    private const int MostSteps = 60;
    private const double Settled = 1e-5;

    public static JudgeNormal Fit(double[] scores, int judges, double[]? weights)
    {
        var rows = scores.Length / judges;
        var counts = Together(scores, judges, weights);
        var (means, covariance) = Alone(scores, judges, weights);
        var complete = JudgeNormal.IsComplete(scores);
        var order = complete ? [.. Enumerable.Range(0, rows)] : ByPattern(scores, judges, rows);
        for (var step = 0; step < (complete ? 1 : MostSteps); step++)
        {
            var (nextMeans, nextCovariance) = Step(scores, judges, weights, order, means, covariance);
            Shrink(nextCovariance, judges, counts);
            var moved = 0.0;
            for (var i = 0; i < judges; i++)
            {
                moved = Math.Max(moved, Math.Abs(nextMeans[i] - means[i]));
                for (var j = 0; j < judges; j++)
                    moved = Math.Max(moved, Math.Abs(nextCovariance[i * judges + j] - covariance[i * judges + j]));
            }

            (means, covariance) = (nextMeans, nextCovariance);
            if (moved < Settled) break;
        }

        return new JudgeNormal(means, covariance);
    }

    /// <summary>Weight of the rows in which two judges are both present.</summary>
    private static double[] Together(double[] scores, int judges, double[]? weights)
    {
        var sum = new double[judges * judges];
        for (var row = 0; row < scores.Length / judges; row++)
        {
            var weight = weights?[row] ?? 1;
            for (var i = 0; i < judges; i++)
            {
                if (double.IsNaN(scores[row * judges + i])) continue;
                for (var j = 0; j < i; j++)
                {
                    if (!double.IsNaN(scores[row * judges + j])) sum[i * judges + j] += weight;
                }
            }
        }

        return sum;
    }

    /// <summary>Means and variances of each judge where it is present; a judge that never is starts at ½ without spread.</summary>
    private static (double[] Means, double[] Covariance) Alone(double[] scores, int judges, double[]? weights)
    {
        var (means, covariance, total) = (new double[judges], new double[judges * judges], new double[judges]);
        for (var pass = 0; pass < 2; pass++)
        {
            for (var i = 0; i < scores.Length; i++)
            {
                if (double.IsNaN(scores[i])) continue;
                var (judge, weight) = (i % judges, weights?[i / judges] ?? 1);
                if (pass == 0)
                {
                    total[judge] += weight;
                    means[judge] += weight * scores[i];
                }
                else
                {
                    covariance[judge * judges + judge] += weight * (scores[i] - means[judge]) * (scores[i] - means[judge]) / total[judge];
                }
            }

            for (var j = 0; pass == 0 && j < judges; j++) means[j] = total[j] > 0 ? means[j] / total[j] : 0.5;
        }

        return (means, covariance);
    }

    /// <summary>Rows with the same gaps beside each other, so that each pattern is solved once a step.</summary>
    private static int[] ByPattern(double[] scores, int judges, int rows)
    {
        var order = Enumerable.Range(0, rows).ToArray();
        Array.Sort(order, (a, b) =>
        {
            for (var j = 0; j < judges; j++)
            {
                var difference = double.IsNaN(scores[a * judges + j]).CompareTo(double.IsNaN(scores[b * judges + j]));
                if (difference != 0) return difference;
            }

            return a.CompareTo(b);
        });
        return order;
    }

    private static (double[] Means, double[] Covariance) Step(double[] scores, int judges, double[]? weights, int[] order, double[] means, double[] covariance)
    {
        var (sums, products, left, total) = (new double[judges], new double[judges * judges], new double[judges * judges], 0.0);
        var filled = new double[judges];
        JudgePattern? pattern = null;
        var previous = -1;
        foreach (var row in order)
        {
            var given = scores.AsSpan(row * judges, judges);
            var weight = weights?[row] ?? 1;
            total += weight;
            given.CopyTo(filled);
            if (!JudgeNormal.IsComplete(given))
            {
                if (pattern is null || !SameGaps(given, scores.AsSpan(previous * judges, judges))) pattern = JudgePattern.Of(given, covariance);
                previous = row;
                pattern.Fill(filled, means);
                for (var a = 0; a < pattern.Missing.Length; a++)
                {
                    for (var b = 0; b < pattern.Missing.Length; b++)
                        left[pattern.Missing[a] * judges + pattern.Missing[b]] += weight * pattern.Left(a, b, covariance, judges);
                }
            }

            // Sums about the last means, which keeps the digits where scores hardly vary.
            for (var i = 0; i < judges; i++) filled[i] -= means[i];
            for (var i = 0; i < judges; i++)
            {
                sums[i] += weight * filled[i];
                for (var j = 0; j <= i; j++) products[i * judges + j] += weight * filled[i] * filled[j];
            }
        }

        var (nextMeans, next) = (new double[judges], new double[judges * judges]);
        for (var i = 0; i < judges; i++)
        {
            nextMeans[i] = means[i] + sums[i] / total;
            for (var j = 0; j <= i; j++)
            {
                var value = products[i * judges + j] / total - sums[i] / total * (sums[j] / total) + left[i * judges + j] / total;
                next[i * judges + j] = next[j * judges + i] = i == j ? Math.Max(value, 0) : value;
            }
        }

        return (nextMeans, next);
    }

    private static bool SameGaps(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        for (var j = 0; j < a.Length; j++)
        {
            if (double.IsNaN(a[j]) != double.IsNaN(b[j])) return false;
        }

        return true;
    }

    /// <summary>Correlations times 1 − λ, λ = Σ Var(r) / Σ r², with Var(r) = (1 − r²)²/(n − 1).</summary>
    private static void Shrink(double[] covariance, int judges, double[] counts)
    {
        var (noise, signal) = (0.0, 0.0);
        for (var i = 0; i < judges; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var scale = Math.Sqrt(covariance[i * judges + i] * covariance[j * judges + j]);
                if (!(scale > 0)) continue;
                var r = Math.Clamp(covariance[i * judges + j] / scale, -1, 1);
                noise += counts[i * judges + j] > 2 ? (1 - r * r) * (1 - r * r) / (counts[i * judges + j] - 1) : 1;
                signal += r * r;
            }
        }

        var kept = signal > 0 ? 1 - Math.Min(1, noise / signal) : 0;
        for (var i = 0; i < judges; i++)
        {
            for (var j = 0; j < judges; j++)
            {
                if (i != j) covariance[i * judges + j] *= kept;
            }
        }
    }
}
