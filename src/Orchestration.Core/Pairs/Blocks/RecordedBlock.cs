using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Pairs.Blocks;

/// <summary>
/// The recorded judgments of a shard as they are gathered, and as they are written into its head. Codes of cells: 0 nothing recorded, 1 a score,
/// otherwise 2 + index of the reason.
/// </summary>
internal sealed class RecordedBlock
{
    internal const ushort Missing = 0;
    internal const ushort Scored = 1;
    internal const int FirstReason = 2;

    internal const byte AllScored = 0;
    internal const byte ByteCodes = 1;
    internal const byte WideCodes = 2;

    private readonly Dictionary<RecordedColumn, Column> _columns = [];
    private readonly Dictionary<string, ushort> _reasonCodes = new(StringComparer.Ordinal);
    private readonly List<string> _reasons = [];

    public void Clear()
    {
        foreach (var column in _columns.Values) column.Clear();
        _reasonCodes.Clear();
        _reasons.Clear();
    }

    public Column Get(RecordedColumn key)
    {
        if (!_columns.TryGetValue(key, out var column)) _columns.Add(key, column = new Column());
        return column;
    }

    public ushort Code(string reason)
    {
        if (_reasonCodes.TryGetValue(reason, out var code)) return code;
        if (_reasons.Count > ushort.MaxValue - FirstReason - 1)
            throw new OrchestrationException(ErrorCodes.Input, "The recorded files hold more than 65,000 distinct reasons within one shard: a reason is a short code, not a message.");
        code = (ushort)(_reasons.Count + FirstReason);
        _reasons.Add(reason);
        _reasonCodes.Add(reason, code);
        return code;
    }

    /// <summary>
    /// Writes the columns that hold anything, in an order of their own (file, name, kind), and the reasons in the order in which the cells use them:
    /// the same judgments give the same bytes, in whatever order they were found.
    /// </summary>
    public void Write(ByteBuilder output, int rows)
    {
        var columns = _columns.Where(c => !c.Value.IsEmpty)
            .OrderBy(c => c.Key.FileIndex).ThenBy(c => c.Key.Name, StringComparer.Ordinal).ThenBy(c => c.Key.Kind).ToArray();
        foreach (var (_, column) in columns) column.Pad(rows);

        var order = ReasonsByUse(columns, rows, out var recoded);
        output.AppendVarint((uint)order.Count);
        foreach (var reason in order) output.AppendText(System.Text.Encoding.UTF8.GetBytes(reason));

        output.AppendVarint((uint)columns.Length);
        foreach (var (key, column) in columns)
        {
            output.AppendVarint((uint)key.FileIndex);
            output.AppendByte((byte)key.Kind);
            output.AppendText(System.Text.Encoding.UTF8.GetBytes(key.Name));
            WriteCodes(output, column.Codes.AsSpan(0, rows), recoded, order.Count);
            NumberColumn.Write(output, column.Values.AsSpan(0, rows));
        }
    }

    private List<string> ReasonsByUse(KeyValuePair<RecordedColumn, Column>[] columns, int rows, out ushort[] recoded)
    {
        recoded = new ushort[_reasons.Count + FirstReason];
        recoded[Scored] = Scored;
        var order = new List<string>();
        foreach (var (_, column) in columns)
        {
            var codes = column.Codes.AsSpan(0, rows);
            if (_reasons.Count == 0 || codes.IndexOfAnyExcept(Scored) < 0) continue;
            foreach (var code in codes)
            {
                if (code < FirstReason || recoded[code] != 0) continue;
                recoded[code] = (ushort)(order.Count + FirstReason);
                order.Add(_reasons[code - FirstReason]);
            }
        }

        return order;
    }

    private static void WriteCodes(ByteBuilder output, ReadOnlySpan<ushort> codes, ReadOnlySpan<ushort> recoded, int reasons)
    {
        if (codes.IndexOfAnyExcept(Scored) < 0)
        {
            output.AppendByte(AllScored);
            return;
        }

        var isWide = reasons + FirstReason > byte.MaxValue;
        output.AppendByte(isWide ? WideCodes : ByteCodes);
        foreach (var code in codes)
        {
            var value = recoded[code];
            output.AppendByte((byte)value);
            if (isWide) output.AppendByte((byte)(value >> 8));
        }
    }

    /// <summary>One judge's cells; rows not reached yet hold nothing.</summary>
    internal sealed class Column
    {
        public double[] Values { get; private set; } = [];

        public ushort[] Codes { get; private set; } = [];

        public bool IsEmpty { get; private set; } = true;

        public void Clear()
        {
            IsEmpty = true;
            Array.Clear(Codes);
            Array.Clear(Values);
        }

        /// <summary>True where something has been set, with or without a score.</summary>
        public bool IsSet(int row) => row < Codes.Length && Codes[row] != Missing;

        public void Set(int row, ushort code, double value)
        {
            if (row >= Codes.Length) Pad(row + 1);
            Codes[row] = code;
            Values[row] = code == Scored ? value : 0;
            IsEmpty = false;
        }

        public void Pad(int rows)
        {
            if (rows <= Codes.Length) return;
            var capacity = Math.Max(rows, Math.Max(4096, Codes.Length * 2));
            var values = Values;
            var codes = Codes;
            Array.Resize(ref values, capacity);
            Array.Resize(ref codes, capacity);
            Values = values;
            Codes = codes;
        }
    }
}
