using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Additive;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Robustness;

/// <summary>What becomes of a poisoned human score. The stated scale runs from low to high.</summary>
public enum LabelAttack
{
    /// <summary>The opposite: low + high − y.</summary>
    Invert,

    /// <summary>A fifth of the scale more or less, by the toss of a coin (±2 on 0–10), clipped to the scale.</summary>
    Step,

    /// <summary>Normal noise of a stated standard deviation, clipped to the scale.</summary>
    Noise,

    /// <summary>Drawn towards the middle: the whole scale becomes its part from 30% to 70% (3–7 on 0–10).</summary>
    Compress,
}

/// <summary>Corrupts a share of the labels to learn from.</summary>
public static class LabelAttacks
{
    /// <summary>What ±2 is on a scale of 0–10.</summary>
    public const double StepOfScale = 0.2;

    /// <summary>Where 0 and 10 of a scale of 0–10 come to lie, as shares of it.</summary>
    public static (double Low, double High) CompressedTo => (0.3, 0.7);

    /// <summary>What each label would be if it were corrupted.</summary>
    /// <param name="targets">The labels; not changed.</param>
    /// <param name="attack">How.</param>
    /// <param name="low">Lowest label of the scale.</param>
    /// <param name="high">Highest label of the scale.</param>
    /// <param name="noise">Standard deviation of the noise as a share of the scale; ignored by the others.</param>
    /// <param name="seed">Seed of noise and tosses.</param>
    /// <exception cref="ArgumentException">The scale is empty, or the noise is not finite.</exception>
    public static double[] Corrupt(double[] targets, LabelAttack attack, double low, double high, double noise, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(targets);
        if (!(low < high) || !double.IsFinite(high - low)) throw new ArgumentException("A scale runs from a lower to a higher number.", nameof(high));
        if (!double.IsFinite(noise)) throw new ArgumentException("The noise is finite.", nameof(noise));
        var range = high - low;
        var normal = new NormalStream(seed);
        var coins = new SeedStream(seed, 1);
        var corrupted = new double[targets.Length];
        for (var i = 0; i < targets.Length; i++)
        {
            corrupted[i] = attack switch
            {
                LabelAttack.Invert => low + high - targets[i],
                LabelAttack.Step => Math.Clamp(targets[i] + (coins.NextDouble() < 0.5 ? -1 : 1) * StepOfScale * range, low, high),
                LabelAttack.Noise => Math.Clamp(targets[i] + noise * range * normal.Next(), low, high),
                _ => low + CompressedTo.Low * range + (CompressedTo.High - CompressedTo.Low) * (targets[i] - low),
            };
        }

        return corrupted;
    }

    /// <summary>
    /// The rows of a training set whose labels are corrupted: a share of it, rounded, those with the lowest seeded keys. A larger share corrupts the same rows and
    /// further ones, and a row keeps its key in every fold.
    /// </summary>
    /// <param name="rows">Numbers of the training rows.</param>
    /// <param name="share">0–1.</param>
    /// <param name="seed">Seed of the keys.</param>
    /// <returns>One a training row: true where its label is corrupted.</returns>
    public static bool[] Choose(ReadOnlySpan<int> rows, double share, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        var keys = new (ulong Key, int Place)[rows.Length];
        for (var i = 0; i < keys.Length; i++) keys[i] = (SeededDraws.Part(seed, (ulong)rows[i]), i);
        Array.Sort(keys);
        var chosen = new bool[rows.Length];
        foreach (var (_, place) in keys.AsSpan(0, (int)Math.Floor(share * rows.Length + 0.5))) chosen[place] = true;
        return chosen;
    }
}
