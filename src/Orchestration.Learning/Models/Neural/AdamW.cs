using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Orchestration.Learning.Models.Neural;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2), in the form and with the constants of PyTorch's <c>AdamW</c>:
/// β₁ 0.9, β₂ 0.999, ε 1e-8 outside the corrected root. Without decay it is plain Adam.
/// </summary>
internal sealed class AdamW(int length, double learningRate, double weightDecay)
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const float Epsilon = 1e-8f;

    private readonly float[] _first = new float[length];
    private readonly float[] _second = new float[length];
    private double _power1 = 1;
    private double _power2 = 1;

    /// <summary>One step against the gradient.</summary>
    /// <param name="weights">Changed in place; the length is a multiple of 8.</param>
    /// <param name="gradient">Of the same length.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Step(Span<float> weights, ReadOnlySpan<float> gradient)
    {
        _power1 *= Beta1;
        _power2 *= Beta2;
        var decay = Vector256.Create((float)(1 - learningRate * weightDecay));
        var step = Vector256.Create((float)(learningRate / (1 - _power1)));
        var root = Vector256.Create((float)(1 / Math.Sqrt(1 - _power2)));
        var (keep1, add1) = (Vector256.Create((float)Beta1), Vector256.Create((float)(1 - Beta1)));
        var (keep2, add2) = (Vector256.Create((float)Beta2), Vector256.Create((float)(1 - Beta2)));
        var least = Vector256.Create(1e-30f);
        ref var w = ref MemoryMarshal.GetReference(weights);
        ref var g = ref MemoryMarshal.GetReference(gradient[..weights.Length]);
        ref var m = ref MemoryMarshal.GetArrayDataReference(_first);
        ref var v = ref MemoryMarshal.GetArrayDataReference(_second);
        for (nuint i = 0; i < (nuint)_first.Length; i += 8)
        {
            var slope = Vector256.LoadUnsafe(ref g, i);
            var first = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref m, i), keep1, slope * add1);
            var second = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref v, i), keep2, slope * slope * add2);

            // What has died down to nothing is nothing: numbers below the normal range would make every later step many times slower.
            first &= Vector256.GreaterThan(Vector256.Abs(first), least);
            second &= Vector256.GreaterThan(second, least);
            first.StoreUnsafe(ref m, i);
            second.StoreUnsafe(ref v, i);
            var denominator = Vector256.FusedMultiplyAdd(Vector256.Sqrt(second), root, Vector256.Create(Epsilon));
            (Vector256.LoadUnsafe(ref w, i) * decay - step * (first / denominator)).StoreUnsafe(ref w, i);
        }
    }
}
