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
        var held = _columns.Length / Width;
        var rented = ArrayPool<float>.Shared.Rent(held + wanted);
        try
        {
            Distances(row, rented.AsSpan(0, held));
            var distances = rented.AsSpan(0, count);
            var heap = rented.AsSpan(held, wanted);
            var farthest = Farthest(distances, heap);

            // All that are nearer are among the kept; of those that are as far as the farthest of them, the first stored.
            var equals = heap.Count(farthest);
            means[..Outputs].Clear();
            for (var i = 0; i < count; i++)
            {
                if (distances[i] > farthest || (distances[i] == farthest && equals-- <= 0)) continue;
                for (var k = 0; k < Outputs; k++) means[k] += Values[(i * Outputs) + k];
            }

            for (var k = 0; k < Outputs; k++) means[k] /= wanted;
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
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

    // Two registers of rows at a time: a sum waits for its own last step, and not for the other's.
    private void Distances(ReadOnlySpan<float> row, Span<float> distances)
    {
        var columns = MemoryMarshal.Cast<float, Vector<float>>(_columns);
        var sums = MemoryMarshal.Cast<float, Vector<float>>(distances);
        for (var i = 0; i < sums.Length; i += 2)
        {
            var next = Math.Min(i + 1, sums.Length - 1);
            var (one, other) = (Vector<float>.Zero, Vector<float>.Zero);
            for (var k = 0; k < Width; k++)
            {
                var here = new Vector<float>(row[k]);
                var column = columns.Slice(k * sums.Length, sums.Length);
                var (apart, further) = (column[i] - here, column[next] - here);
                one += apart * apart;
                other += further * further;
            }

            (sums[i], sums[next]) = (one, other);
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

    // The greatest of the least distances, as many as the heap holds: its top.
    private static float Farthest(ReadOnlySpan<float> distances, Span<float> heap)
    {
        distances[..heap.Length].CopyTo(heap);
        for (var i = (heap.Length / 2) - 1; i >= 0; i--) Sink(heap, i);
        foreach (var distance in distances[heap.Length..])
        {
            if (!(distance < heap[0])) continue;
            heap[0] = distance;
            Sink(heap, 0);
        }

        return heap[0];
    }

    private static void Sink(Span<float> heap, int at)
    {
        var value = heap[at];
        for (var child = (2 * at) + 1; child < heap.Length; child = (2 * at) + 1)
        {
            if (child + 1 < heap.Length) child += heap[child + 1] > heap[child] ? 1 : 0;
            if (!(heap[child] > value)) break;
            heap[at] = heap[child];
            at = child;
        }

        heap[at] = value;
    }
}
