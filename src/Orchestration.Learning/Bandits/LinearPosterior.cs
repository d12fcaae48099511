using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Bandits;

/// <summary>
/// What one arm's rewards say of the next: a ridge regression of the rewards on z = (1, x) about a prior mean, with the width of what is not known. Prediction m + zᵀθ with
/// θ = (A + ρI)⁻¹ Σ w (r − m) z; width √(zᵀ(A + ρI)⁻¹z) (Li, Chu, Langford and Schapire 2010, algorithm 1, with a constant and a prior mean). Immutable.
/// </summary>
public sealed class LinearPosterior
{
    private readonly Cholesky _factor;
    private readonly double[] _coefficients;

    /// <summary>Solves the sums.</summary>
    /// <param name="statistics">The arm's sums; not kept.</param>
    /// <param name="ridge">ρ, above 0: how many observations the prior is worth along each coordinate of length one.</param>
    /// <param name="priorMean">m: what is predicted while nothing is known.</param>
    /// <param name="factor">What the sums are multiplied by first, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A ridge that is not above 0, a prior mean that is not finite.</exception>
    public LinearPosterior(LinearStatistics statistics, double ridge, double priorMean, double factor = 1)
    {
        if (!(ridge > 0 && double.IsFinite(ridge))) throw new ArgumentOutOfRangeException(nameof(ridge), ridge, "A ridge is above 0.");
        if (!double.IsFinite(priorMean)) throw new ArgumentOutOfRangeException(nameof(priorMean), priorMean, "A prior mean is finite.");
        var size = statistics.Dimension + 1;
        var (matrix, vector) = (new double[size * size], new double[size]);
        var gram = statistics.Gram;
        var start = 0;
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j <= i; j++) matrix[i * size + j] = factor * gram[start + j];
            matrix[i * size + i] += ridge;

            // A's first column is Σ w z: what the prior mean takes from every reward.
            vector[i] = factor * (statistics.Vector[i] - priorMean * gram[start]);
            start += i + 1;
        }

        _factor = Cholesky.Factor(matrix, size);
        _factor.Solve(vector);
        (_coefficients, PriorMean, Weight, Count) = (vector, priorMean, factor * statistics.Weight, statistics.Count);
    }

    /// <summary>What is predicted while nothing is known.</summary>
    public double PriorMean { get; }

    /// <summary>Sum of the weights behind it.</summary>
    public double Weight { get; }

    /// <summary>Rewards behind it, unweighted.</summary>
    public long Count { get; }

    /// <summary>θ: the constant's coefficient, then the features'.</summary>
    public ReadOnlySpan<double> Coefficients => _coefficients;

    /// <summary>Predicted reward and its width at features.</summary>
    /// <param name="features">As many finite numbers as the arm has.</param>
    public (double Mean, double Width) Of(ReadOnlySpan<float> features)
    {
        Span<double> z = features.Length < 256 ? stackalloc double[features.Length + 1] : new double[features.Length + 1];
        Extend(features, z);
        return OfExtended(z);
    }

    /// <summary>Predicted reward and its width at z, which is used up.</summary>
    internal (double Mean, double Width) OfExtended(Span<double> z)
    {
        var mean = PriorMean + Blocks.Dot(z, _coefficients);
        _factor.SolveLower(z);
        return (mean, Math.Sqrt(Blocks.Dot(z, z)));
    }

    /// <summary>Overwrites a vector of the coordinates of z with (A + ρI)⁻¹ times it.</summary>
    internal void SolveNormal(Span<double> vector) => _factor.Solve(vector);

    /// <summary>(1, x), numbers that are not finite as 0: a broken feature says nothing, and must not spoil what is known of others.</summary>
    internal static void Extend(ReadOnlySpan<float> features, Span<double> z)
    {
        z[0] = 1;
        for (var i = 0; i < features.Length; i++) z[i + 1] = float.IsFinite(features[i]) ? features[i] : 0;
    }
}
