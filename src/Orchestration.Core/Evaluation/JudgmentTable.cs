using Orchestration.Core.Judging;

namespace Orchestration.Core.Evaluation;

/// <summary>
/// Rows × columns of judgments, held as plain arrays by column: a million pairs pass through it. Different cells may be set by different threads.
/// </summary>
public sealed class JudgmentTable
{
    /// <summary>Marks a cell that nobody has set.</summary>
    private const ushort Missing = 0;

    /// <summary>Marks a cell with a score. Greater codes are 2 + the index of a reason.</summary>
    private const ushort ScoredCode = 1;

    private readonly double[][] _values;
    private readonly ushort[][] _codes;
    private readonly List<string> _reasons = [];
    private readonly Lock _reasonsLock = new();

    /// <summary>An empty table.</summary>
    public JudgmentTable(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        Rows = rows;
        Columns = columns;
        _values = new double[columns][];
        _codes = new ushort[columns][];
        for (var c = 0; c < columns; c++)
        {
            _values[c] = new double[rows];
            _codes[c] = new ushort[rows];
        }
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>True where the cell has been set, with or without a score.</summary>
    public bool IsSet(int row, int column) => _codes[column][row] != Missing;

    /// <summary>True where the cell holds a score.</summary>
    public bool IsScored(int row, int column) => _codes[column][row] == ScoredCode;

    /// <summary>The score; meaningless unless <see cref="IsScored"/>.</summary>
    public double Value(int row, int column) => _values[column][row];

    /// <summary>The reason of an unscored cell; null where it is scored or not set.</summary>
    public string? Reason(int row, int column)
    {
        var code = _codes[column][row];
        if (code <= ScoredCode) return null;
        lock (_reasonsLock) return _reasons[code - 2];
    }

    /// <summary>Sets a score; finite.</summary>
    public void SetScored(int row, int column, double value)
    {
        if (!double.IsFinite(value)) throw new ArgumentOutOfRangeException(nameof(value), value, "A score is a finite number.");
        _values[column][row] = value;
        _codes[column][row] = ScoredCode;
    }

    /// <summary>Sets a cell without a score.</summary>
    public void SetUnscored(int row, int column, string reason)
    {
        ArgumentException.ThrowIfNullOrEmpty(reason);
        _values[column][row] = 0;
        _codes[column][row] = Code(reason);
    }

    /// <summary>Sets a cell.</summary>
    public void Set(int row, int column, in Judgment judgment)
    {
        if (judgment.IsScored) SetScored(row, column, judgment.Value);
        else SetUnscored(row, column, judgment.Reason ?? throw new ArgumentException("A judgment is scored or has a reason.", nameof(judgment)));
    }

    /// <summary>The reasons in use, in order of first use.</summary>
    public IReadOnlyList<string> Reasons
    {
        get { lock (_reasonsLock) return _reasons.ToArray(); }
    }

    /// <summary>The values of a column; 0 where there is no score. For encoders and aggregates.</summary>
    public ReadOnlySpan<double> ColumnValues(int column) => _values[column];

    /// <summary>The codes of a column: 0 not set, 1 scored, 2 + index into <see cref="Reasons"/> otherwise.</summary>
    public ReadOnlySpan<ushort> ColumnCodes(int column) => _codes[column];

    /// <summary>
    /// Takes over a whole column, as a decoder found it. Codes as in <see cref="ColumnCodes"/>, pointing into <paramref name="reasons"/>.
    /// </summary>
    public void SetColumn(int column, ReadOnlySpan<double> values, ReadOnlySpan<ushort> codes, IReadOnlyList<string> reasons)
    {
        if (values.Length != Rows || codes.Length != Rows)
            throw new ArgumentException($"A column of this table has {Rows} rows, got {values.Length} values and {codes.Length} codes.", nameof(values));
        values.CopyTo(_values[column]);
        var target = _codes[column];
        for (var r = 0; r < codes.Length; r++)
            target[r] = codes[r] <= ScoredCode ? codes[r] : Code(reasons[codes[r] - 2]);
    }

    private ushort Code(string reason)
    {
        lock (_reasonsLock)
        {
            var index = _reasons.IndexOf(reason);
            if (index < 0)
            {
                // Recorded files may carry any text as a reason; a table of thousands of distinct ones is a mistake in the file.
                if (_reasons.Count >= ushort.MaxValue - 2) throw new OrchestrationException(ErrorCodes.Input, "More than 65,000 distinct reasons in one shard: a reason is a short code, not a message.");
                index = _reasons.Count;
                _reasons.Add(reason);
            }

            return (ushort)(index + 2);
        }
    }
}
