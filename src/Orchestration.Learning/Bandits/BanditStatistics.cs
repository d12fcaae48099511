using System.Buffers.Binary;

namespace Orchestration.Learning.Bandits;

/// <summary>
/// The sums of several arms with weights that halve with age: a reward decided on at t counts 2^((t − T)/H) at the latest time T seen. Kept as forward decay (Cormode,
/// Shkapenyuk, Srivastava and Xu 2009): weights grow from a landmark, so that late rewards take the weight of their own time and the order of arrival does not
/// matter. Not safe for concurrent use.
/// </summary>
public sealed class BanditStatistics
{
    /// <summary>Half-lives between two landmarks: weights stay below 2³², and moving on multiplies by a power of two, which rounds nothing.</summary>
    private const int Between = 32;

    private const uint Format = 0x3153424F;
    private readonly LinearStatistics[] _arms;
    private double _landmark;

    /// <summary>Sums of no rewards.</summary>
    /// <param name="arms">Arms, at least 1.</param>
    /// <param name="dimension">Features of a row, at least 0.</param>
    /// <param name="halfLife">Seconds after which a reward counts half, above 0; infinite where age does not matter.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of its range.</exception>
    public BanditStatistics(int arms, int dimension, double halfLife = double.PositiveInfinity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(arms, 1);
        if (!(halfLife > 0)) throw new ArgumentOutOfRangeException(nameof(halfLife), halfLife, "A half-life is above 0.");
        _arms = new LinearStatistics[arms];
        for (var k = 0; k < arms; k++) _arms[k] = new LinearStatistics(dimension);
        (Dimension, HalfLife) = (dimension, halfLife);
    }

    private BanditStatistics(LinearStatistics[] arms, int dimension, double halfLife, double latest, double landmark) =>
        (_arms, Dimension, HalfLife, Latest, _landmark) = (arms, dimension, halfLife, latest, landmark);

    /// <summary>Number of arms.</summary>
    public int Arms => _arms.Length;

    /// <summary>Features of a row.</summary>
    public int Dimension { get; }

    /// <summary>Seconds after which a reward counts half; infinite where age does not matter.</summary>
    public double HalfLife { get; }

    /// <summary>The latest time of a reward, in seconds; negative infinity while there is none.</summary>
    public double Latest { get; private set; } = double.NegativeInfinity;

    /// <summary>Rewards of an arm, unweighted.</summary>
    public long Count(int arm) => _arms[arm].Count;

    /// <summary>Rewards of an arm as they weigh at <see cref="Latest"/>.</summary>
    public double Weight(int arm) => _arms[arm].Weight * Factor;

    /// <summary>Weighted mean reward of an arm; NaN without any.</summary>
    public double Mean(int arm) => _arms[arm].Mean;

    private double Factor => double.IsInfinity(HalfLife) || double.IsInfinity(Latest) ? 1 : Math.Pow(2, (_landmark - Latest) / HalfLife);

    /// <summary>Adds a reward; a negative weight takes one out that was added with the same numbers.</summary>
    /// <param name="arm">0 … arms − 1.</param>
    /// <param name="features">As many finite numbers as the arms have.</param>
    /// <param name="reward">Finite.</param>
    /// <param name="weight">Finite.</param>
    /// <param name="at">When it was decided on: seconds from any moment that all share, finite.</param>
    public void Add(int arm, ReadOnlySpan<float> features, double reward, double weight, double at)
    {
        if (!double.IsFinite(at)) throw new ArgumentOutOfRangeException(nameof(at), at, "A time is a finite number of seconds.");
        if (!double.IsInfinity(HalfLife))
        {
            MoveTo(Landmark(at));
            weight *= Math.Pow(2, (at - _landmark) / HalfLife);
        }

        _arms[arm].Add(features, reward, weight);
        Latest = Math.Max(Latest, at);
    }

    /// <summary>Adds another's rewards: those of other decisions, seen by another process.</summary>
    /// <param name="other">Of as many arms and features, with the same half-life.</param>
    public void Merge(BanditStatistics other)
    {
        if (other.Arms != Arms || other.Dimension != Dimension || !other.HalfLife.Equals(HalfLife))
            throw new ArgumentException("Sums that are added up have the same arms, features and half-life.", nameof(other));
        if (double.IsInfinity(other.Latest)) return;
        MoveTo(other._landmark);
        var factor = double.IsInfinity(HalfLife) ? 1 : Math.Pow(2, (other._landmark - _landmark) / HalfLife);
        for (var k = 0; k < Arms; k++) _arms[k].Merge(other._arms[k], factor);
        Latest = Math.Max(Latest, other.Latest);
    }

    /// <summary>What an arm's rewards say of the next.</summary>
    /// <param name="arm">0 … arms − 1.</param>
    /// <param name="ridge">See <see cref="LinearPosterior"/>.</param>
    /// <param name="priorMean">What is predicted while nothing is known.</param>
    public LinearPosterior Posterior(int arm, double ridge, double priorMean) => new(_arms[arm], ridge, priorMean, Factor);

    /// <summary>The same sums, on their own.</summary>
    public BanditStatistics Clone() => new([.. _arms.Select(static a => a.Clone())], Dimension, HalfLife, Latest, _landmark);

    /// <summary>All of it as bytes, little-endian; <see cref="Read"/> gives it back to the same bits.</summary>
    public byte[] ToBytes()
    {
        var perArm = 2 + (Dimension + 1) * (Dimension + 2) / 2 + Dimension + 1;
        var bytes = new byte[12 + 8 * (3 + Arms * perArm)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Format);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), Arms);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Dimension);
        var at = 12;
        void Put(double value)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(at), value);
            at += 8;
        }

        Put(HalfLife);
        Put(Latest);
        Put(_landmark);
        foreach (var arm in _arms)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at), arm.Count);
            at += 8;
            Put(arm.SquaredRewards);
            foreach (var value in arm.Gram) Put(value);
            foreach (var value in arm.Vector) Put(value);
        }

        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="FormatException">The bytes are something else, cut short, or hold numbers that are not finite.</exception>
    public static BanditStatistics Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 36 || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Format) throw new FormatException("These are not the sums of a bandit, or of another format.");
        var (arms, dimension) = (BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]));
        if (arms is < 1 or > 100_000 || dimension is < 0 or > 10_000) throw new FormatException($"Sums of {arms} arms and {dimension} features: damaged.");
        var (triangle, size) = ((dimension + 1) * (dimension + 2) / 2, dimension + 1);
        if (bytes.Length != 12 + 8 * (3 + (long)arms * (2 + triangle + size))) throw new FormatException($"Sums of {arms} arms and {dimension} features in {bytes.Length} bytes: cut short or damaged.");
        var at = 12;
        var (halfLife, latest, landmark) = (Take(bytes, ref at), Take(bytes, ref at), Take(bytes, ref at));
        if (!(halfLife > 0) || double.IsNaN(latest) || !double.IsFinite(landmark)) throw new FormatException("Sums of a bandit with a half-life or time that cannot be: damaged.");
        var read = new LinearStatistics[arms];
        for (var k = 0; k < arms; k++)
        {
            var count = BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
            at += 8;
            var squares = Take(bytes, ref at);
            var (gram, vector) = (new double[triangle], new double[size]);
            foreach (ref var value in gram.AsSpan()) value = Take(bytes, ref at);
            foreach (ref var value in vector.AsSpan()) value = Take(bytes, ref at);
            if (!double.IsFinite(squares) || gram.Any(static v => !double.IsFinite(v)) || vector.Any(static v => !double.IsFinite(v)))
                throw new FormatException($"The sums of arm {k} hold numbers that are not finite: damaged.");
            read[k] = new LinearStatistics(dimension, count, squares, gram, vector);
        }

        return new BanditStatistics(read, dimension, halfLife, latest, landmark);
    }

    private static double Take(ReadOnlySpan<byte> bytes, ref int at)
    {
        var value = BinaryPrimitives.ReadDoubleLittleEndian(bytes[at..]);
        at += 8;
        return value;
    }

    /// <summary>Landmarks stand at whole multiples, wherever the first reward lies: who sees other rewards first has the same ones.</summary>
    private double Landmark(double at) => Math.Floor(at / (Between * HalfLife)) * (Between * HalfLife);

    private void MoveTo(double landmark)
    {
        if (double.IsInfinity(HalfLife)) return;
        if (double.IsInfinity(Latest))
        {
            _landmark = landmark;
        }
        else if (landmark > _landmark)
        {
            var factor = Math.Pow(2, Math.Round((_landmark - landmark) / HalfLife));
            foreach (var arm in _arms) arm.Scale(factor);
            _landmark = landmark;
        }
    }
}
