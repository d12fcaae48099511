using System.Text;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Pairs.Recorded;

/// <summary>
/// The good rows of one chunk of a recorded file: ids as places in its bytes, judgments by column. Codes of cells as in <see cref="RecordedBlock"/>,
/// pointing into this chunk's own reasons. Used again for another chunk when nobody reads it any more.
/// </summary>
internal sealed class RecordedRows(ChunkPool<RecordedRows> pool) : PooledChunk
{
    /// <summary>More judges than this in one file is a mistake: something else was taken for the judge's name.</summary>
    public const int MaxJudges = 4096;

    private readonly List<RecordedJudge> _judges = [];
    private readonly Stack<RecordedCells> _spare = new();
    private readonly List<string> _reasons = [];
    private readonly Dictionary<string, ushort> _reasonCodes = new(StringComparer.Ordinal);
    private FieldRef[] _ids = new FieldRef[1024];
    private bool[] _used = new bool[1024];
    private int[] _table = [];

    public int Count { get; private set; }

    public RawChunk Chunk { get; private set; } = null!;

    public ByteBuilder Side { get; } = new();

    public RejectBuffer Rejects { get; } = new();

    /// <summary>True where a row gives one judge's judgment only: rows of one id may then lie anywhere in the file.</summary>
    public bool HasLongRows { get; set; }

    public IReadOnlyList<string> Reasons => _reasons;

    public IReadOnlyList<RecordedJudge> Judges => _judges;

    /// <summary>The columns that hold anything, bound to the run's own; set when the chunk is taken up in file order.</summary>
    public IReadOnlyList<(RecordedColumn Column, RecordedCells Cells)> Columns { get; private set; } = [];

    public void Begin(RawChunk chunk)
    {
        Chunk = chunk;
        Side.Clear(RawChunk.DefaultBytes);
        Rejects.Clear();
        HasLongRows = false;
        Columns = [];
        foreach (var judge in _judges)
        {
            foreach (var cells in judge.Cells)
            {
                if (cells is null) continue;
                cells.Clear(Count + 1);
                _spare.Push(cells);
            }
        }

        _judges.Clear();
        _reasons.Clear();
        _reasonCodes.Clear();
        _table = [];
        Count = 0;
    }

    /// <summary>Takes in the row that was filled last.</summary>
    public void Commit(FieldRef id)
    {
        if (Count == _ids.Length)
        {
            Array.Resize(ref _ids, Count * 2);
            Array.Resize(ref _used, Count * 2);
        }

        _ids[Count] = id;
        _used[Count] = false;
        Count++;
    }

    /// <summary>Forgets the cells of the row that was being filled.</summary>
    public void Abandon()
    {
        foreach (var judge in _judges)
        {
            foreach (var cells in judge.Cells) cells?.Forget(Count);
        }
    }

    /// <summary>The judge of that name.</summary>
    /// <param name="name">UTF-8, unescaped.</param>
    /// <param name="hint">Where to look first; left behind the one found.</param>
    public RecordedJudge Judge(ReadOnlySpan<byte> name, ref int hint)
    {
        for (var i = 0; i < _judges.Count; i++)
        {
            var index = hint + i;
            if (index >= _judges.Count) index %= _judges.Count;
            if (!_judges[index].NameUtf8.AsSpan().SequenceEqual(name)) continue;
            hint = index + 1;
            return _judges[index];
        }

        if (_judges.Count == MaxJudges) throw TooManyJudges(Chunk.Format.Path);
        var judge = new RecordedJudge(name.ToArray());
        _judges.Add(judge);
        hint = _judges.Count;
        return judge;
    }

    /// <summary>A judge's cells of one kind in this chunk.</summary>
    public RecordedCells Cells(RecordedJudge judge, ColumnKind kind) =>
        judge.Cells[(int)kind] ??= _spare.TryPop(out var spare) ? spare : new RecordedCells();

    public ushort Code(ReadOnlySpan<byte> reason)
    {
        // Runs of one reason are the rule, and need no string each.
        Span<char> text = stackalloc char[256];
        var length = Encoding.UTF8.GetChars(reason, text);
        var lookup = _reasonCodes.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(text[..length], out var code)) return code;
        code = (ushort)(_reasons.Count + RecordedBlock.FirstReason);
        var name = text[..length].ToString();
        _reasons.Add(name);
        _reasonCodes.Add(name, code);
        return code;
    }

    public ReadOnlySpan<byte> Id(int row) => Text(_ids[row]);

    public ReadOnlySpan<byte> Text(FieldRef field) =>
        field.Start >= 0 ? Chunk.Bytes.AsSpan(field.Start, field.Length) : Side.Slice(~field.Start, field.Length);

    public void Use(int row) => _used[row] = true;

    public bool IsUsed(int row) => _used[row];

    /// <summary>Binds the columns to the run's. Called chunk by chunk in file order.</summary>
    public void Bind(RecordedColumnSet set, int file)
    {
        if (Count == 0) return;
        var columns = new List<(RecordedColumn, RecordedCells)>();
        foreach (var judge in _judges)
        {
            for (var kind = 0; kind < judge.Cells.Length; kind++)
            {
                if (judge.Cells[kind] is { } cells && cells.Any(Count)) columns.Add((set.Get(judge.Name, (ColumnKind)kind, file), cells));
            }
        }

        Columns = columns;
    }

    /// <summary>The first row with that id; −1 for none. The first call builds a table, which in-order files never need.</summary>
    public int Find(ReadOnlySpan<byte> id, Hash128 hash)
    {
        if (_table.Length == 0) BuildTable();
        var mask = _table.Length - 1;
        for (var slot = (int)hash.Low & mask; _table[slot] != 0; slot = (slot + 1) & mask)
        {
            if (Id(_table[slot] - 1).SequenceEqual(id)) return _table[slot] - 1;
        }

        return -1;
    }

    public static OrchestrationException TooManyJudges(string path) => new(
        ErrorCodes.Input, $"{path} names more than {MaxJudges} judges. Check that its 'scores' are keyed by judge, and that 'judge' holds a judge's name.");

    protected override void Recycle()
    {
        Chunk.Dispose();
        pool.Return(this);
    }

    private void BuildTable()
    {
        _table = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, Count * 2))];
        var mask = _table.Length - 1;
        for (var row = 0; row < Count; row++)
        {
            // Rows of equal ids probe the same slots, so that the first one in is the first one found.
            var slot = (int)IdHash.Of(Id(row)).Low & mask;
            while (_table[slot] != 0) slot = (slot + 1) & mask;
            _table[slot] = row + 1;
        }
    }
}

/// <summary>A judge as a chunk of a recorded file names it, with its cells by kind.</summary>
internal sealed class RecordedJudge(byte[] nameUtf8)
{
    public byte[] NameUtf8 { get; } = nameUtf8;

    public string Name { get; } = Encoding.UTF8.GetString(nameUtf8);

    public RecordedCells?[] Cells { get; } = new RecordedCells?[(int)ColumnKind.ScoreB + 1];
}

/// <summary>One judge's cells in a chunk.</summary>
internal sealed class RecordedCells
{
    private double[] _values = new double[1024];
    private ushort[] _codes = new ushort[1024];
    private int _lastRow = -1;

    public ReadOnlySpan<double> Values => _values;

    public ReadOnlySpan<ushort> Codes => _codes;

    public void Clear(int rows)
    {
        Array.Clear(_codes, 0, Math.Min(rows, _codes.Length));
        _lastRow = -1;
    }

    /// <summary>True where the row has named this cell.</summary>
    public bool IsTouched(int row) => _lastRow == row;

    /// <summary>True where any of the first rows holds something.</summary>
    public bool Any(int rows) => _codes.AsSpan(0, Math.Min(rows, _codes.Length)).ContainsAnyExcept(RecordedBlock.Missing);

    public ushort Code(int row) => row < _codes.Length ? _codes[row] : RecordedBlock.Missing;

    public double Value(int row) => _values[row];

    public void Set(int row, ushort code, double value = 0)
    {
        if (row >= _codes.Length)
        {
            var capacity = Math.Max(row + 1, _codes.Length * 2);
            Array.Resize(ref _codes, capacity);
            Array.Resize(ref _values, capacity);
        }

        _codes[row] = code;
        _values[row] = value;
        _lastRow = row;
    }

    public void Forget(int row)
    {
        if (_lastRow == row) Set(row, RecordedBlock.Missing);
        if (_lastRow == row) _lastRow = -1;
    }
}
