using System.Runtime.Intrinsics;

namespace Orchestration.Learning.Models.Additive;

/// <summary>One cubic spline a judge, in pieces, laid out for evaluation: constant outside its range, no term where a judge has no piece.</summary>
internal sealed class CurveSet
{
    private const int Lane = 4;
    private readonly int[] _starts;
    private readonly double[] _breaks;
    private readonly double[] _highs;
    private readonly double[] _cubics;

    /// <summary>Takes the curves over.</summary>
    /// <param name="breaks">For each judge where its pieces begin; empty for a judge without a part.</param>
    /// <param name="highs">For each judge the end of its last piece.</param>
    /// <param name="cubics">For each judge four coefficients a piece, in powers of the distance from where it begins.</param>
    public CurveSet(double[][] breaks, double[] highs, double[][] cubics)
    {
        if (breaks.Length != highs.Length || breaks.Length != cubics.Length) throw new ArgumentException("One curve a judge.", nameof(breaks));
        _starts = new int[breaks.Length + 1];
        for (var j = 0; j < breaks.Length; j++)
        {
            if (cubics[j].Length != 4 * breaks[j].Length) throw new ArgumentException("Four coefficients a piece.", nameof(cubics));
            for (var i = 1; i < breaks[j].Length; i++)
            {
                if (!(breaks[j][i] > breaks[j][i - 1])) throw new ArgumentException("Pieces begin one after the other.", nameof(breaks));
            }

            _starts[j + 1] = _starts[j] + breaks[j].Length;
        }

        (_breaks, _highs, _cubics) = ([.. breaks.SelectMany(b => b)], highs, [.. cubics.SelectMany(c => c)]);
        RowRules.Finite(_breaks, nameof(breaks));
        RowRules.Finite(_cubics, nameof(cubics));
    }

    /// <summary>Number of judges.</summary>
    public int Judges => _highs.Length;

    /// <summary>True where a judge has a part.</summary>
    public bool Has(int judge) => _starts[judge] < _starts[judge + 1];

    /// <summary>A judge's part at a score.</summary>
    public double Part(int judge, double score)
    {
        var (start, end) = (_starts[judge], _starts[judge + 1]);
        if (start == end) return 0;
        var x = Math.Min(Math.Max(score, _breaks[start]), _highs[judge]);
        var piece = start;
        for (var i = start + 1; i < end; i++) piece += x >= _breaks[i] ? 1 : 0;
        var t = x - _breaks[piece];
        var cubic = _cubics.AsSpan(4 * piece, 4);
        return Math.FusedMultiplyAdd(Math.FusedMultiplyAdd(Math.FusedMultiplyAdd(cubic[3], t, cubic[2]), t, cubic[1]), t, cubic[0]);
    }

    /// <summary>The constant and every part of one row, added in the judges' order.</summary>
    public double Sum(double constant, ReadOnlySpan<double> scores)
    {
        for (var j = 0; j < scores.Length; j++) constant += Part(j, scores[j]);
        return constant;
    }

    /// <summary>The same of four complete rows at once, to the last digit.</summary>
    public Vector256<double> SumFour(double constant, ReadOnlySpan<double> rows)
    {
        var sum = Vector256.Create(constant);
        var judges = Judges;
        var breaks = _breaks.AsSpan();
        var cubics = _cubics.AsSpan();
        rows = rows[..(Lane * judges)];
        for (var j = 0; j < judges; j++)
        {
            var (start, end) = (_starts[j], _starts[j + 1]);
            if (start == end) continue;
            var scores = Vector256.Create(rows[j], rows[judges + j], rows[2 * judges + j], rows[3 * judges + j]);
            var from = Vector256.Create(breaks[start]);
            var x = Vector256.Min(Vector256.Max(scores, from), Vector256.Create(_highs[j]));
            var first = cubics.Slice(4 * start, 4);
            var (c0, c1, c2, c3) = (Vector256.Create(first[0]), Vector256.Create(first[1]), Vector256.Create(first[2]), Vector256.Create(first[3]));
            for (var i = start + 1; i < end; i++)
            {
                var begins = Vector256.Create(breaks[i]);
                var beyond = Vector256.GreaterThanOrEqual(x, begins);
                var next = cubics.Slice(4 * i, 4);
                from = Vector256.ConditionalSelect(beyond, begins, from);
                c0 = Vector256.ConditionalSelect(beyond, Vector256.Create(next[0]), c0);
                c1 = Vector256.ConditionalSelect(beyond, Vector256.Create(next[1]), c1);
                c2 = Vector256.ConditionalSelect(beyond, Vector256.Create(next[2]), c2);
                c3 = Vector256.ConditionalSelect(beyond, Vector256.Create(next[3]), c3);
            }

            var t = x - from;
            sum += Vector256.FusedMultiplyAdd(Vector256.FusedMultiplyAdd(Vector256.FusedMultiplyAdd(c3, t, c2), t, c1), t, c0);
        }

        return sum;
    }
}
