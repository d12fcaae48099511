namespace Orchestration.Learning.Algebra;

/// <summary>Eigenvalues and eigenvectors of a small symmetric matrix by Jacobi's rotations.</summary>
internal static class SymmetricEigen
{
    private const int MostSweeps = 60;

    /// <summary>Eigenvalues ascending, and eigenvectors as columns, each with its largest entry positive.</summary>
    public static (double[] Values, double[] Vectors) Of(ReadOnlySpan<double> matrix, int size)
    {
        var a = matrix[..(size * size)].ToArray();
        var v = new double[size * size];
        for (var i = 0; i < size; i++) v[i * size + i] = 1;
        for (var sweep = 0; sweep < MostSweeps; sweep++)
        {
            var (off, all) = (0.0, 0.0);
            for (var i = 0; i < size; i++)
            {
                for (var j = 0; j < size; j++)
                {
                    all += a[i * size + j] * a[i * size + j];
                    if (i != j) off += a[i * size + j] * a[i * size + j];
                }
            }

            if (off <= 1e-30 * all) break;
            for (var p = 0; p < size; p++)
            {
                for (var q = p + 1; q < size; q++) Rotate(a, v, size, p, q);
            }
        }

        var order = Enumerable.Range(0, size).OrderBy(i => a[i * size + i]).ToArray();
        var (values, vectors) = (new double[size], new double[size * size]);
        for (var k = 0; k < size; k++)
        {
            values[k] = a[order[k] * size + order[k]];
            var largest = 0.0;
            for (var i = 0; i < size; i++)
            {
                var entry = v[i * size + order[k]];
                if (Math.Abs(entry) > Math.Abs(largest) + 1e-9) largest = entry;
            }

            for (var i = 0; i < size; i++) vectors[i * size + k] = v[i * size + order[k]] * (largest < 0 ? -1 : 1);
        }

        return (values, vectors);
    }

    private static void Rotate(double[] a, double[] v, int size, int p, int q)
    {
        var apq = a[p * size + q];
        if (apq == 0) return;
        var half = (a[q * size + q] - a[p * size + p]) / (2 * apq);
        var t = Math.CopySign(1, half) / (Math.Abs(half) + Math.Sqrt(half * half + 1));
        var c = 1 / Math.Sqrt(t * t + 1);
        var s = t * c;
        for (var i = 0; i < size; i++)
        {
            var (x, y) = (a[i * size + p], a[i * size + q]);
            (a[i * size + p], a[i * size + q]) = (c * x - s * y, s * x + c * y);
            (x, y) = (v[i * size + p], v[i * size + q]);
            (v[i * size + p], v[i * size + q]) = (c * x - s * y, s * x + c * y);
        }

        for (var i = 0; i < size; i++)
        {
            var (x, y) = (a[p * size + i], a[q * size + i]);
            (a[p * size + i], a[q * size + i]) = (c * x - s * y, s * x + c * y);
        }
    }
}
