using System.Numerics;
using System.Runtime.InteropServices;

namespace Orchestration.Learning.Algebra;

/// <summary>Inner loops over dense numbers. The order of every sum depends on the lengths and the processor's vector width alone.</summary>
internal static class Blocks
{
    /// <summary>Σ aᵢ bᵢ over the length of <paramref name="a"/>.</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        b = b[..a.Length];
        var wideA = MemoryMarshal.Cast<double, Vector<double>>(a);
        var wideB = MemoryMarshal.Cast<double, Vector<double>>(b);
        var (first, second) = (Vector<double>.Zero, Vector<double>.Zero);
        var i = 0;
        for (; i + 1 < wideA.Length; i += 2)
        {
            first += wideA[i] * wideB[i];
            second += wideA[i + 1] * wideB[i + 1];
        }

        if (i < wideA.Length) first += wideA[i] * wideB[i];
        var sum = Vector.Sum(first + second);
        for (var k = wideA.Length * Vector<double>.Count; k < a.Length; k++) sum += a[k] * b[k];
        return sum;
    }

    /// <summary>y += factor · x.</summary>
    public static void Add(double factor, ReadOnlySpan<double> x, Span<double> y)
    {
        y = y[..x.Length];
        var wideX = MemoryMarshal.Cast<double, Vector<double>>(x);
        var wideY = MemoryMarshal.Cast<double, Vector<double>>(y);
        var wide = new Vector<double>(factor);
        for (var i = 0; i < wideX.Length; i++) wideY[i] += wide * wideX[i];
        for (var k = wideX.Length * Vector<double>.Count; k < x.Length; k++) y[k] += factor * x[k];
    }

    /// <summary>out = matrix · x, the matrix square, row after row.</summary>
    public static void Multiply(ReadOnlySpan<double> matrix, ReadOnlySpan<double> x, Span<double> result)
    {
        for (var i = 0; i < result.Length; i++) result[i] = Dot(x, matrix.Slice(i * x.Length, x.Length));
    }
}
