using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Recorded;
using Orchestration.Core.Sweeps;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>
/// The rows that will be one shard, as places in chunks: gathering them is cheap and goes row by row, encoding them is not and goes on in parallel.
/// </summary>
internal sealed class ShardDraft(int index, int files)
{
    /// <summary>A shard also ends when its texts reach this.</summary>
    public const int MaxTextBytes = 4 << 20;

    private readonly List<Slice> _slices = [];
    private readonly bool[] _hasUnmatched = new bool[files];
    private readonly RecordedJoin?[] _lookups = new RecordedJoin?[files];

    public int Index { get; } = index;

    public int Rows { get; private set; }

    public long TextBytes { get; private set; }

    public void Add(ParsedRows rows, int row)
    {
        if (_slices.Count != 0 && _slices[^1] is var last && last.Rows == rows && last.Start + last.Count == row)
        {
            _slices[^1] = last with { Count = last.Count + 1 };
        }
        else
        {
            if (_slices.Count == 0 || _slices[^1].Rows != rows) rows.Retain();
            _slices.Add(new Slice(rows, row, 1));
        }

        for (var file = 0; file < files; file++) _hasUnmatched[file] |= rows.Matches(file)[row].Rows is null;
        TextBytes += rows[row].TextBytes;
        Rows++;
    }

    /// <summary>Ends gathering: rows without a match are looked up where there is an index, and otherwise filled in at the end.</summary>
    public void Close(IReadOnlyList<RecordedJoin> joins)
    {
        for (var file = 0; file < files; file++)
        {
            if (!_hasUnmatched[file]) continue;
            if (joins[file].Index is null) joins[file].MarkLate(Index);
            else _lookups[file] = joins[file];
        }
    }

    /// <summary>Encodes the rows and lets go of their chunks.</summary>
    public ShardData Encode(BlockBuilder builder)
    {
        builder.Clear();
        foreach (var slice in _slices)
        {
            var first = builder.Rows;
            for (var row = slice.Start; row < slice.Start + slice.Count; row++) Append(builder, slice.Rows, row);
            for (var file = 0; file < files; file++) CopyRecorded(builder.Recorded, slice, file, first);
        }

        var shard = builder.Encode(Index);
        Release();
        return shard;
    }

    public void Release()
    {
        ParsedRows? last = null;
        foreach (var slice in _slices)
        {
            if (slice.Rows != last) slice.Rows.Release();
            last = slice.Rows;
        }

        _slices.Clear();
    }

    private static void Append(BlockBuilder builder, ParsedRows rows, int row)
    {
        ref var parsed = ref rows[row];
        builder.Append(new BlockRow
        {
            Id = rows.Text(parsed.Id),
            Group = rows.Text(parsed.Group),
            GroupHash = parsed.GroupHash,
            Category = rows.Text(parsed.Category),
            Source = rows.Text(parsed.Source),
            Kept = rows.Text(parsed.Kept),
            Target = parsed.Target,
            Label = parsed.Label,
            Prompt = rows.Text(parsed.Prompt),
            Answer = rows.Text(parsed.Answer),
            AnswerB = rows.Text(parsed.AnswerB),
            Reference = rows.Text(parsed.Reference),
            Context = rows.Text(parsed.Context),
        });
    }

    private void CopyRecorded(RecordedBlock block, Slice slice, int file, int first)
    {
        var matches = slice.Rows.Matches(file).AsSpan(slice.Start, slice.Count);
        for (var start = 0; start < matches.Length;)
        {
            var rows = matches[start].Rows;
            var end = start + 1;
            while (end < matches.Length && matches[end].Rows == rows) end++;
            if (rows is not null)
            {
                CopyColumns(block, rows, matches[start..end], first + start);
            }
            else if (_lookups[file] is { } join)
            {
                for (var i = start; i < end; i++)
                    join.CountUsed(join.Index!.CopyTo(block, first + i, slice.Rows[slice.Start + i].IdHash));
            }

            start = end;
        }
    }

    private static void CopyColumns(RecordedBlock block, RecordedRows rows, ReadOnlySpan<RecordedMatch> matches, int first)
    {
        foreach (var (key, cells) in rows.Columns)
        {
            var column = block.Get(key);
            for (var i = 0; i < matches.Length; i++)
            {
                var code = cells.Code(matches[i].Row);
                if (code == RecordedBlock.Missing) continue;
                if (code == RecordedBlock.Scored) column.Set(first + i, RecordedBlock.Scored, cells.Value(matches[i].Row));
                else column.Set(first + i, block.Code(rows.Reasons[code - RecordedBlock.FirstReason]), 0);
            }
        }
    }

    private readonly record struct Slice(ParsedRows Rows, int Start, int Count);
}
