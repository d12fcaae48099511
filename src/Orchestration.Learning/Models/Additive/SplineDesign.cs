using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Models.Additive;

/// <summary>
/// The columns of an additive model: for each judge that varies a straight line, and its curvature in coordinates in which the roughness ∫f″² is
/// their plain sum of squares. Rows are summed in B-splines, four numbers a judge, and turned into columns afterwards.
/// </summary>
internal sealed class SplineDesign
{
    private readonly SplineBasis?[] _bases;
    private readonly double[][] _transforms;
    private readonly int[] _raw;
    private readonly int[] _columns;

    private SplineDesign(SplineBasis?[] bases)
    {
        _bases = bases;
        (_transforms, _raw, _columns) = (new double[bases.Length][], new int[bases.Length + 1], new int[bases.Length + 1]);
        for (var j = 0; j < bases.Length; j++)
        {
            _transforms[j] = bases[j] is { } basis ? Transform(basis) : [];
            _raw[j + 1] = _raw[j] + (bases[j] is { } b ? Math.Max(b.Count, SplineBasis.Width) : 0);
            _columns[j + 1] = _columns[j] + (bases[j] is { } c ? c.Count - 1 : 0);
        }
    }

    /// <summary>Number of judges.</summary>
    public int Judges => _bases.Length;

    /// <summary>Number of columns.</summary>
    public int Columns => _columns[^1];

    /// <summary>The basis of a judge; null where it does not vary.</summary>
    public SplineBasis? Basis(int judge) => _bases[judge];

    /// <summary>First column of a judge; its line comes first.</summary>
    public int Start(int judge) => _columns[judge];

    /// <summary>Columns of a judge.</summary>
    public int Length(int judge) => _columns[judge + 1] - _columns[judge];

    /// <summary>Chooses the bases from training scores without gaps.</summary>
    public static SplineDesign For(double[] scores, int judges, int functions)
    {
        var bases = new SplineBasis?[judges];
        var column = new double[scores.Length / judges];
        for (var j = 0; j < judges; j++)
        {
            for (var row = 0; row < column.Length; row++) column[row] = scores[row * judges + j];
            bases[j] = SplineBasis.For(column, functions);
        }

        return new SplineDesign(bases);
    }

    /// <summary>B-spline coefficients of a judge's part, columns' coefficients times the transform.</summary>
    public double[] Coefficients(int judge, ReadOnlySpan<double> columns)
    {
        var (count, length) = (_bases[judge]!.Count, Length(judge));
        var result = new double[count];
        for (var i = 0; i < count; i++) result[i] = Blocks.Dot(columns.Slice(Start(judge), length), _transforms[judge].AsSpan(i * length, length));
        return result;
    }

    /// <summary>A judge's transform, functions × columns.</summary>
    public ReadOnlySpan<double> TransformOf(int judge) => _transforms[judge];

    /// <summary>Adds one row's columns, times a factor, to a place for them.</summary>
    public void AddRow(ReadOnlySpan<double> scores, double factor, Span<double> columns)
    {
        Span<double> values = stackalloc double[SplineBasis.Width];
        for (var j = 0; j < Judges; j++)
        {
            if (_bases[j] is not { } basis) continue;
            var first = basis.Evaluate(scores[j], values);
            var length = Length(j);
            for (var i = 0; i <= basis.Degree; i++)
                Blocks.Add(factor * values[i], _transforms[j].AsSpan((first + i) * length, length), columns.Slice(Start(j), length));
        }
    }

    /// <summary>Sums over rows: columns centred at their weighted means, targets at theirs.</summary>
    /// <param name="data">Targets, weights and groups.</param>
    /// <param name="scores">Its scores without gaps.</param>
    /// <param name="means">The columns' means.</param>
    /// <param name="groups">Sums by group; null where every row is a group of its own.</param>
    public NormalEquations Sum(ScoreData data, double[] scores, out double[] means, out GroupSums? groups)
    {
        var size = _raw[^1];
        var grouped = data.Groups < data.Rows;
        var (gram, vector, sums) = (new double[size * size], new double[size], new double[grouped ? data.Groups * size : size]);
        var (total, targetMean) = (data.Weights?.Sum() ?? data.Rows, RowByRow.Average(data.Targets, data.Weights));
        var (values, places) = (new double[Judges * SplineBasis.Width], new int[Judges]);
        var varying = Enumerable.Range(0, Judges).Where(j => _bases[j] is not null).ToArray();
        var (squares, groupWeights, groupTargets) = (0.0, new double[data.Groups], new double[data.Groups]);
        for (var row = 0; row < data.Rows; row++)
        {
            var weight = data.Weights?[row] ?? 1;
            var target = data.Targets[row] - targetMean;
            squares += weight * target * target;
            groupWeights[data.GroupOf[row]] += weight;
            groupTargets[data.GroupOf[row]] += weight * target;
            var ofGroup = grouped ? data.GroupOf[row] * size : 0;
            foreach (var j in varying)
            {
                var local = values.AsSpan(j * SplineBasis.Width, SplineBasis.Width);
                var basis = _bases[j]!;
                var place = places[j] = _raw[j] + basis.Evaluate(scores[row * Judges + j], local);
                for (var i = 0; i <= basis.Degree; i++)
                {
                    vector[place + i] += weight * target * local[i];
                    sums[ofGroup + place + i] += weight * local[i];
                }
            }

            AddProducts(gram, size, values, places, varying, weight);
        }

        means = new double[Columns];
        for (var at = 0; at < sums.Length; at += Math.Max(size, 1)) Blocks.Add(1 / total, Reduce(sums.AsSpan(at, size)), means);
        groups = grouped ? OfGroups(sums, size, groupWeights, groupTargets, means) : null;
        var matrix = ReduceBoth(gram, size);
        for (var i = 0; i < Columns; i++) Blocks.Add(-total * means[i], means, matrix.AsSpan(i * Columns, Columns));
        return new NormalEquations(matrix, Reduce(vector), squares, Math.Max(total - 1, 1));
    }

    private GroupSums OfGroups(double[] sums, int size, double[] weights, double[] targets, double[] means)
    {
        var columns = new double[weights.Length * Columns];
        for (var g = 0; g < weights.Length; g++)
        {
            var reduced = Reduce(sums.AsSpan(g * size, size));
            Blocks.Add(-weights[g], means, reduced);
            reduced.CopyTo(columns, g * Columns);
        }

        return new GroupSums(weights, columns, targets);
    }

    private static void AddProducts(double[] gram, int size, double[] values, int[] places, int[] varying, double weight)
    {
        ref var cells = ref MemoryMarshal.GetArrayDataReference(gram);
        ref var numbers = ref MemoryMarshal.GetArrayDataReference(values);
        for (var a = 0; a < varying.Length; a++)
        {
            var left = varying[a];
            for (var b = 0; b <= a; b++)
            {
                var right = varying[b];
                var across = Vector256.LoadUnsafe(ref numbers, (nuint)(right * SplineBasis.Width));
                for (var i = 0; i < SplineBasis.Width; i++)
                {
                    // Blocks are at least four wide, and only functions of the basis have a value, so every place lies in the matrix or adds zero.
                    var factor = weight * values[left * SplineBasis.Width + i];
                    if (factor == 0) continue;
                    var at = (nuint)((places[left] + i) * size + places[right]);
                    (Vector256.LoadUnsafe(ref cells, at) + Vector256.Create(factor) * across).StoreUnsafe(ref cells, at);
                }
            }
        }
    }

    private double[] Reduce(ReadOnlySpan<double> raw)
    {
        var result = new double[Columns];
        for (var j = 0; j < Judges; j++)
        {
            var length = Length(j);
            for (var i = 0; length > 0 && i < _bases[j]!.Count; i++)
                Blocks.Add(raw[_raw[j] + i], _transforms[j].AsSpan(i * length, length), result.AsSpan(Start(j), length));
        }

        return result;
    }

    private double[] ReduceBoth(double[] gram, int size)
    {
        // Only blocks of a judge with itself and those before it were summed.
        var half = new double[size * Columns];
        for (var i = 0; i < size; i++) Reduce(gram.AsSpan(i * size, size)).CopyTo(half, i * Columns);
        var result = new double[Columns * Columns];
        for (var j = 0; j < Judges; j++)
        {
            var length = Length(j);
            for (var i = 0; length > 0 && i < _bases[j]!.Count; i++)
            {
                for (var c = 0; c < length; c++)
                    Blocks.Add(_transforms[j][i * length + c], half.AsSpan((_raw[j] + i) * Columns, Start(j) + length), result.AsSpan((Start(j) + c) * Columns, Columns));
            }
        }

        for (var i = 0; i < Columns; i++)
        {
            for (var k = 0; k < i; k++) result[k * Columns + i] = result[i * Columns + k];
        }

        return result;
    }

    /// <summary>Functions × columns: the line, then the curvatures, each of unit roughness, flattest first.</summary>
    private static double[] Transform(SplineBasis basis)
    {
        var (count, width) = (basis.Count, basis.Count - 1);
        var transform = new double[count * width];
        var line = basis.Identity();
        for (var i = 0; i < count; i++) transform[i * width] = line[i];
        if (width == 1) return transform;
        var (values, vectors) = SymmetricEigen.Of(basis.Roughness(), count);
        for (var k = 2; k < count; k++)
        {
            for (var i = 0; i < count; i++) transform[i * width + k - 1] = vectors[i * count + k] / Math.Sqrt(values[k]);
        }

        return transform;
    }
}
