namespace Orchestration.Learning.Metrics;

/// <summary>Quantiles and chances of Student's t, for bounds and tests from few groups.</summary>
internal static class StudentQuantile
{
    /// <summary>The value that a t with so many degrees of freedom stays below with probability <paramref name="level"/> (½ to 1); about 1e-10.</summary>
    public static double Of(double level, int degrees)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degrees, 1);
        var (low, high) = (0.0, 1.0);
        while (Below(high, degrees) < level) (low, high) = (high, high * 2);
        for (var i = 0; i < 100 && high - low > 1e-13 * high; i++)
        {
            var middle = (low + high) / 2;
            if (Below(middle, degrees) < level) low = middle;
            else high = middle;
        }

        return (low + high) / 2;
    }

    /// <summary>The chance of a |T| of at least |<paramref name="t"/>|; NaN stays NaN.</summary>
    public static double TwoSided(double t, int degrees) => double.IsNaN(t) ? double.NaN : double.IsInfinity(t) ? 0 : Math.Clamp(2 * (1 - Below(Math.Abs(t), degrees)), 0, 1);

    /// <summary>P(T ≤ t) for t ≥ 0 by the finite sums for whole degrees of freedom (Abramowitz and Stegun 26.7.3 and 26.7.4).</summary>
    public static double Below(double t, int degrees)
    {
        // Beyond this the sum would be long and the difference from the normal with Cornish and Fisher's terms is below 1e-10.
        if (degrees > 5000) return Normal(t * (1 - 1 / (4.0 * degrees)) / Math.Sqrt(1 + t * t / (2.0 * degrees)));
        var angle = Math.Atan2(t, Math.Sqrt(degrees));
        var (sine, cosine) = (Math.Sin(angle), Math.Cos(angle));
        double sum, term;
        if (degrees % 2 == 0)
        {
            (sum, term) = (1.0, 1.0);
            for (var k = 2; k <= degrees - 2; k += 2) sum += term *= (k - 1.0) / k * cosine * cosine;
            return 0.5 + sine * sum / 2;
        }

        (sum, term) = (0.0, cosine);
        for (var k = 1; k <= degrees - 2; k += 2)
        {
            sum += term;
            term *= (k + 1.0) / (k + 2.0) * cosine * cosine;
        }

        return 0.5 + (angle + sine * sum) / Math.PI;
    }

    /// <summary>The normal distribution function for x ≥ 0, by the series of Abramowitz and Stegun 26.2.11.</summary>
    private static double Normal(double x)
    {
        var (sum, term) = (x, x);
        for (var k = 3; k < 400 && term > 1e-17 * sum; k += 2) sum += term *= x * x / k;
        return 0.5 + sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
    }
}
