using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Bandits;

/// <summary>
/// What a linear model of one arm's rewards needs to know of them, as sums: A = Σ w z zᵀ and b = Σ w r z with z = (1, x), x the features. Sums do not mind the order
/// in which rewards arrive, two machines' add up, and a reward that turns out wrong is taken out by adding it with its weight negated. Not safe for concurrent use.
/// </summary>
/// <remarks>All of that to rounding: another order differs in the last digits.</remarks>
public sealed class LinearStatistics
{
    private readonly double[] _gram;
    private readonly double[] _vector;

    /// <summary>Sums of no rewards.</summary>
    /// <param name="dimension">Features of a row, at least 0; the constant is added here.</param>
    public LinearStatistics(int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dimension);
        Dimension = dimension;
        _gram = new double[(dimension + 1) * (dimension + 2) / 2];
        _vector = new double[dimension + 1];
    }

    private LinearStatistics(LinearStatistics other)
    {
        (Dimension, Count, SquaredRewards) = (other.Dimension, other.Count, other.SquaredRewards);
        _gram = [.. other._gram];
        _vector = [.. other._vector];
    }

    internal LinearStatistics(int dimension, long count, double squaredRewards, double[] gram, double[] vector) =>
        (Dimension, Count, SquaredRewards, _gram, _vector) = (dimension, count, squaredRewards, gram, vector);

    /// <summary>Features of a row, without the constant.</summary>
    public int Dimension { get; }

    /// <summary>Rewards added, less those taken out; unweighted.</summary>
    public long Count { get; private set; }

    /// <summary>Sum of the weights.</summary>
    public double Weight => _gram[0];

    /// <summary>Weighted mean of the rewards; NaN without any.</summary>
    public double Mean => Weight > 0 ? _vector[0] / Weight : double.NaN;

    /// <summary>Σ w r².</summary>
    public double SquaredRewards { get; private set; }

    /// <summary>The lower half of A, row after row: (d + 1)(d + 2) / 2 numbers.</summary>
    public ReadOnlySpan<double> Gram => _gram;

    /// <summary>b: d + 1 numbers.</summary>
    public ReadOnlySpan<double> Vector => _vector;

    /// <summary>Adds a reward; a negative weight takes one out.</summary>
    /// <param name="features">As many finite numbers as <see cref="Dimension"/>.</param>
    /// <param name="reward">Finite.</param>
    /// <param name="weight">Finite; 1 for one observation.</param>
    /// <exception cref="ArgumentException">Another number of features, or a number that is not finite.</exception>
    public void Add(ReadOnlySpan<float> features, double reward, double weight)
    {
        if (features.Length != Dimension) throw new ArgumentException($"{features.Length} features for a model of {Dimension}.", nameof(features));
        if (!double.IsFinite(reward)) throw new ArgumentOutOfRangeException(nameof(reward), reward, "A reward is a finite number.");
        if (!double.IsFinite(weight)) throw new ArgumentOutOfRangeException(nameof(weight), weight, "A weight is a finite number.");
        Span<double> z = Dimension < 256 ? stackalloc double[Dimension + 1] : new double[Dimension + 1];
        LinearPosterior.Extend(features, z);
        var start = 0;
        for (var i = 0; i <= Dimension; i++)
        {
            Blocks.Add(weight * z[i], z[..(i + 1)], _gram.AsSpan(start, i + 1));
            start += i + 1;
        }

        Blocks.Add(weight * reward, z, _vector);
        SquaredRewards += weight * reward * reward;
        Count += Math.Sign(weight);
    }

    /// <summary>Adds another's sums times a factor.</summary>
    /// <param name="other">Sums of as many features.</param>
    /// <param name="factor">What its weights are multiplied by, finite and at least 0.</param>
    public void Merge(LinearStatistics other, double factor = 1)
    {
        if (other.Dimension != Dimension) throw new ArgumentException($"{other.Dimension} features for a model of {Dimension}.", nameof(other));
        if (!(factor >= 0 && double.IsFinite(factor))) throw new ArgumentOutOfRangeException(nameof(factor), factor, "A factor is finite and at least 0.");
        Blocks.Add(factor, other._gram, _gram);
        Blocks.Add(factor, other._vector, _vector);
        SquaredRewards += factor * other.SquaredRewards;
        Count += other.Count;
    }

    /// <summary>Multiplies all weights.</summary>
    internal void Scale(double factor)
    {
        foreach (ref var value in _gram.AsSpan()) value *= factor;
        foreach (ref var value in _vector.AsSpan()) value *= factor;
        SquaredRewards *= factor;
    }

    /// <summary>The same sums, on their own.</summary>
    public LinearStatistics Clone() => new(this);
}
