namespace Orchestration.Learning.Algebra;

/// <summary>
/// The x that minimises ½ xᵀHx − gᵀx where some places may not fall below zero: block principal pivoting with Murty's rule as its way out of cycles
/// (Júdice and Pires 1994), which ends for every positive definite H.
/// </summary>
internal static class BoundedQuadratic
{
    // Rounds in which swapping everything at once may fail to shrink the number of broken conditions.
    private const int Patience = 3;

    /// <summary>Solves it.</summary>
    /// <param name="matrix">H, size × size, positive definite.</param>
    /// <param name="vector">g.</param>
    /// <param name="bounded">True where x may not be negative.</param>
    /// <param name="free">On entry the places believed to be off their bound, on return those that are.</param>
    /// <returns>x, exactly zero at its bounds.</returns>
    public static double[] Solve(ReadOnlySpan<double> matrix, ReadOnlySpan<double> vector, ReadOnlySpan<bool> bounded, Span<bool> free)
    {
        var size = vector.Length;
        for (var i = 0; i < size; i++) free[i] |= !bounded[i];
        var (fewest, patience) = (int.MaxValue, Patience);
        for (var round = 0; ; round++)
        {
            var x = OnFree(matrix, vector, free);
            var (broken, last) = (0, -1);
            var wrong = new bool[size];
            for (var i = 0; i < size; i++)
            {
                if (!bounded[i]) continue;
                wrong[i] = free[i] ? x[i] < 0 : Blocks.Dot(x, matrix.Slice(i * size, size)) - vector[i] < -1e-12 * (1 + Math.Abs(vector[i]));
                if (!wrong[i]) continue;
                broken++;
                last = i;
            }

            // Past any count of rounds that has ever been needed, only rounding can be swapping places to and fro.
            if (broken == 0 || round > 50 + 20 * size) return Bound(x, bounded);
            if (broken < fewest) (fewest, patience) = (broken, Patience);
            else patience--;
            if (patience >= 0)
            {
                for (var i = 0; i < size; i++) free[i] ^= wrong[i];
            }
            else
            {
                free[last] = !free[last];
            }
        }
    }

    private static double[] OnFree(ReadOnlySpan<double> matrix, ReadOnlySpan<double> vector, ReadOnlySpan<bool> free)
    {
        var size = vector.Length;
        var places = new List<int>(size);
        for (var i = 0; i < size; i++)
        {
            if (free[i]) places.Add(i);
        }

        var count = places.Count;
        var (sub, right) = (new double[count * count], new double[count]);
        for (var a = 0; a < count; a++)
        {
            right[a] = vector[places[a]];
            for (var b = 0; b < count; b++) sub[a * count + b] = matrix[places[a] * size + places[b]];
        }

        if (count > 0) Cholesky.Factor(sub, count).Solve(right);
        var x = new double[size];
        for (var a = 0; a < count; a++) x[places[a]] = right[a];
        return x;
    }

    private static double[] Bound(double[] x, ReadOnlySpan<bool> bounded)
    {
        for (var i = 0; i < x.Length; i++)
        {
            if (bounded[i]) x[i] = Math.Max(x[i], 0);
        }

        return x;
    }
}
