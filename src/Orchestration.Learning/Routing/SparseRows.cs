namespace Orchestration.Learning.Routing;

/// <summary>Rows of few numbers among many columns, such as hashed texts. Immutable by agreement: the arrays are not copied.</summary>
public sealed class SparseRows
{
    /// <summary>Takes rows one behind the other.</summary>
    /// <param name="columns">Number of columns, at least 1.</param>
    /// <param name="starts">Rows + 1 places in the other arrays: row i lies from <c>starts[i]</c> to below <c>starts[i + 1]</c>; begins with 0 and never falls.</param>
    /// <param name="columnOf">The column of each number, 0 … columns − 1; none stands twice in a row.</param>
    /// <param name="values">The numbers, finite.</param>
    /// <exception cref="ArgumentException">Arrays that do not fit one another, or a column out of range.</exception>
    public SparseRows(int columns, int[] starts, int[] columnOf, double[] values)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        if (starts.Length == 0 || starts[0] != 0 || starts[^1] != values.Length || columnOf.Length != values.Length) throw new ArgumentException("The rows do not fit their numbers.", nameof(starts));
        for (var i = 1; i < starts.Length; i++)
        {
            if (starts[i] < starts[i - 1]) throw new ArgumentException("A row ends before it begins.", nameof(starts));
        }

        foreach (var column in columnOf)
        {
            if ((uint)column >= (uint)columns) throw new ArgumentException($"There is no column {column}.", nameof(columnOf));
        }

        (Columns, Starts, ColumnOf, Values) = (columns, starts, columnOf, values);
    }

    /// <summary>Number of rows.</summary>
    public int Rows => Starts.Length - 1;

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Rows + 1 places.</summary>
    public int[] Starts { get; }

    /// <summary>The column of each number.</summary>
    public int[] ColumnOf { get; }

    /// <summary>The numbers.</summary>
    public double[] Values { get; }

    /// <summary>Some of the rows, in the order given.</summary>
    /// <param name="rows">Row numbers; one may stand more than once.</param>
    public SparseRows Select(ReadOnlySpan<int> rows)
    {
        var starts = new int[rows.Length + 1];
        for (var i = 0; i < rows.Length; i++) starts[i + 1] = starts[i] + Starts[rows[i] + 1] - Starts[rows[i]];
        var (columnOf, values) = (new int[starts[^1]], new double[starts[^1]]);
        for (var i = 0; i < rows.Length; i++)
        {
            var (from, length) = (Starts[rows[i]], starts[i + 1] - starts[i]);
            ColumnOf.AsSpan(from, length).CopyTo(columnOf.AsSpan(starts[i]));
            Values.AsSpan(from, length).CopyTo(values.AsSpan(starts[i]));
        }

        return new SparseRows(Columns, starts, columnOf, values);
    }

    /// <summary>result (rows × width) = these rows × matrix (columns × width), added to what stands there.</summary>
    internal void Multiply(ReadOnlySpan<double> matrix, int width, Span<double> result)
    {
        for (var i = 0; i < Rows; i++)
        {
            var row = result.Slice(i * width, width);
            for (var k = Starts[i]; k < Starts[i + 1]; k++) Algebra.Blocks.Add(Values[k], matrix.Slice(ColumnOf[k] * width, width), row);
        }
    }

    /// <summary>result (columns × width) = these rows, transposed, × matrix (rows × width), added to what stands there.</summary>
    internal void MultiplyTransposed(ReadOnlySpan<double> matrix, int width, Span<double> result)
    {
        for (var i = 0; i < Rows; i++)
        {
            var row = matrix.Slice(i * width, width);
            for (var k = Starts[i]; k < Starts[i + 1]; k++) Algebra.Blocks.Add(Values[k], row, result.Slice(ColumnOf[k] * width, width));
        }
    }

    /// <summary>These rows × matrix (columns × width): rows × width.</summary>
    /// <param name="matrix">Columns × width numbers, row after row.</param>
    /// <param name="width">Width of the matrix, at least 1.</param>
    /// <exception cref="ArgumentException">The matrix has another size.</exception>
    public double[] Times(ReadOnlySpan<double> matrix, int width)
    {
        if (matrix.Length != (long)Columns * width) throw new ArgumentException($"The matrix should have {Columns} × {width} numbers.", nameof(matrix));
        var result = new double[Rows * width];
        Multiply(matrix, width, result);
        return result;
    }
}
