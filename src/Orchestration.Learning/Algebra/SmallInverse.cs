namespace Orchestration.Learning.Algebra;

/// <summary>The inverse of a small square matrix by elimination with row exchanges.</summary>
internal static class SmallInverse
{
    /// <exception cref="ArithmeticException">The matrix is singular.</exception>
    public static double[] Of(ReadOnlySpan<double> matrix, int size)
    {
        var a = matrix[..(size * size)].ToArray();
        var inverse = new double[size * size];
        for (var i = 0; i < size; i++) inverse[i * size + i] = 1;
        for (var k = 0; k < size; k++)
        {
            var pivot = k;
            for (var i = k + 1; i < size; i++)
            {
                if (Math.Abs(a[i * size + k]) > Math.Abs(a[pivot * size + k])) pivot = i;
            }

            if (a[pivot * size + k] == 0) throw new ArithmeticException("The matrix is singular.");
            for (var c = 0; pivot != k && c < size; c++)
            {
                (a[k * size + c], a[pivot * size + c]) = (a[pivot * size + c], a[k * size + c]);
                (inverse[k * size + c], inverse[pivot * size + c]) = (inverse[pivot * size + c], inverse[k * size + c]);
            }

            var divisor = a[k * size + k];
            for (var c = 0; c < size; c++)
            {
                a[k * size + c] /= divisor;
                inverse[k * size + c] /= divisor;
            }

            for (var i = 0; i < size; i++)
            {
                var factor = a[i * size + k];
                if (i == k || factor == 0) continue;
                Blocks.Add(-factor, a.AsSpan(k * size, size), a.AsSpan(i * size, size));
                Blocks.Add(-factor, inverse.AsSpan(k * size, size), inverse.AsSpan(i * size, size));
            }
        }

        return inverse;
    }
}
