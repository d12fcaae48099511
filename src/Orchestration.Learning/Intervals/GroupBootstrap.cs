using Orchestration.Learning.Models;

namespace Orchestration.Learning.Intervals;

/// <summary>How many resamples are drawn, from which seed, and with what.</summary>
public sealed record BootstrapOptions
{
    /// <summary>Resamples, at least 20; default 1,000. Bounds at 95% want a few hundred.</summary>
    public int Resamples { get; init; } = 1000;

    /// <summary>Seed of the draws; default 0. The same seed gives the same bounds whatever the number of threads.</summary>
    public ulong Seed { get; init; }

    /// <summary>The share of resamples between the bounds, above 0 and below 1; default 0.95.</summary>
    public double Level { get; init; } = 0.95;

    /// <summary>Threads at most, at least 1; default 1.</summary>
    public int MaxThreads { get; init; } = 1;

    /// <summary>Stops between two resamples.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>
/// The bootstrap over whole groups (prompts, items): each resample draws as many groups as there are, with replacement, and all rows of a group come as often as it was
/// drawn (Efron and Tibshirani 1993, chapters 8 and 13). Rows of one prompt may depend on one another in any way. Several statistics share the resamples, so
/// that differences between them are paired.
/// </summary>
public static class GroupBootstrap
{
    /// <summary>Draws resamples and gives every statistic's value with percentile bounds.</summary>
    /// <param name="groups">Number of groups, at least 1.</param>
    /// <param name="statistics">Number of statistics, at least 1.</param>
    /// <param name="compute">
    /// Fills one value a statistic from how often each group was drawn (whole numbers of sum <paramref name="groups"/>; all 1 for the data as they are). NaN where not defined.
    /// Called by several threads at once.
    /// </param>
    /// <param name="options">Resamples, seed, level, threads.</param>
    /// <returns>One estimate a statistic.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option out of its range.</exception>
    public static Estimate[] Of(int groups, int statistics, BootstrapStatistic compute, BootstrapOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(statistics, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Resamples, 20, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxThreads, 1, nameof(options));
        if (!(options.Level > 0 && options.Level < 1)) throw new ArgumentOutOfRangeException(nameof(options), options.Level, "The level lies between 0 and 1.");
        var draws = new double[(long)options.Resamples * statistics];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.MaxThreads, CancellationToken = options.Cancellation };

        // A resample has its own stream and its own row of results: which thread draws it moves no number.
        Parallel.For(0, options.Resamples, parallel, () => new double[groups], (b, _, drawn) =>
        {
            Draw(options.Seed, b, drawn);
            compute(drawn, draws.AsSpan(b * statistics, statistics));
            return drawn;
        }, static _ => { });

        var once = new double[groups];
        Array.Fill(once, 1);
        var values = new double[statistics];
        compute(once, values);
        var result = new Estimate[statistics];
        var column = new double[options.Resamples];
        for (var s = 0; s < statistics; s++)
        {
            var defined = 0;
            for (var b = 0; b < options.Resamples; b++)
            {
                if (double.IsFinite(draws[b * statistics + s])) column[defined++] = draws[b * statistics + s];
            }

            result[s] = Summary(values[s], column.AsSpan(0, defined), options);
        }

        return result;
    }

    /// <summary>How often each group comes in one resample.</summary>
    internal static void Draw(ulong seed, int resample, Span<double> drawn)
    {
        drawn.Clear();
        var random = new SeedStream(seed, (ulong)resample);
        for (var k = 0; k < drawn.Length; k++) drawn[random.NextBelow(drawn.Length)]++;
    }

    /// <summary>Percentile bounds of the resampled values, which are sorted in place.</summary>
    internal static Estimate Summary(double value, Span<double> resampled, BootstrapOptions options)
    {
        var undefined = options.Resamples - resampled.Length;
        if (resampled.Length < (options.Resamples + 1) / 2) return new Estimate(value, double.NaN, double.NaN, double.NaN, undefined);
        resampled.Sort();
        var mean = 0.0;
        foreach (var one in resampled) mean += one / resampled.Length;
        var squares = 0.0;
        foreach (var one in resampled) squares += (one - mean) * (one - mean);
        var tail = (1 - options.Level) / 2;
        return new Estimate(value, Quantile(resampled, tail), Quantile(resampled, 1 - tail), Math.Sqrt(squares / Math.Max(1, resampled.Length - 1)), undefined);
    }

    /// <summary>The quantile of sorted values, linear between neighbours (definition 7 of Hyndman and Fan 1996).</summary>
    internal static double Quantile(ReadOnlySpan<double> sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var below = (int)place;
        return below + 1 >= sorted.Length ? sorted[^1] : sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
    }
}

/// <summary>Computes statistics of one resample.</summary>
/// <param name="drawn">How often each group was drawn.</param>
/// <param name="values">Takes one value a statistic.</param>
public delegate void BootstrapStatistic(ReadOnlySpan<double> drawn, Span<double> values);
