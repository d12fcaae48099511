using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Additive;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Robustness;

/// <summary>What an attacked judge does with its scores. All on the mapped scale, 0–1, which is the judge's stated scale made linear.</summary>
public enum JudgeAttack
{
    /// <summary>Says the opposite: x becomes 1 − x.</summary>
    Invert,

    /// <summary>Adds normal noise of a stated standard deviation, clipped to the scale.</summary>
    Noise,

    /// <summary>Adds a constant, clipped to the scale.</summary>
    Bias,

    /// <summary>Says anything, uniformly over its scale.</summary>
    Random,
}

/// <summary>Turns judges' scores into those of attacked judges. A missing score stays missing: an attacker does not answer more often.</summary>
public static class JudgeAttacks
{
    // Not a judge's number: the order of judges has draws of its own.
    private const ulong OrderPart = ulong.MaxValue - 1;

    /// <summary>
    /// The judges in the order in which they are attacked: the first k of it are attacked where k are, so that more attacked judges are always those and further ones.
    /// </summary>
    /// <param name="judges">How many there are.</param>
    /// <param name="seed">Another seed, another order.</param>
    public static int[] Order(int judges, ulong seed)
    {
        var order = new int[judges];
        for (var j = 0; j < judges; j++) order[j] = j;
        new SeededDraws(SeededDraws.Part(seed, OrderPart)).Shuffle(order);
        return order;
    }

    /// <summary>How many judges a share of them is: rounded, half up.</summary>
    /// <param name="judges">How many there are.</param>
    /// <param name="share">0–1.</param>
    public static int Count(int judges, double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        return (int)Math.Floor(judges * share + 0.5 + 1e-9);
    }

    /// <summary>Scores with some judges attacked. What an attacked judge says does not depend on which others are.</summary>
    /// <param name="scores">Rows × judges, mapped; not changed.</param>
    /// <param name="judges">Number of judges.</param>
    /// <param name="attacked">The judges that are attacked; none gives a copy.</param>
    /// <param name="attack">What they do.</param>
    /// <param name="size">Standard deviation of the noise, or the constant that is added; in shares of the scale. Ignored by the others.</param>
    /// <param name="seed">Seed of noise and random scores.</param>
    public static double[] Apply(double[] scores, int judges, ReadOnlySpan<int> attacked, JudgeAttack attack, double size, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(scores);
        if (!double.IsFinite(size)) throw new ArgumentException("The size of an attack is finite.", nameof(size));
        var changed = (double[])scores.Clone();
        foreach (var judge in attacked)
        {
            var own = SeededDraws.Part(seed, (ulong)judge);
            var normal = new NormalStream(own);
            var uniform = new SeedStream(own, 1);
            for (var at = judge; at < scores.Length; at += judges)
            {
                // One draw a row, missing or not: a row's number does not depend on which others are missing.
                var drawn = attack switch { JudgeAttack.Noise => normal.Next(), JudgeAttack.Random => uniform.NextDouble(), _ => 0 };
                if (double.IsNaN(scores[at])) continue;
                changed[at] = attack switch
                {
                    JudgeAttack.Invert => 1 - scores[at],
                    JudgeAttack.Noise => Math.Clamp(scores[at] + size * drawn, 0, 1),
                    JudgeAttack.Bias => Math.Clamp(scores[at] + size, 0, 1),
                    _ => drawn,
                };
            }
        }

        return changed;
    }
}
