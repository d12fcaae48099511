using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Orchestration.Learning.Models.Neural;

/// <summary>Puts each judge's scores on a scale of mean 0 and deviation 1 by the training rows' moments.</summary>
internal sealed class InputScale
{
    private readonly double[] _inverse;

    /// <summary>Takes means and deviations over.</summary>
    /// <exception cref="ArgumentException">Lengths differ, a number is not finite, or a deviation is not above 0.</exception>
    public InputScale(double[] means, double[] deviations)
    {
        if (means.Length != deviations.Length) throw new ArgumentException($"{deviations.Length} deviations for {means.Length} judges.", nameof(deviations));
        RowRules.Finite(means, nameof(means));
        RowRules.Finite(deviations, nameof(deviations));
        foreach (var deviation in deviations)
        {
            if (!(deviation > 0)) throw new ArgumentException("A deviation is above 0.", nameof(deviations));
        }

        (Means, Deviations) = (means, deviations);
        _inverse = Array.ConvertAll(deviations, d => 1 / d);
    }

    /// <summary>Mean of each judge.</summary>
    public double[] Means { get; }

    /// <summary>Deviation of each judge; 1 for a judge that never varies.</summary>
    public double[] Deviations { get; }

    /// <summary>Weighted moments of complete rows. A judge that never varies gets the deviation 1 and false in <paramref name="varies"/>.</summary>
    public static InputScale Of(double[] scores, int judges, double[]? weights, out bool[] varies)
    {
        var (means, deviations) = (new double[judges], new double[judges]);
        varies = new bool[judges];
        for (var judge = 0; judge < judges; judge++)
        {
            var (sum, total) = (0.0, 0.0);
            for (var (row, at) = (0, judge); at < scores.Length; row++, at += judges)
            {
                var weight = weights?[row] ?? 1;
                total += weight;
                sum += weight * scores[at];
            }

            var (mean, squares) = (sum / total, 0.0);
            for (var (row, at) = (0, judge); at < scores.Length; row++, at += judges) squares += (weights?[row] ?? 1) * (scores[at] - mean) * (scores[at] - mean);
            var deviation = Math.Sqrt(squares / total);
            varies[judge] = deviation > 1e-9;
            (means[judge], deviations[judge]) = (mean, varies[judge] ? deviation : 1);
        }

        return new InputScale(means, deviations);
    }

    /// <summary>One row on the scale of its moments. False where a judge is missing: then nothing of the result may be used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryApply(ref double row, ref float scaled)
    {
        ref var mean = ref MemoryMarshal.GetArrayDataReference(Means);
        ref var inverse = ref MemoryMarshal.GetArrayDataReference(_inverse);
        var count = (nuint)_inverse.Length;
        var unordered = Vector256<double>.Zero;
        nuint i = 0;
        for (; i + 8 <= count; i += 8)
        {
            var low = (Vector256.LoadUnsafe(ref row, i) - Vector256.LoadUnsafe(ref mean, i)) * Vector256.LoadUnsafe(ref inverse, i);
            var high = (Vector256.LoadUnsafe(ref row, i + 4) - Vector256.LoadUnsafe(ref mean, i + 4)) * Vector256.LoadUnsafe(ref inverse, i + 4);
            unordered += low + high; // Scores are finite, so only a missing one makes this NaN.
            Vector256.Narrow(low, high).StoreUnsafe(ref scaled, i);
        }

        var rest = 0.0;
        for (; i < count; i++)
        {
            var value = (Unsafe.Add(ref row, i) - Unsafe.Add(ref mean, i)) * Unsafe.Add(ref inverse, i);
            rest += value;
            Unsafe.Add(ref scaled, i) = (float)value;
        }

        return !double.IsNaN(rest) && Vector256.EqualsAll(unordered, unordered);
    }
}
