using System.Security.Cryptography;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Recorded;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>Where a field's text lies: in the chunk as read, or in <see cref="ParsedRows.Side"/> where it had to be unescaped or put together.</summary>
/// <param name="Start">Offset; in the side buffer its complement.</param>
/// <param name="Length">Bytes; −1 where the field is absent.</param>
internal readonly record struct FieldRef(int Start, int Length)
{
    public static FieldRef Absent => new(0, -1);

    public bool IsPresent => Length >= 0;
}

/// <summary>One good row of a chunk.</summary>
internal struct ParsedRow
{
    public long Line;
    public Hash128 IdHash;
    public ulong GroupHash;
    public double Target;
    public Preference? Label;
    public FieldRef Id;
    public FieldRef Prompt;
    public FieldRef Answer;
    public FieldRef AnswerB;
    public FieldRef Reference;
    public FieldRef Group;
    public FieldRef Category;
    public FieldRef Source;
    public FieldRef Context;
    public FieldRef Kept;

    public readonly int TextBytes => Prompt.Length + Answer.Length + Math.Max(0, AnswerB.Length) + Math.Max(0, Reference.Length) + Math.Max(0, Context.Length);
}

/// <summary>The rows of one chunk, as places in its bytes: no string is made. Shared by the shards that take rows from it, and used again afterwards.</summary>
internal sealed class ParsedRows(ChunkPool<ParsedRows> pool) : PooledChunk
{
    private readonly List<RecordedMatch[]> _matches = [];
    private readonly List<RecordedRows> _held = [];
    private ParsedRow[] _rows = new ParsedRow[1024];

    public int Count { get; private set; }

    public RawChunk Chunk { get; private set; } = null!;

    /// <summary>Texts that do not stand in the chunk as they are.</summary>
    public ByteBuilder Side { get; } = new();

    public RejectBuffer Rejects { get; } = new();

    /// <summary>For the thread that parses this chunk.</summary>
    public SHA256 Sha256 { get; } = SHA256.Create();

    public ref ParsedRow this[int row] => ref _rows[row];

    /// <summary>For each row its match in one recorded file, to be filled in.</summary>
    public RecordedMatch[] Matches(int file)
    {
        while (_matches.Count <= file) _matches.Add([]);
        if (_matches[file].Length < Count) _matches[file] = new RecordedMatch[_rows.Length];
        return _matches[file];
    }

    /// <summary>Keeps a recorded chunk for as long as these rows are read.</summary>
    public void Hold(RecordedRows recorded)
    {
        if (_held.Contains(recorded)) return;
        recorded.Retain();
        _held.Add(recorded);
    }

    public void Begin(RawChunk chunk)
    {
        Chunk = chunk;
        Count = 0;
        Side.Clear(RawChunk.DefaultBytes * 2);
        Rejects.Clear();
    }

    /// <summary>The row to fill next; it counts once <see cref="Commit"/> is called.</summary>
    public ref ParsedRow Next()
    {
        if (Count == _rows.Length) Array.Resize(ref _rows, Count * 2);
        ref var row = ref _rows[Count];
        row.Id = row.Prompt = row.Answer = row.AnswerB = row.Reference = row.Group = row.Category = row.Source = row.Context = row.Kept = FieldRef.Absent;
        row.Target = double.NaN;
        row.Label = null;
        return ref row;
    }

    public void Commit() => Count++;

    public ReadOnlySpan<byte> Text(FieldRef field)
    {
        if (field.Length < 0) return default;
        return field.Start >= 0 ? Chunk.Bytes.AsSpan(field.Start, field.Length) : Side.Slice(~field.Start, field.Length);
    }

    protected override void Recycle()
    {
        Chunk.Dispose();
        Chunk = null!;
        foreach (var recorded in _held) recorded.Release();
        _held.Clear();
        foreach (var matches in _matches) Array.Clear(matches);
        pool.Return(this);
    }
}
