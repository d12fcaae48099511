namespace Orchestration.Learning.Intervals;

/// <summary>A number and the interval around it.</summary>
/// <param name="Value">The number of the data as they are; NaN where it is not defined.</param>
/// <param name="Lower">Lower end of the two-sided interval; NaN where it is not known.</param>
/// <param name="Upper">Upper end; likewise.</param>
/// <param name="StandardError">The number's standard error by group; likewise.</param>
/// <param name="Undefined">Where it was found by resampling: resamples in which the number is not defined (such as only one level drawn), which are left out of the bounds. 0 otherwise.</param>
public readonly record struct Estimate(double Value, double Lower, double Upper, double StandardError, int Undefined = 0)
{
    /// <summary>A number about which nothing more is known: no error, no interval.</summary>
    public static Estimate Of(double value) => new(value, double.NaN, double.NaN, double.NaN);

    /// <summary>True where the interval does not hold zero.</summary>
    public bool IsSure => Lower > 0 || Upper < 0;
}
