using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Orchestration.Learning.Routing;

/// <summary>The nearest of stored rows (squared Euclidean distance), and the mean of what is known of them. Immutable by agreement: the arrays are not copied.</summary>
public sealed class NearestRows
{
    // The rows once more, a number of all of them after the other, and places that no row has at the end of each: as many distances as a register holds are summed at once, each in the order of the numbers.
    private readonly float[] _columns;

    /// <summary>Takes rows and what is known of each.</summary>
    /// <param name="rows">Rows × width.</param>
    /// <param name="width">Numbers of a row, at least 1.</param>
    /// <param name="values">Rows × outputs.</param>
    /// <param name="outputs">Numbers known of a row, at least 1.</param>
    /// <exception cref="ArgumentException">Sizes that do not fit.</exception>
    public NearestRows(float[] rows, int width, float[] values, int outputs)
    {
        if (rows.Length == 0 || rows.Length % width != 0 || values.Length != (long)(rows.Length / width) * outputs) throw new ArgumentException("Rows and values do not fit.", nameof(rows));
        (Rows, Width, Values, Outputs) = (rows, width, values, outputs);
        _columns = Columns(rows, width);
    }

    /// <summary>Rows × width.</summary>
    public float[] Rows { get; }

    /// <summary>Rows × outputs.</summary>
    public float[] Values { get; }

    /// <summary>Numbers of a row.</summary>
    public int Width { get; }

    /// <summary>Numbers known of a row.</summary>
    public int Outputs { get; }

    /// <summary>Stored rows.</summary>
    public int Count => Rows.Length / Width;

    /// <summary>The mean of what is known of the nearest rows; of equally near ones the first stored.</summary>
    /// <param name="row">Where.</param>
    /// <param name="neighbours">How many, at least 1; all where there are fewer.</param>
    /// <param name="means">Takes the outputs.</param>
    public void Mean(ReadOnlySpan<float> row, int neighbours, Span<double> means)
    {
        var count = Count;
        var wanted = Math.Min(neighbours, count);
        var distances = ArrayPool<float>.Shared.Rent(_columns.Length / Width);
        var nearest = ArrayPool<int>.Shared.Rent(wanted);
        try
        {
            Distances(row, distances.AsSpan(0, _columns.Length / Width));
            Pick(distances.AsSpan(0, count), nearest.AsSpan(0, wanted));

            // In the order of the store, so that the sum does not depend on how the nearest were found.
            nearest.AsSpan(0, wanted).Sort();
            means[..Outputs].Clear();
            for (var n = 0; n < wanted; n++)
            {
                for (var k = 0; k < Outputs; k++) means[k] += Values[nearest[n] * Outputs + k];
            }

            for (var k = 0; k < Outputs; k++) means[k] /= wanted;
        }
        finally
        {
            ArrayPool<float>.Shared.Return(distances);
            ArrayPool<int>.Shared.Return(nearest);
        }
    }

    private static float[] Columns(float[] rows, int width)
    {
        var count = rows.Length / width;
        var held = (count + Vector<float>.Count - 1) / Vector<float>.Count * Vector<float>.Count;
        var columns = new float[checked(held * width)];
        for (var i = 0; i < count; i++)
        {
            for (var k = 0; k < width; k++) columns[(k * held) + i] = rows[(i * width) + k];
        }

        return columns;
    }

    private void Distances(ReadOnlySpan<float> row, Span<float> distances)
    {
        var columns = MemoryMarshal.Cast<float, Vector<float>>(_columns);
        var sums = MemoryMarshal.Cast<float, Vector<float>>(distances);
        for (var i = 0; i < sums.Length; i++)
        {
            var sum = Vector<float>.Zero;
            for (int k = 0, at = i; k < Width; k++, at += sums.Length)
            {
                var apart = columns[at] - new Vector<float>(row[k]);
                sum += apart * apart;
            }

            sums[i] = sum;
        }
    }

    /// <summary>The squared distance of two rows.</summary>
    internal static float Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        b = b[..a.Length];
        var wideA = MemoryMarshal.Cast<float, Vector<float>>(a);
        var wideB = MemoryMarshal.Cast<float, Vector<float>>(b);
        var wide = Vector<float>.Zero;
        for (var i = 0; i < wideA.Length; i++)
        {
            var apart = wideA[i] - wideB[i];
            wide += apart * apart;
        }

        var sum = Vector.Sum(wide);
        for (var k = wideA.Length * Vector<float>.Count; k < a.Length; k++) sum += (a[k] - b[k]) * (a[k] - b[k]);
        return sum;
    }

    // The least distances by a heap whose top is the farthest kept.
    private static void Pick(ReadOnlySpan<float> distances, Span<int> kept)
    {
        for (var i = 0; i < kept.Length; i++) kept[i] = i;
        for (var i = kept.Length / 2 - 1; i >= 0; i--) Sink(distances, kept, i);
        for (var i = kept.Length; i < distances.Length; i++)
        {
            if (!(distances[i] < distances[kept[0]])) continue;
            kept[0] = i;
            Sink(distances, kept, 0);
        }
    }

    private static void Sink(ReadOnlySpan<float> distances, Span<int> heap, int at)
    {
        while (2 * at + 1 < heap.Length)
        {
            var child = 2 * at + 1;
            if (child + 1 < heap.Length && Farther(distances, heap[child + 1], heap[child])) child++;
            if (!Farther(distances, heap[child], heap[at])) return;
            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }

    private static bool Farther(ReadOnlySpan<float> distances, int a, int b) => distances[a] > distances[b] || (distances[a] == distances[b] && a > b);
}
