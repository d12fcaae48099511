namespace Orchestration.Learning.Intervals;

/// <summary>A set of judges, to look things up by.</summary>
internal readonly struct JudgeSet : IEquatable<JudgeSet>
{
    private readonly UInt128 _first;
    private readonly string? _rest;

    private JudgeSet(UInt128 first, string? rest) => (_first, _rest) = (first, rest);

    /// <summary>The judges that are missing in a row. Allocates nothing up to 128 judges.</summary>
    public static JudgeSet Missing(ReadOnlySpan<double> row)
    {
        UInt128 first = 0;
        for (var j = 0; j < Math.Min(row.Length, 128); j++)
        {
            if (double.IsNaN(row[j])) first |= UInt128.One << j;
        }

        if (row.Length <= 128) return new JudgeSet(first, null);
        var rest = new char[row.Length - 128];
        for (var j = 128; j < row.Length; j++) rest[j - 128] = double.IsNaN(row[j]) ? '1' : '0';
        return new JudgeSet(first, new string(rest));
    }

    public bool Equals(JudgeSet other) => _first == other._first && string.Equals(_rest, other._rest, StringComparison.Ordinal);

    public override bool Equals(object? obj) => obj is JudgeSet other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_first, _rest is null ? 0 : string.GetHashCode(_rest, StringComparison.Ordinal));
}
