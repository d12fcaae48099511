namespace Orchestration.Learning.Algebra;

/// <summary>The lower Cholesky factor L of a symmetric positive definite matrix, A = L Lᵀ, and what is solved with it.</summary>
internal sealed class Cholesky
{
    private readonly double[] _lower;

    private Cholesky(double[] lower, int size) => (_lower, Size) = (lower, size);

    /// <summary>Rows of the matrix.</summary>
    public int Size { get; }

    /// <summary>Factors a matrix whose lower half is read; null where it is not positive definite.</summary>
    /// <param name="matrix">Size × size, row after row; left as it is.</param>
    /// <param name="size">Rows.</param>
    public static Cholesky? TryFactor(ReadOnlySpan<double> matrix, int size)
    {
        var lower = new double[size * size];
        for (var i = 0; i < size; i++)
        {
            var row = lower.AsSpan(i * size, size);
            for (var j = 0; j < i; j++)
                row[j] = (matrix[i * size + j] - Blocks.Dot(row[..j], lower.AsSpan(j * size, j))) / lower[j * size + j];

            var rest = matrix[i * size + i] - Blocks.Dot(row[..i], row[..i]);
            if (!(rest > 0) || !double.IsFinite(rest)) return null;
            row[i] = Math.Sqrt(rest);
        }

        return new Cholesky(lower, size);
    }

    /// <summary>Factors a matrix that is positive definite but for rounding: where it is not, its diagonal is raised by as little as is needed.</summary>
    public static Cholesky Factor(ReadOnlySpan<double> matrix, int size)
    {
        if (TryFactor(matrix, size) is { } direct) return direct;
        var raised = matrix[..(size * size)].ToArray();
        var largest = 1e-300;
        for (var i = 0; i < size; i++) largest = Math.Max(largest, Math.Abs(matrix[i * size + i]));
        for (var share = 1e-14; share < 1e3; share *= 10)
        {
            for (var i = 0; i < size; i++) raised[i * size + i] = matrix[i * size + i] + share * largest;
            if (TryFactor(raised, size) is { } factor) return factor;
        }

        throw new ArithmeticException("A matrix that has to be positive definite holds numbers that are not finite.");
    }

    /// <summary>log det A.</summary>
    public double LogDeterminant()
    {
        var sum = 0.0;
        for (var i = 0; i < Size; i++) sum += Math.Log(_lower[i * Size + i]);
        return 2 * sum;
    }

    /// <summary>Overwrites b with L⁻¹ b.</summary>
    public void SolveLower(Span<double> b)
    {
        for (var i = 0; i < Size; i++) b[i] = (b[i] - Blocks.Dot(_lower.AsSpan(i * Size, i), b)) / _lower[i * Size + i];
    }

    /// <summary>Overwrites b with L⁻ᵀ b.</summary>
    public void SolveUpper(Span<double> b)
    {
        for (var i = Size - 1; i >= 0; i--)
        {
            b[i] /= _lower[i * Size + i];
            Blocks.Add(-b[i], _lower.AsSpan(i * Size, i), b);
        }
    }

    /// <summary>Overwrites b with A⁻¹ b.</summary>
    public void Solve(Span<double> b)
    {
        SolveLower(b);
        SolveUpper(b);
    }

    /// <summary>A⁻¹, both halves.</summary>
    public double[] Inverse()
    {
        // Row k of the transposed inverse factor is L⁻¹ e_k, zero before k; A⁻¹ is the product of those rows.
        var rows = new double[Size * Size];
        for (var k = 0; k < Size; k++)
        {
            var row = rows.AsSpan(k * Size, Size);
            row[k] = 1 / _lower[k * Size + k];
            for (var i = k + 1; i < Size; i++) row[i] = -Blocks.Dot(_lower.AsSpan(i * Size + k, i - k), row[k..]) / _lower[i * Size + i];
        }

        var inverse = new double[Size * Size];
        for (var i = 0; i < Size; i++)
        {
            for (var j = 0; j <= i; j++)
                inverse[i * Size + j] = inverse[j * Size + i] = Blocks.Dot(rows.AsSpan(i * Size + i, Size - i), rows.AsSpan(j * Size + i));
        }

        return inverse;
    }
}
