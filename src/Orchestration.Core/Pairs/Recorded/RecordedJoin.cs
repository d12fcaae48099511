using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Pairs.Recorded;

/// <summary>A recorded row that belongs to a row of the data; none where <see cref="Rows"/> is null.</summary>
internal readonly record struct RecordedMatch(RecordedRows? Rows, int Row);

/// <summary>
/// Finds the rows of one recorded file that belong to the rows of the data. A file in the data's order is merged with it as a stream, with a window of three chunks
/// for rows that are missing or out of place. What falls out of the window goes into an index on disk, and so does the whole file as soon as most
/// rows of a chunk find nothing: such a file is in another order. Nothing is lost by a late change: shards that were written before
/// are filled in at the end.
/// </summary>
internal sealed class RecordedJoin : IAsyncDisposable
{
    private readonly int _file;
    private readonly InputReader _reader;
    private readonly RecordedColumnSet _columns;
    private readonly RejectLog _rejects;
    private readonly IAsyncEnumerator<RecordedRows> _chunks;
    private readonly RecordedIndex.Builder _leftOver;
    private readonly List<int> _lateShards = [];
    private RecordedRows? _previous;
    private RecordedRows? _current;
    private RecordedRows? _next;
    private (long Line, RowFault Fault, string Row)? _firstReject;
    private int _position;
    private bool _isOpen;
    private long _used;
    private long _usedInIndex;

    public RecordedJoin(InputReader reader, int file, IAsyncEnumerable<RecordedRows> chunks, RecordedColumnSet columns, RejectLog rejects, string tempFolder)
    {
        _file = file;
        _reader = reader;
        _columns = columns;
        _rejects = rejects;
        _chunks = chunks.GetAsyncEnumerator();
        _leftOver = new RecordedIndex.Builder(tempFolder);
    }

    /// <summary>The index, once the file turned out not to be in the data's order; rows without a match are to be looked up in it.</summary>
    public RecordedIndex? Index { get; private set; }

    /// <summary>True where the index was made while the data was read: the file is in another order.</summary>
    public bool IsIndexed { get; private set; }

    /// <summary>Good rows read so far.</summary>
    public long Rows { get; private set; }

    public long Rejected { get; private set; }

    public InputReader Reader => _reader;

    /// <summary>Shards that were written while rows in them had found nothing yet.</summary>
    public IReadOnlyList<int> LateShards => _lateShards;

    /// <summary>Rows whose judgments went nowhere.</summary>
    public long Unused => Math.Max(0, Rows - _used - Interlocked.Read(ref _usedInIndex));

    /// <summary>Notes that a shard with unmatched rows is written now.</summary>
    public void MarkLate(int shard)
    {
        if (_lateShards.Count == 0 || _lateShards[^1] != shard) _lateShards.Add(shard);
    }

    /// <summary>Counts rows found in (or, of duplicates, taken back from) the index. Any thread.</summary>
    public void CountUsed(int rows) => Interlocked.Add(ref _usedInIndex, rows);

    /// <summary>Finds the matches of a chunk of data, in order.</summary>
    public async ValueTask MatchAsync(ParsedRows rows, Action building, CancellationToken cancellationToken)
    {
        if (IsIndexed) return;
        if (!_isOpen) await OpenAsync();
        var matches = rows.Matches(_file);
        var unmatched = 0;
        for (var row = 0; row < rows.Count; row++)
        {
            row = MergeRun(rows, matches, row);
            if (row == rows.Count) break;
            if (_current is not null && _position == _current.Count && _next is not null)
            {
                await AdvanceAsync();
                row--;
                continue;
            }

            var match = Find(rows.Text(rows[row].Id), rows[row].IdHash);
            if (match.Rows is null)
            {
                unmatched++;
                continue;
            }

            Take(rows, matches, row, match);
            if (match.Rows == _next) await AdvanceAsync();
            if (match.Rows == _current) _position = match.Row + 1;
        }

        var hasRowsOfOneJudge = _current?.HasLongRows == true || _next?.HasLongRows == true;
        if (hasRowsOfOneJudge || (unmatched * 2 > rows.Count && HasUnused()))
        {
            building();
            await BuildIndexAsync(cancellationToken);
            IsIndexed = true;
        }
    }

    /// <summary>
    /// Reads the file to its end. Where written shards still wait for rows, the index then holds all that were not used. When the data was not read to
    /// its end and no shard waits, the rest of the file belongs to rows that nobody asked for, and is not read.
    /// </summary>
    /// <exception cref="OrchestrationException">The file holds not one good row (<see cref="ErrorCodes.Input"/>).</exception>
    public async ValueTask CompleteAsync(bool isDataWhole, CancellationToken cancellationToken)
    {
        await ReadToEndAsync(isDataWhole, cancellationToken);
        if (Rows != 0) return;
        throw new OrchestrationException(
            ErrorCodes.Input,
            _firstReject is { } first
                ? $"{_reader.Path} holds no recorded judgment that can be used. Line {first.Line}: {first.Fault.Message}"
                : $"{_reader.Path} holds no rows. Recorded judgments are rows such as {{\"id\": …, \"scores\": {{\"judge\": 3.5}}}}.");
    }

    private async ValueTask ReadToEndAsync(bool isDataWhole, CancellationToken cancellationToken)
    {
        if (Index is not null) return;
        if (!isDataWhole && _lateShards.Count == 0)
        {
            await _chunks.DisposeAsync();
            return;
        }

        if (!_isOpen) await OpenAsync();
        if (_lateShards.Count != 0 || _current?.HasLongRows == true) await BuildIndexAsync(cancellationToken);
        while (_current is not null) await AdvanceAsync(keep: false);
        _previous?.Release();
        _previous = null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var chunk in (RecordedRows?[])[_previous, _current, _next]) chunk?.Release();
        _previous = _current = _next = null;
        await _chunks.DisposeAsync();
        _leftOver.Dispose();
        Index?.Dispose();
        _reader.Dispose();
    }

    /// <summary>Takes rows that follow one another on both sides; returns the first that does not.</summary>
    private int MergeRun(ParsedRows rows, RecordedMatch[] matches, int row)
    {
        if (_current is not { } current || current.HasLongRows) return row;
        var start = row;
        while (row < rows.Count && _position < current.Count && rows.Text(rows[row].Id).SequenceEqual(current.Id(_position)))
        {
            matches[row++] = new RecordedMatch(current, _position);
            if (!current.IsUsed(_position)) _used++;
            current.Use(_position++);
        }

        if (row != start) rows.Hold(current);
        return row;
    }

    private RecordedMatch Find(ReadOnlySpan<byte> id, Hash128 hash)
    {
        foreach (var chunk in (ReadOnlySpan<RecordedRows?>)[_current, _next, _previous])
        {
            if (chunk is null || chunk.HasLongRows) continue;
            var row = chunk.Find(id, hash);
            if (row >= 0) return new RecordedMatch(chunk, row);
        }

        return default;
    }

    private void Take(ParsedRows rows, RecordedMatch[] matches, int row, RecordedMatch match)
    {
        matches[row] = match;
        rows.Hold(match.Rows!);
        if (!match.Rows!.IsUsed(match.Row)) _used++;
        match.Rows.Use(match.Row);
    }

    private bool HasUnused() => _next is not null || _leftOver.Rows != 0 || AnyUnused(_previous) || AnyUnused(_current);

    private static bool AnyUnused(RecordedRows? chunk)
    {
        for (var row = 0; row < chunk?.Count; row++)
        {
            if (!chunk.IsUsed(row)) return true;
        }

        return false;
    }

    private async ValueTask BuildIndexAsync(CancellationToken cancellationToken)
    {
        while (_current is not null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await AdvanceAsync();
        }

        Retire(_previous, keep: true);
        _previous = null;
        Index = _leftOver.Build();
    }

    private async ValueTask OpenAsync()
    {
        _isOpen = true;
        _current = await FetchAsync();
        _next = _current is null ? null : await FetchAsync();
    }

    private async ValueTask AdvanceAsync(bool keep = true)
    {
        Retire(_previous, keep);
        _previous = _current;
        _current = _next;
        _next = null;
        _position = 0;
        if (_current is not null) _next = await FetchAsync();
    }

    private void Retire(RecordedRows? chunk, bool keep)
    {
        if (chunk is null) return;
        for (var row = 0; keep && row < chunk.Count; row++)
        {
            if (!chunk.IsUsed(row)) _leftOver.Add(chunk, row);
        }

        chunk.Release();
    }

    private async ValueTask<RecordedRows?> FetchAsync()
    {
        if (!await _chunks.MoveNextAsync()) return null;
        var chunk = _chunks.Current;
        chunk.Bind(_columns, _file);
        Rows += chunk.Count;
        Rejected += chunk.Rejects.Entries.Count;
        _firstReject ??= chunk.Rejects.First;
        _rejects.Append(chunk.Rejects);
        return chunk;
    }
}
