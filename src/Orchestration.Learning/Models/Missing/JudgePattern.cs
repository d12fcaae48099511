using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Models.Missing;

/// <summary>The regression of the judges missing in one pattern on those present: x_m = μ_m + B (x_o − μ_o).</summary>
internal sealed class JudgePattern
{
    private readonly int[] _missing;
    private readonly int[] _present;
    private readonly double[] _slopes;

    private JudgePattern(int[] missing, int[] present, double[] slopes) => (_missing, _present, _slopes) = (missing, present, slopes);

    /// <summary>Judges missing, ascending.</summary>
    public ReadOnlySpan<int> Missing => _missing;

    /// <summary>Numbers it holds.</summary>
    public int Numbers => _slopes.Length + _missing.Length + _present.Length;

    /// <summary>Solves the regression for the gaps of a row.</summary>
    /// <param name="row">Scores; NaN where a judge is missing.</param>
    /// <param name="covariance">Judges × judges.</param>
    /// <param name="isRising">True for slopes that are not below zero.</param>
    public static JudgePattern Of(ReadOnlySpan<double> row, ReadOnlySpan<double> covariance, bool isRising = false)
    {
        var judges = row.Length;
        var gaps = 0;
        foreach (var score in row) gaps += double.IsNaN(score) ? 1 : 0;
        var (missing, present) = (new int[gaps], new int[judges - gaps]);
        var (m, o) = (0, 0);
        for (var j = 0; j < judges; j++)
        {
            if (double.IsNaN(row[j])) missing[m++] = j;
            else present[o++] = j;
        }

        var slopes = new double[m * o];
        if (m == 0 || o == 0) return new JudgePattern(missing, present, slopes);
        var among = new double[o * o];
        for (var a = 0; a < o; a++)
        {
            for (var b = 0; b < o; b++) among[a * o + b] = covariance[present[a] * judges + present[b]];

            // Judges that agree word for word share their weight instead of making the matrix singular.
            among[a * o + a] += 1e-6 * among[a * o + a] + 1e-10;
        }

        var factor = Cholesky.Factor(among, o);
        bool[] bounded = [.. Enumerable.Repeat(true, isRising ? o : 0)];
        for (var a = 0; a < m; a++)
        {
            var slope = slopes.AsSpan(a * o, o);
            for (var b = 0; b < o; b++) slope[b] = covariance[missing[a] * judges + present[b]];
            if (isRising) BoundedQuadratic.Solve(among, slope, bounded, [.. Enumerable.Repeat(true, o)]).CopyTo(slope);
            else factor.Solve(slope);
        }

        return new JudgePattern(missing, present, slopes);
    }

    /// <summary>Writes the expected scores into the gaps; not clipped.</summary>
    public void Fill(Span<double> row, ReadOnlySpan<double> means)
    {
        for (var a = 0; a < _missing.Length; a++)
        {
            var value = means[_missing[a]];
            for (var b = 0; b < _present.Length; b++) value += _slopes[a * _present.Length + b] * (row[_present[b]] - means[_present[b]]);
            row[_missing[a]] = value;
        }
    }

    /// <summary>Covariance left between two of the missing judges, counted by their place in <see cref="Missing"/>.</summary>
    public double Left(int a, int b, ReadOnlySpan<double> covariance, int judges)
    {
        var value = covariance[_missing[a] * judges + _missing[b]];
        for (var o = 0; o < _present.Length; o++) value -= _slopes[a * _present.Length + o] * covariance[_missing[b] * judges + _present[o]];
        return value;
    }
}
