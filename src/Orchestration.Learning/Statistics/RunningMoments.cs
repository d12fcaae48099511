namespace Orchestration.Learning.Statistics;

/// <summary>
/// Count, mean, spread and range of numbers seen one at a time, in constant memory (Welford 1962; merging after Chan, Golub and
/// LeVeque 1979). An immutable value: adding gives a new one, so it can be handed out, stored with a checkpoint and taken up again.
/// <c>default</c> is the empty one.
/// </summary>
/// <remarks>
/// Floating-point sums depend on their order. The same numbers added in the same order, and parts merged in the same order, give
/// the same bits; another order differs in the last digits. Who wants results that do not depend on the number of threads merges parts
/// by their place in the data, not as they finish. Magnitudes up to 1e150 keep the squares finite.
/// </remarks>
public readonly record struct RunningMoments
{
    private readonly double _mean;
    private readonly double _minimum;
    private readonly double _maximum;

    private RunningMoments(long count, double mean, double squares, double minimum, double maximum)
    {
        Count = count;
        _mean = mean;
        SquaredDeviations = squares;
        _minimum = minimum;
        _maximum = maximum;
    }

    /// <summary>How many numbers were added.</summary>
    public long Count { get; }

    /// <summary>The sum of squared deviations from the mean; 0 while fewer than two numbers were added.</summary>
    public double SquaredDeviations { get; }

    /// <summary>The arithmetic mean; NaN while empty.</summary>
    public double Mean => Count > 0 ? _mean : double.NaN;

    /// <summary>The least number; NaN while empty.</summary>
    public double Minimum => Count > 0 ? _minimum : double.NaN;

    /// <summary>The greatest number; NaN while empty.</summary>
    public double Maximum => Count > 0 ? _maximum : double.NaN;

    /// <summary>Squared deviations over n: the variance of exactly these numbers; NaN while empty.</summary>
    public double PopulationVariance => Count > 0 ? SquaredDeviations / Count : double.NaN;

    /// <summary>Squared deviations over n − 1: the unbiased estimate for what they were drawn from; NaN below two numbers.</summary>
    public double SampleVariance => Count > 1 ? SquaredDeviations / (Count - 1) : double.NaN;

    /// <summary>The square root of <see cref="SampleVariance"/>; NaN below two numbers.</summary>
    public double StandardDeviation => Math.Sqrt(SampleVariance);

    /// <summary>The moments of these numbers, added in order.</summary>
    /// <inheritdoc cref="Add(double)" path="/exception"/>
    public static RunningMoments Of(ReadOnlySpan<double> values) => default(RunningMoments).Add(values);

    /// <summary>Takes up moments that were stored by their parts.</summary>
    /// <param name="count">Numbers added, at least 0. With 0 the other parts are ignored.</param>
    /// <param name="mean">Their mean, within the range.</param>
    /// <param name="squaredDeviations">Finite and at least 0.</param>
    /// <param name="minimum">The least of them.</param>
    /// <param name="maximum">The greatest of them, at least <paramref name="minimum"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The parts cannot belong together.</exception>
    public static RunningMoments FromParts(long count, double mean, double squaredDeviations, double minimum, double maximum)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count == 0) return default;
        if (!double.IsFinite(minimum)) throw new ArgumentOutOfRangeException(nameof(minimum), minimum, "The minimum must be finite.");
        if (!(maximum >= minimum) || !double.IsFinite(maximum))
            throw new ArgumentOutOfRangeException(nameof(maximum), maximum, "The maximum must be finite and not below the minimum.");
        if (!(mean >= minimum && mean <= maximum))
            throw new ArgumentOutOfRangeException(nameof(mean), mean, "The mean must lie between minimum and maximum.");
        if (!(squaredDeviations >= 0) || !double.IsFinite(squaredDeviations))
            throw new ArgumentOutOfRangeException(nameof(squaredDeviations), squaredDeviations, "Squared deviations must be finite and not negative.");
        return new RunningMoments(count, mean, squaredDeviations, minimum, maximum);
    }

    /// <summary>With one more number.</summary>
    /// <param name="value">Finite: a missing score is not a number and is not added.</param>
    /// <exception cref="ArgumentOutOfRangeException">NaN or infinite.</exception>
    public RunningMoments Add(double value)
    {
        if (!double.IsFinite(value))
            throw new ArgumentOutOfRangeException(nameof(value), value, "Only finite numbers have moments; leave missing ones out.");
        if (Count == 0) return new RunningMoments(1, value, 0, value, value);

        var count = Count + 1;
        var delta = value - _mean;
        var minimum = Math.Min(_minimum, value);
        var maximum = Math.Max(_maximum, value);
        var mean = Math.Clamp(_mean + delta / count, minimum, maximum);
        return new RunningMoments(count, mean, SquaredDeviations + delta * (value - mean), minimum, maximum);
    }

    /// <summary>With more numbers, added in order.</summary>
    /// <inheritdoc cref="Add(double)" path="/exception"/>
    public RunningMoments Add(ReadOnlySpan<double> values)
    {
        var moments = this;
        foreach (var value in values) moments = moments.Add(value);
        return moments;
    }

    /// <summary>
    /// The moments of both sets of numbers together, to rounding: mean and deviations agree with one pass over all of them within
    /// about 1e-12 of the largest magnitude and of its square.
    /// </summary>
    public RunningMoments Merge(RunningMoments other)
    {
        if (Count == 0) return other;
        if (other.Count == 0) return this;

        var count = Count + other.Count;
        var delta = other._mean - _mean;
        var share = (double)other.Count / count;
        var minimum = Math.Min(_minimum, other._minimum);
        var maximum = Math.Max(_maximum, other._maximum);
        var mean = Math.Clamp(_mean + delta * share, minimum, maximum);
        var squares = SquaredDeviations + other.SquaredDeviations + delta * delta * share * Count;
        return new RunningMoments(count, mean, squares, minimum, maximum);
    }
}
