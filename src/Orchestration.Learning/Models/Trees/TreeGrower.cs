using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Orchestration.Learning.Models.Trees;

/// <summary>
/// Grows one tree for given slopes and curvatures of the loss (Friedman 2001; gains and leaves after Chen and Guestrin 2016, equations 5 to 7).
/// Monotone: a split whose sides would be the wrong way round is refused, and what lies below a side stays on that side of the middle
/// between both.
/// </summary>
internal sealed class TreeGrower
{
    private const double Gainless = 1e-10;

    private readonly TreeOptions _options;
    private readonly TreeRows _rows;
    private readonly bool[] _monotone;
    private readonly int[] _starts;
    private readonly double[] _sums;
    private double _leastCurvature;
    private int[] _order = [];
    private int[] _spare = [];

    public TreeGrower(TreeOptions options, TreeRows rows, bool monotone)
    {
        (_options, _rows) = (options, rows);
        _monotone = new bool[rows.Judges];
        for (var j = 0; j < rows.Judges && monotone; j++) _monotone[j] = options.MonotoneJudges?.Contains(j) ?? true;

        _starts = new int[rows.Judges + 1];
        for (var j = 0; j < rows.Judges; j++) _starts[j + 1] = _starts[j] + rows.Edges[j].Length + 1;
        _sums = new double[2 * _starts[^1]];
    }

    /// <summary>One tree.</summary>
    /// <param name="rows">The rows it sees.</param>
    /// <param name="judges">The judges it may ask.</param>
    /// <param name="slopes">Slope and curvature of the loss in each row's number, one behind the other.</param>
    public FittedTree Grow(ReadOnlySpan<int> rows, ReadOnlySpan<int> judges, double[] slopes)
    {
        if (_order.Length < rows.Length) (_order, _spare) = (new int[rows.Length], new int[rows.Length]);
        rows.CopyTo(_order);

        // A comparison's curvature is at most ¼ a row, a human score's is 1.
        _leastCurvature = Math.Min(_options.LeafWeight, Math.Max(3, rows.Length / 12.0)) * (_rows.Each == 2 ? 0.25 : 1);
        var tree = FittedTree.Empty();
        Grow(tree, 0, 0, rows.Length, judges, slopes, double.NegativeInfinity, double.PositiveInfinity);
        return tree;
    }

    private void Grow(FittedTree tree, int node, int start, int end, ReadOnlySpan<int> judges, double[] slopes, double low, double high)
    {
        var (slope, curvature) = Total(start, end, slopes);
        var depth = node == 0 ? 0 : node < 3 ? 1 : node < 7 ? 2 : 3;
        if (depth == _options.Depth || curvature < 2 * _leastCurvature || !TrySplit(start, end, judges, slopes, slope, curvature, low, high, out var split))
        {
            Fill(tree, node, depth, (float)(_options.LearningRate * Value(slope, curvature, low, high)));
            return;
        }

        tree.Judges[node] = split.Judge;
        tree.Cuts[node] = split.Cut;
        var middle = Partition(tree, node, start, end);
        var (noHigh, yesLow) = (high, low);
        if (_monotone[split.Judge]) noHigh = yesLow = (split.No + split.Yes) / 2;
        Grow(tree, 2 * node + 1, start, middle, judges, slopes, low, noHigh);
        Grow(tree, 2 * node + 2, middle, end, judges, slopes, yesLow, high);
    }

    private (double Slope, double Curvature) Total(int start, int end, double[] slopes)
    {
        var (slope, curvature) = (0.0, 0.0);
        for (var i = start; i < end; i++)
        {
            slope += slopes[2 * _order[i]];
            curvature += slopes[2 * _order[i] + 1];
        }

        return (slope, curvature);
    }

    private double Value(double slope, double curvature, double low, double high) => Math.Clamp(-slope / (curvature + _options.Shrinkage), low, high);

    /// <summary>What a leaf takes off twice the loss.</summary>
    private double Gain(double slope, double curvature, double value) => -value * (2 * slope + (curvature + _options.Shrinkage) * value);

    private bool TrySplit(int start, int end, ReadOnlySpan<int> judges, double[] slopes, double slope, double curvature, double low, double high, out Split best)
    {
        Histogram(start, end, judges, slopes);
        best = new Split(-1, 0, 0, 0);
        var most = Gain(slope, curvature, Value(slope, curvature, low, high)) + Gainless;
        foreach (var judge in judges)
        {
            var sums = _sums.AsSpan(2 * _starts[judge], 2 * (_starts[judge + 1] - _starts[judge]));
            var (s, c) = (0.0, 0.0);
            for (var cut = 0; cut < sums.Length / 2 - 1; cut++)
            {
                s += sums[2 * cut];
                c += sums[2 * cut + 1];
                if (c < _leastCurvature || curvature - c < _leastCurvature) continue;
                var (no, yes) = (Value(s, c, low, high), Value(slope - s, curvature - c, low, high));
                if (_monotone[judge] && no > yes) continue;
                var gain = Gain(s, c, no) + Gain(slope - s, curvature - c, yes);
                if (!(gain > most)) continue;
                most = gain;
                best = new Split(judge, (byte)cut, no, yes);
            }
        }

        return best.Judge >= 0;
    }

    /// <summary>Slopes and curvatures of rows summed by judge and bin.</summary>
    private void Histogram(int start, int end, ReadOnlySpan<int> judges, double[] slopes)
    {
        Array.Clear(_sums);
        ref var sums = ref MemoryMarshal.GetArrayDataReference(_sums);
        for (var i = start; i < end; i++)
        {
            var row = _order[i];
            var bins = _rows.Row(row);
            var both = Vector128.LoadUnsafe(ref slopes[2 * row]);
            foreach (var judge in judges)
            {
                ref var sum = ref Unsafe.Add(ref sums, 2 * (_starts[judge] + bins[judge]));
                (Vector128.LoadUnsafe(ref sum) + both).StoreUnsafe(ref sum);
            }
        }
    }

    /// <summary>Rows that answer no before those that answer yes, each in the order they had.</summary>
    private int Partition(FittedTree tree, int node, int start, int end)
    {
        var (no, yes) = (start, 0);
        for (var i = start; i < end; i++)
        {
            if (tree.Yes(node, _rows.Row(_order[i]))) _spare[yes++] = _order[i];
            else _order[no++] = _order[i];
        }

        _spare.AsSpan(0, yes).CopyTo(_order.AsSpan(no));
        return no;
    }

    private static void Fill(FittedTree tree, int node, int depth, float value)
    {
        var width = 1 << (FittedTree.Depth - depth);
        var first = (node - ((1 << depth) - 1)) * width;
        tree.Leaves.AsSpan(first, width).Fill(value);
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Split(int Judge, byte Cut, double No, double Yes);
}
