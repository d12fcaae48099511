namespace Orchestration.Learning.Models.Additive;

/// <summary>An additive model of curves that knows how sure it is of them.</summary>
public interface ICurveModel : IAdditiveModel
{
    /// <summary>Effective degrees of freedom of each judge; 0 for one that was left out.</summary>
    IReadOnlyList<double> Freedom { get; }

    /// <summary>Effective degrees of freedom of everything, the constant counting one.</summary>
    double TotalFreedom { get; }

    /// <summary>
    /// Variance that rows of one group share beyond the judges, in units of the noise's variance; 0 where every row is its own group, and for comparisons.
    /// </summary>
    double PromptEffect { get; }

    /// <summary>Pairs of judges whose product has a part.</summary>
    IReadOnlyList<(int First, int Second)> Interactions { get; }

    /// <summary>
    /// A judge's part at chosen scores with a band. Bands come from the coefficients' covariance, Bayesian in the curvature (Nychka 1988; Marra and
    /// Wood 2012) and with rows of one group correlated as far as their residuals are: pointwise they hold at a score with the stated chance, taken
    /// over the range; simultaneous ones hold the whole curve. Of a monotone model they are conditional on where the curve was held flat.
    /// </summary>
    /// <param name="judge">Which judge.</param>
    /// <param name="at">Mapped scores, 0–1; outside the range of the data the part is constant.</param>
    /// <param name="level">Chance, 0–1.</param>
    /// <param name="simultaneous">The seed of the simulation for a simultaneous band; null for a pointwise one.</param>
    /// <exception cref="ArgumentException">The judge or the level is out of range.</exception>
    PartialDependence Curve(int judge, ReadOnlySpan<double> at, double level = 0.95, ulong? simultaneous = null);
}

/// <summary>A judge's part at some scores, on the model's scale, its mean over the training rows zero.</summary>
/// <param name="Judge">Which judge.</param>
/// <param name="Low">Lowest training score; NaN for a judge that was left out, whose part and band are zero.</param>
/// <param name="High">Highest training score.</param>
/// <param name="At">The scores.</param>
/// <param name="Part">The part at each.</param>
/// <param name="Lower">Lower end of the band.</param>
/// <param name="Upper">Upper end of the band.</param>
public sealed record PartialDependence(int Judge, double Low, double High, double[] At, double[] Part, double[] Lower, double[] Upper)
{
    /// <summary>True where zero lies inside the band at every one of the scores: the data cannot tell the part from none, over <see cref="Low"/> to <see cref="High"/>.</summary>
    public bool IsFlat => !Lower.Any(l => l > 0) && !Upper.Any(u => u < 0);
}
