namespace Orchestration.Learning.Statistics;

/// <summary>
/// The 95% score interval of a binomial proportion (Wilson 1927). Unlike the normal approximation it stays inside 0–1, has a width at
/// 0 and at n successes, and covers near its level for small n. <c>default</c> is the interval of no trials.
/// </summary>
/// <remarks>Trials must be independent: rows that share a prompt are not, and want a bootstrap over prompts instead.</remarks>
public readonly record struct WilsonInterval
{
    /// <summary>The normal quantile of 97.5%, to the last bit of a double.</summary>
    private const double Z = 1.959963984540054;

    private readonly double _upper;

    private WilsonInterval(long successes, long trials, double lower, double upper)
    {
        Successes = successes;
        Trials = trials;
        Lower = lower;
        _upper = upper;
    }

    /// <summary>Successes counted.</summary>
    public long Successes { get; }

    /// <summary>Trials counted.</summary>
    public long Trials { get; }

    /// <summary>The lower bound, 0–1; exactly 0 without successes.</summary>
    public double Lower { get; }

    /// <summary>The upper bound, 0–1; exactly 1 where every trial succeeded. Without trials the interval is 0–1: nothing is known.</summary>
    public double Upper => Trials > 0 ? _upper : 1;

    /// <summary>Successes over trials, inside the interval; NaN without trials.</summary>
    public double Proportion => Trials > 0 ? (double)Successes / Trials : double.NaN;

    /// <summary>The interval of <paramref name="successes"/> out of <paramref name="trials"/>.</summary>
    /// <param name="successes">0 to <paramref name="trials"/>.</param>
    /// <param name="trials">At least 0; 0 gives 0–1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative count, or more successes than trials.</exception>
    public static WilsonInterval Of(long successes, long trials)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(trials);
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, trials);
        if (trials == 0) return default;

        // In doubles from the start: the product of two counts need not fit a long.
        double s = successes, n = trials;
        var centre = (s + Z * Z / 2) / (n + Z * Z);
        var half = Z / (n + Z * Z) * Math.Sqrt(s * (n - s) / n + Z * Z / 4);
        var proportion = s / n;
        var lower = successes == 0 ? 0 : Math.Clamp(centre - half, 0, proportion);
        var upper = successes == trials ? 1 : Math.Clamp(centre + half, proportion, 1);
        return new WilsonInterval(successes, trials, lower, upper);
    }
}
