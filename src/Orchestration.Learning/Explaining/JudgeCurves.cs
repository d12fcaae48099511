using Orchestration.Learning.Metrics;
using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Additive;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Explaining;

/// <summary>Where a band comes from.</summary>
public enum BandSource
{
    /// <summary>There is no band.</summary>
    None,

    /// <summary>The covariance of the model's coefficients, rows of one group correlated (<see cref="ICurveModel"/>).</summary>
    Covariance,

    /// <summary>The recipe fitted again to groups drawn with replacement.</summary>
    Refits,
}

/// <summary>How f depends on one judge, with its band.</summary>
/// <param name="Judge">Which judge.</param>
/// <param name="At">Mapped scores, rising; empty where the judge has none.</param>
/// <param name="Value">f less its mean, at each.</param>
/// <param name="Lower">Lower end of the band; NaN where there is none.</param>
/// <param name="Upper">Upper end.</param>
/// <param name="Source">Where the band comes from.</param>
/// <param name="InModel">False where the model does not use the judge: there is a line at zero, and no band to say how sure that is.</param>
/// <param name="Data">Where the judge's scores lie.</param>
public sealed record JudgeCurve(int Judge, double[] At, double[] Value, double[] Lower, double[] Upper, BandSource Source, bool InModel, DataRange Data)
{
    /// <summary>
    /// What may be said of flatness: with a band, over the 5–95% range of the data, and with the largest difference that the band still permits there. Null where there is no band,
    /// or the judge's scores do not vary over that range: nothing can be said then.
    /// </summary>
    public Flatness? Flat
    {
        get
        {
            if (Source == BandSource.None || !InModel || !(Data.High > Data.Low)) return null;
            var (highestLower, lowestUpper, lowest, highest) = (double.NegativeInfinity, double.PositiveInfinity, double.PositiveInfinity, double.NegativeInfinity);
            for (var i = 0; i < At.Length; i++)
            {
                if (At[i] < Data.Low || At[i] > Data.High) continue;
                if (!double.IsFinite(Lower[i]) || !double.IsFinite(Upper[i])) return null;
                (highestLower, lowestUpper) = (Math.Max(highestLower, Lower[i]), Math.Min(lowestUpper, Upper[i]));
                (lowest, highest) = (Math.Min(lowest, Lower[i]), Math.Max(highest, Upper[i]));
            }

            return double.IsFinite(lowest) ? new Flatness(highestLower <= lowestUpper, Data.Low, Data.High, highest - lowest) : null;
        }
    }
}

/// <summary>Whether a curve can be told from a constant.</summary>
/// <param name="IsFlat">True where some constant lies inside the band over the whole range.</param>
/// <param name="Low">Lower end of the range, mapped score.</param>
/// <param name="High">Upper end of the range.</param>
/// <param name="Permitted">The largest difference between two scores of the range that the band permits, on the model's scale: never 0, however flat a curve looks.</param>
public readonly record struct Flatness(bool IsFlat, double Low, double High, double Permitted);

/// <summary>Curves of all judges with bands that respect groups.</summary>
public static class JudgeCurves
{
    /// <summary>
    /// An additive model of curves brings its own: <see cref="ICurveModel.Curve"/>, exact, with its grouped covariance. Of any other model the partial dependence is asked, and
    /// the band is its spread over refits: whole groups drawn with replacement (a group drawn twice weighs twice), the recipe fitted to them, each refit's curve over the
    /// original rows; Student's t times the standard deviation, or, for a simultaneous band, the quantile of the largest |deviation| in standard deviations over the grid.
    /// Such a band holds the recipe's own choices (trees, weights, smoothness), and, as any bootstrap of a shrunken fit, not its bias. With interactions an additive model's
    /// curves are its judges' own parts, without the products.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="recipe">What it was fitted by, for refits; null where it is not known.</param>
    /// <param name="rows">The rows it was fitted to, or as good as.</param>
    /// <param name="options">Level, refits, seed.</param>
    /// <returns>One curve a judge.</returns>
    public static IReadOnlyList<JudgeCurve> Of(IScoreModel model, IModelRecipe? recipe, ExplainedRows rows, CurveOptions options)
    {
        if (!(options.Level > 0 && options.Level < 1)) throw new ArgumentException("A level lies between 0 and 1.", nameof(options));
        if (options.Refits is not 0 and < 10) throw new ArgumentException("Refits are 0, or at least 10.", nameof(options));
        if (options.MaxThreads < 1) throw new ArgumentException("There is one thread at least.", nameof(options));
        var grids = Enumerable.Range(0, rows.Judges).Select(j => Dependence.Grid(rows, j)).ToArray();
        if (model is ICurveModel curves) return [.. grids.Select((at, j) => OfParts(curves, rows, j, at, options))];
        var values = Ask(model, rows, grids);
        var refits = recipe is null || options.Refits == 0 ? [] : Refits(recipe, rows, grids, options);
        return [.. grids.Select((at, j) => WithSpread(rows, j, at, values[j], [.. refits.Select(r => r[j])], options))];
    }

    private static JudgeCurve OfParts(ICurveModel model, ExplainedRows rows, int judge, double[] at, CurveOptions options)
    {
        var part = model.Curve(judge, at, options.Level, options.Simultaneous ? SeededDraws.Part(options.Seed, (ulong)judge) : null);
        var has = !double.IsNaN(part.Low);
        return has
            ? new JudgeCurve(judge, at, part.Part, part.Lower, part.Upper, BandSource.Covariance, true, DataRange.Of(rows, judge))
            : new JudgeCurve(judge, at, part.Part, Nothing(at.Length), Nothing(at.Length), BandSource.None, false, DataRange.Of(rows, judge));
    }

    private static double[][][] Refits(IModelRecipe recipe, ExplainedRows rows, double[][] grids, CurveOptions options)
    {
        var refits = new double[options.Refits][][];
        void One(int b)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            var seed = SeededDraws.Part(options.Seed, (ulong)b);
            var draws = new SeededDraws(seed);
            int[] times;

            // A draw of fewer than two different groups is no data to learn from.
            do times = rows.DrawGroups(ref draws);
            while (times.Count(static t => t != 0) < 2);
            refits[b] = Ask(rows.Weighted(times).Rows.Fit(recipe, new FitOptions(seed, 1, options.CancellationToken)), rows, grids);
        }

        if (options.MaxThreads <= 1)
        {
            for (var b = 0; b < refits.Length; b++) One(b);
        }
        else
        {
            Parallel.For(0, refits.Length, new ParallelOptions { MaxDegreeOfParallelism = options.MaxThreads, CancellationToken = options.CancellationToken }, One);
        }

        return refits;
    }

    private static double[][] Ask(IScoreModel model, ExplainedRows rows, double[][] grids) => [.. grids.Select((at, j) => Dependence.Average(model, rows, j, at))];

    private static JudgeCurve WithSpread(ExplainedRows rows, int judge, double[] at, double[] value, double[][] refits, CurveOptions options)
    {
        var data = DataRange.Of(rows, judge);
        if (refits.Length < 2 || at.Length == 0) return new JudgeCurve(judge, at, value, Nothing(at.Length), Nothing(at.Length), BandSource.None, true, data);
        var (means, errors) = (new double[at.Length], new double[at.Length]);
        for (var i = 0; i < at.Length; i++)
        {
            foreach (var refit in refits) means[i] += refit[i] / refits.Length;
            foreach (var refit in refits) errors[i] += (refit[i] - means[i]) * (refit[i] - means[i]);
            errors[i] = Math.Sqrt(errors[i] / (refits.Length - 1));
        }

        // A judge that no fit ever looked at.
        if (value.All(static v => v == 0) && errors.All(static e => e == 0)) return new JudgeCurve(judge, at, value, Nothing(at.Length), Nothing(at.Length), BandSource.None, false, data);
        var width = StudentQuantile.Of((1 + options.Level) / 2, refits.Length - 1);
        if (options.Simultaneous)
        {
            double[] largest = [.. refits.Select(refit => Enumerable.Range(0, at.Length).Max(i => errors[i] > 0 ? Math.Abs(refit[i] - means[i]) / errors[i] : 0)).Order()];
            width = Math.Max(width, largest[Math.Min(largest.Length - 1, (int)Math.Ceiling(options.Level * (largest.Length + 1)) - 1)]);
        }

        return new JudgeCurve(
            judge, at, value, [.. value.Select((v, i) => v - width * errors[i])], [.. value.Select((v, i) => v + width * errors[i])], BandSource.Refits, true, data);
    }

    private static double[] Nothing(int length)
    {
        var none = new double[length];
        Array.Fill(none, double.NaN);
        return none;
    }
}

/// <summary>How bands are made.</summary>
public sealed record CurveOptions
{
    /// <summary>Chance that a band holds, at each score or over the whole curve; between 0 and 1, default 0.95.</summary>
    public double Level { get; init; } = 0.95;

    /// <summary>True: the band holds the whole curve with that chance.</summary>
    public bool Simultaneous { get; init; }

    /// <summary>Refits for models without a covariance of their own; 0 for no band, otherwise at least 10. Default 40.</summary>
    public int Refits { get; init; } = 40;

    /// <summary>Seed of draws and fits.</summary>
    public ulong Seed { get; init; }

    /// <summary>Threads at most; no number depends on it.</summary>
    public int MaxThreads { get; init; } = 1;

    /// <summary>Gives up between fits.</summary>
    public CancellationToken CancellationToken { get; init; }
}
