using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Orchestration.Learning.Models.Neural;

/// <summary>Outputs of a batch and the slope of its loss in every weight: forward and backward pass, in a fixed order.</summary>
internal sealed class MlpGradient
{
    private readonly MlpShape _shape;
    private readonly float[] _inputs;
    private readonly float[] _hidden;

    /// <summary>Room for batches of up to <paramref name="rows"/> rows.</summary>
    public MlpGradient(MlpShape shape, int rows)
    {
        _shape = shape;
        _inputs = new float[rows * shape.Judges];
        _hidden = new float[rows * shape.Padded];
        Outputs = new float[rows];
        Slopes = new float[rows];
        Values = new float[shape.Length];
    }

    /// <summary>What <see cref="Forward"/> found, a number a row.</summary>
    public float[] Outputs { get; }

    /// <summary>The slope of the loss in each output: set by the caller before <see cref="Backward"/>.</summary>
    public float[] Slopes { get; }

    /// <summary>The slope of the loss in each weight, laid out like the weights.</summary>
    public float[] Values { get; }

    /// <summary>The place of a row's standardised inputs, to be filled before <see cref="Forward"/>.</summary>
    public Span<float> Input(int row) => _inputs.AsSpan(row * _shape.Judges, _shape.Judges);

    /// <summary>Outputs of the first rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Forward(float[] weights, int rows)
    {
        ref var w = ref MemoryMarshal.GetArrayDataReference(weights);
        ref var x = ref MemoryMarshal.GetArrayDataReference(_inputs);
        ref var h = ref MemoryMarshal.GetArrayDataReference(_hidden);
        var bias = weights[_shape.OutputBias];
        var row = 0;
        for (; row <= rows - MlpKernel.RowsAtOnce; row += MlpKernel.RowsAtOnce)
        {
            var four = MlpKernel.Four(ref w, _shape, ref Unsafe.Add(ref x, row * _shape.Judges), (nuint)_shape.Judges, keep: true, ref Unsafe.Add(ref h, row * _shape.Padded));
            (four + Vector128.Create(bias)).CopyTo(Outputs.AsSpan(row));
        }

        for (; row < rows; row++)
        {
            Outputs[row] = MlpKernel.One(ref w, _shape, ref Unsafe.Add(ref x, row * _shape.Judges), keep: true, ref Unsafe.Add(ref h, row * _shape.Padded)) + bias;
        }
    }

    /// <summary>Carries the slopes of the first rows' outputs back to every weight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Backward(float[] weights, int rows)
    {
        var padded = (nuint)_shape.Padded;
        ref var output = ref weights[_shape.OutputWeight];
        ref var hidden = ref MemoryMarshal.GetArrayDataReference(_hidden);
        ref var slopes = ref MemoryMarshal.GetArrayDataReference(Slopes);
        ref var values = ref MemoryMarshal.GetArrayDataReference(Values);
        for (nuint unit = 0; unit < padded; unit += MlpShape.Lanes)
        {
            var (va, vb) = (Vector256.LoadUnsafe(ref output, unit), Vector256.LoadUnsafe(ref output, unit + 8));
            Vector256<float> outA = default, outB = default, biasA = default, biasB = default;
            for (nuint row = 0; row < (nuint)rows; row++)
            {
                ref var place = ref Unsafe.Add(ref hidden, row * padded + unit);
                var slope = Vector256.Create(Unsafe.Add(ref slopes, row));
                var (a, b) = (Vector256.LoadUnsafe(ref place), Vector256.LoadUnsafe(ref place, 8));
                outA = Vector256.FusedMultiplyAdd(slope, a, outA);
                outB = Vector256.FusedMultiplyAdd(slope, b, outB);
                a = Vector256.GreaterThan(a, Vector256<float>.Zero) & (slope * va);
                b = Vector256.GreaterThan(b, Vector256<float>.Zero) & (slope * vb);
                biasA += a;
                biasB += b;
                a.StoreUnsafe(ref place);
                b.StoreUnsafe(ref place, 8);
            }

            outA.StoreUnsafe(ref values, (nuint)_shape.OutputWeight + unit);
            outB.StoreUnsafe(ref values, (nuint)_shape.OutputWeight + unit + 8);
            biasA.StoreUnsafe(ref values, (nuint)_shape.HiddenBias + unit);
            biasB.StoreUnsafe(ref values, (nuint)_shape.HiddenBias + unit + 8);
            HiddenWeights(unit, rows);
        }

        var sum = 0f;
        foreach (var slope in Slopes.AsSpan(0, rows)) sum += slope;
        Values[_shape.OutputBias] = sum;
    }

    /// <summary>Weights from every judge to one block of hidden units, four judges at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void HiddenWeights(nuint unit, int rows)
    {
        var padded = (nuint)_shape.Padded;
        var judges = (nuint)_shape.Judges;
        ref var inputs = ref MemoryMarshal.GetArrayDataReference(_inputs);
        ref var first = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_hidden), unit);
        ref var values = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Values), unit * judges);
        nuint judge = 0;
        for (; judge + 4 <= judges; judge += 4)
        {
            Vector256<float> a0 = default, b0 = default, a1 = default, b1 = default, a2 = default, b2 = default, a3 = default, b3 = default;
            ref var x = ref Unsafe.Add(ref inputs, judge);
            ref var h = ref first;
            for (var row = 0; row < rows; row++)
            {
                var (a, b) = (Vector256.LoadUnsafe(ref h), Vector256.LoadUnsafe(ref h, 8));
                var value = Vector256.Create(x);
                a0 = Vector256.FusedMultiplyAdd(a, value, a0);
                b0 = Vector256.FusedMultiplyAdd(b, value, b0);
                value = Vector256.Create(Unsafe.Add(ref x, 1));
                a1 = Vector256.FusedMultiplyAdd(a, value, a1);
                b1 = Vector256.FusedMultiplyAdd(b, value, b1);
                value = Vector256.Create(Unsafe.Add(ref x, 2));
                a2 = Vector256.FusedMultiplyAdd(a, value, a2);
                b2 = Vector256.FusedMultiplyAdd(b, value, b2);
                value = Vector256.Create(Unsafe.Add(ref x, 3));
                a3 = Vector256.FusedMultiplyAdd(a, value, a3);
                b3 = Vector256.FusedMultiplyAdd(b, value, b3);
                x = ref Unsafe.Add(ref x, judges);
                h = ref Unsafe.Add(ref h, padded);
            }

            ref var place = ref Unsafe.Add(ref values, judge * MlpShape.Lanes);
            a0.StoreUnsafe(ref place);
            b0.StoreUnsafe(ref place, 8);
            a1.StoreUnsafe(ref place, 16);
            b1.StoreUnsafe(ref place, 24);
            a2.StoreUnsafe(ref place, 32);
            b2.StoreUnsafe(ref place, 40);
            a3.StoreUnsafe(ref place, 48);
            b3.StoreUnsafe(ref place, 56);
        }

        for (; judge < judges; judge++)
        {
            Vector256<float> a0 = default, b0 = default;
            for (nuint row = 0; row < (nuint)rows; row++)
            {
                var value = Vector256.Create(Unsafe.Add(ref inputs, row * judges + judge));
                a0 = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref first, row * padded), value, a0);
                b0 = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref first, row * padded + 8), value, b0);
            }

            a0.StoreUnsafe(ref values, judge * MlpShape.Lanes);
            b0.StoreUnsafe(ref values, judge * MlpShape.Lanes + 8);
        }
    }
}
