using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Orchestration.Learning.Models.Neural;

/// <summary>
/// The forward pass Σ v·max(0, W·x + b) in 32-bit floats, hidden units across lanes. One row and four rows side by side do the same
/// operations in the same order for each row, so their numbers are the same bits.
/// </summary>
internal static class MlpKernel
{
    /// <summary>Rows that go through the network side by side: weights are read once for all of them.</summary>
    public const int RowsAtOnce = 4;

    /// <summary>One row; hidden activations are kept where <paramref name="keep"/> says so.</summary>
    /// <returns>The output without the output bias.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float One(ref float weights, MlpShape shape, ref float x, bool keep, ref float kept)
    {
        var judges = (nuint)shape.Judges;
        ref var bias = ref Unsafe.Add(ref weights, shape.HiddenBias);
        ref var output = ref Unsafe.Add(ref weights, shape.OutputWeight);
        var low = Vector256<float>.Zero;
        var high = Vector256<float>.Zero;
        ref var w = ref weights;
        for (nuint unit = 0; unit < (nuint)shape.Padded; unit += MlpShape.Lanes)
        {
            var a = Vector256.LoadUnsafe(ref bias, unit);
            var b = Vector256.LoadUnsafe(ref bias, unit + 8);
            for (nuint i = 0; i < judges; i++)
            {
                var value = Vector256.Create(Unsafe.Add(ref x, i));
                a = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref w), value, a);
                b = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref w, 8), value, b);
                w = ref Unsafe.Add(ref w, MlpShape.Lanes);
            }

            a = Vector256.MaxNative(a, Vector256<float>.Zero);
            b = Vector256.MaxNative(b, Vector256<float>.Zero);
            if (keep)
            {
                a.StoreUnsafe(ref kept, unit);
                b.StoreUnsafe(ref kept, unit + 8);
            }

            low = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref output, unit), a, low);
            high = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref output, unit + 8), b, high);
        }

        return Sum(low, high);
    }

    /// <summary>Four rows that lie one behind the other, <paramref name="stride"/> floats apart; the same bits as four times one row.</summary>
    /// <returns>The outputs without the output bias.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Four(ref float weights, MlpShape shape, ref float x, nuint stride, bool keep, ref float kept)
    {
        var judges = (nuint)shape.Judges;
        var padded = (nuint)shape.Padded;
        ref var bias = ref Unsafe.Add(ref weights, shape.HiddenBias);
        ref var output = ref Unsafe.Add(ref weights, shape.OutputWeight);
        ref var x1 = ref Unsafe.Add(ref x, stride);
        ref var x2 = ref Unsafe.Add(ref x1, stride);
        ref var x3 = ref Unsafe.Add(ref x2, stride);
        Vector256<float> low0 = default, high0 = default, low1 = default, high1 = default;
        Vector256<float> low2 = default, high2 = default, low3 = default, high3 = default;
        ref var w = ref weights;
        for (nuint unit = 0; unit < padded; unit += MlpShape.Lanes)
        {
            var a0 = Vector256.LoadUnsafe(ref bias, unit);
            var b0 = Vector256.LoadUnsafe(ref bias, unit + 8);
            Vector256<float> a1 = a0, b1 = b0, a2 = a0, b2 = b0, a3 = a0, b3 = b0;
            for (nuint i = 0; i < judges; i++)
            {
                var wa = Vector256.LoadUnsafe(ref w);
                var wb = Vector256.LoadUnsafe(ref w, 8);
                w = ref Unsafe.Add(ref w, MlpShape.Lanes);
                var value = Vector256.Create(Unsafe.Add(ref x, i));
                a0 = Vector256.FusedMultiplyAdd(wa, value, a0);
                b0 = Vector256.FusedMultiplyAdd(wb, value, b0);
                value = Vector256.Create(Unsafe.Add(ref x1, i));
                a1 = Vector256.FusedMultiplyAdd(wa, value, a1);
                b1 = Vector256.FusedMultiplyAdd(wb, value, b1);
                value = Vector256.Create(Unsafe.Add(ref x2, i));
                a2 = Vector256.FusedMultiplyAdd(wa, value, a2);
                b2 = Vector256.FusedMultiplyAdd(wb, value, b2);
                value = Vector256.Create(Unsafe.Add(ref x3, i));
                a3 = Vector256.FusedMultiplyAdd(wa, value, a3);
                b3 = Vector256.FusedMultiplyAdd(wb, value, b3);
            }

            var zero = Vector256<float>.Zero;
            (a0, b0) = (Vector256.MaxNative(a0, zero), Vector256.MaxNative(b0, zero));
            (a1, b1) = (Vector256.MaxNative(a1, zero), Vector256.MaxNative(b1, zero));
            (a2, b2) = (Vector256.MaxNative(a2, zero), Vector256.MaxNative(b2, zero));
            (a3, b3) = (Vector256.MaxNative(a3, zero), Vector256.MaxNative(b3, zero));
            if (keep)
            {
                a0.StoreUnsafe(ref kept, unit);
                b0.StoreUnsafe(ref kept, unit + 8);
                a1.StoreUnsafe(ref kept, padded + unit);
                b1.StoreUnsafe(ref kept, padded + unit + 8);
                a2.StoreUnsafe(ref kept, 2 * padded + unit);
                b2.StoreUnsafe(ref kept, 2 * padded + unit + 8);
                a3.StoreUnsafe(ref kept, 3 * padded + unit);
                b3.StoreUnsafe(ref kept, 3 * padded + unit + 8);
            }

            var va = Vector256.LoadUnsafe(ref output, unit);
            var vb = Vector256.LoadUnsafe(ref output, unit + 8);
            low0 = Vector256.FusedMultiplyAdd(va, a0, low0);
            high0 = Vector256.FusedMultiplyAdd(vb, b0, high0);
            low1 = Vector256.FusedMultiplyAdd(va, a1, low1);
            high1 = Vector256.FusedMultiplyAdd(vb, b1, high1);
            low2 = Vector256.FusedMultiplyAdd(va, a2, low2);
            high2 = Vector256.FusedMultiplyAdd(vb, b2, high2);
            low3 = Vector256.FusedMultiplyAdd(va, a3, low3);
            high3 = Vector256.FusedMultiplyAdd(vb, b3, high3);
        }

        return Vector128.Create(Sum(low0, high0), Sum(low1, high1), Sum(low2, high2), Sum(low3, high3));
    }

    /// <summary>The sum of sixteen lanes, always in halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> low, Vector256<float> high)
    {
        var eight = low + high;
        var four = eight.GetLower() + eight.GetUpper();
        var two = four + Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1));
        return two[0] + two[1];
    }
}
