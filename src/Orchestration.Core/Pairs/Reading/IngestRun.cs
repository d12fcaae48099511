using Orchestration.Core.Pairs.Recorded;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>One run of <see cref="DataIngest"/>: owns its files, its pools and its temporary files.</summary>
internal sealed class IngestRun : IAsyncDisposable
{
    private readonly IngestOptions _options;
    private readonly IShardSink _sink;
    private readonly IProgress<IngestProgress>? _progress;
    private readonly FieldTable _fields;
    private readonly JsonRowParser _json;
    private readonly CsvRowParser _csv;
    private readonly ChunkPool<ParsedRows> _pool = new(pool => new ParsedRows(pool));
    private readonly RejectLog _rejects;
    private readonly RecordedColumnSet _columns;
    private readonly List<InputReader> _inputs;
    private readonly List<RecordedJoin> _joins = [];
    private readonly DuplicateFinder _duplicates;
    private readonly long? _totalBytes;
    private TempFile? _spool;
    private FirstReject? _firstReject;
    private Hash128? _sampled;
    private Tally _tally;
    private long _rejected;
    private IngestStage _stage = IngestStage.Reading;

    public IngestRun(IngestOptions options, IShardSink sink, IProgress<IngestProgress>? progress)
    {
        _options = options;
        _sink = sink;
        _progress = progress;
        _fields = new FieldTable(options);
        var rules = new RowRules(_fields);
        _json = new JsonRowParser(_fields, rules);
        _csv = new CsvRowParser(_fields, rules);
        _columns = new RecordedColumnSet(options.Recorded);
        _inputs = [.. OpenInputs()];
        _duplicates = new DuplicateFinder(options.TempFolder);
        _totalBytes = options.Inputs.Contains(InputReader.StandardInput)
            ? null
            : options.Inputs.Concat(options.Recorded.Select(r => r.Path)).Sum(p => new FileInfo(p).Length);
        _rejects = new RejectLog(options.RejectsPath);
    }

    public async Task<IngestReport> RunAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < _options.Recorded.Count; i++) _joins.Add(RecordedFiles.Open(_options, i, _columns, _rejects, cancellationToken));

        if (_options.Sample is { } sample) await DrawSampleAsync(sample, cancellationToken);

        int shards;
        await using (var writer = new ShardWriter(_options, _sink, _joins, cancellationToken))
        {
            await ReadAsync(writer, cancellationToken);
            await writer.CompleteAsync(cancellationToken);
            shards = writer.Shards;
        }

        if (_tally.Rows == 0) throw NothingRead.Error(_options, _fields, _firstReject);
        _stage = IngestStage.Finishing;
        foreach (var join in _joins) await join.CompleteAsync(_tally.Rows != _options.Limit, cancellationToken);
        var accepted = _tally.Rows;
        var repair = new ShardRepair(_options, _sink, _joins, _rejects);
        _tally = await repair.RunAsync(_duplicates.Find(), _tally, Report, cancellationToken);
        _rejected += accepted - _tally.Rows;

        var report = new IngestReport
        {
            Rows = _tally.Rows,
            Rejected = _rejected,
            RejectedByReason = _rejects.ByReason,
            Shards = shards,
            RowsWithReference = _tally.WithReference,
            RowsWithTarget = _tally.WithTarget,
            RowsWithLabel = _tally.WithLabel,
            PromptBytes = _tally.PromptBytes,
            AnswerBytes = _tally.AnswerBytes,
            ReferenceBytes = _tally.ReferenceBytes,
            RecordedColumns = _columns.Columns,
            Inputs = [.. _inputs.Select(i => i.Finish(cancellationToken))],
            RecordedInputs = [.. _joins.Select(j => j.Reader.Finish(cancellationToken))],
            RecordedFiles = [.. _joins.Select(j => new RecordedFileReport(j.Reader.Path, j.Rows, j.Rejected, j.Unused, j.IsIndexed))],
            Warnings = [.. _inputs.Concat(_joins.Select(j => j.Reader)).Select(r => r.Warning).OfType<string>()],
        };
        Report();
        return report;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var join in _joins) await join.DisposeAsync();
        foreach (var input in _inputs) input.Dispose();
        _spool?.Dispose();
        _duplicates.Dispose();
        _rejects.Dispose();
    }

    private IEnumerable<InputReader> OpenInputs() => _options.Inputs.Select((path, index) =>
        new InputReader(path, index, _options, path == InputReader.StandardInput ? OpenStandardInput : null));

    private Stream OpenStandardInput() => _spool?.OpenRead() ?? _options.StandardInput ?? Console.OpenStandardInput();

    /// <summary>The first of two passes: finds the greatest hash that belongs to the sample.</summary>
    private async Task DrawSampleAsync(long sample, CancellationToken cancellationToken)
    {
        _stage = IngestStage.Sampling;
        if (_options.Inputs.Contains(InputReader.StandardInput)) _spool = await SpoolAsync(cancellationToken);
        using var draw = new SampleDraw(_options.Seed, _options.TempFolder);
        var readers = OpenInputs().ToArray();
        try
        {
            await foreach (var rows in OrderedPipeline.RunAsync(readers.SelectMany(r => r.Chunks()), Parse, cancellationToken))
            {
                for (var row = 0; row < rows.Count; row++) draw.Add(rows.Text(rows[row].Id));
                rows.Release();
                _progress?.Report(new IngestProgress(_stage, draw.Rows, 0, readers.Sum(r => r.BytesRead), _totalBytes));
            }
        }
        finally
        {
            foreach (var reader in readers) reader.Dispose();
        }

        _sampled = draw.Bound(sample);
        _stage = IngestStage.Reading;
    }

    private async Task<TempFile> SpoolAsync(CancellationToken cancellationToken)
    {
        var spool = TempFile.Create(_options.TempFolder);
        var buffer = new byte[RawChunk.DefaultBytes];
        var input = _options.StandardInput ?? Console.OpenStandardInput();
        while (await input.ReadAsync(buffer, cancellationToken) is var read and > 0) spool.Append(buffer.AsSpan(0, read));
        spool.Seal();
        return spool;
    }

    private async Task ReadAsync(ShardWriter writer, CancellationToken cancellationToken)
    {
        var chunks = OrderedPipeline.RunAsync(_inputs.SelectMany(i => i.Chunks()), Parse, cancellationToken);
        await foreach (var rows in chunks)
        {
            foreach (var join in _joins) await join.MatchAsync(rows, ReportIndexing, cancellationToken);
            var isLast = await StoreAsync(rows, writer, cancellationToken);
            rows.Release();
            Report();
            if (isLast) break;
        }
    }

    /// <summary>Stores a chunk's rows; true where the limit is reached.</summary>
    private async ValueTask<bool> StoreAsync(ParsedRows rows, ShardWriter writer, CancellationToken cancellationToken)
    {
        var file = rows.Chunk.Format.FileIndex;
        if (_firstReject is null && rows.Rejects.First is { } first) _firstReject = new FirstReject(rows.Chunk.Format, first.Line, first.Fault, first.Row);
        for (var row = 0; row < rows.Count; row++)
        {
            if (_sampled is { } bound && IdHash.Of(rows.Text(rows[row].Id), _options.Seed).CompareTo(bound) > 0) continue;
            var (shard, place) = writer.Next;
            _duplicates.Add(rows[row].IdHash, shard, place, file, rows[row].Line);
            _tally.Add(rows[row]);
            if (writer.Add(rows, row)) await writer.CutAsync(cancellationToken);
            if (_tally.Rows != _options.Limit) continue;
            _rejected += _rejects.Append(rows.Rejects, rows[row].Line);
            return true;
        }

        _rejected += _rejects.Append(rows.Rejects);
        return false;
    }

    private ParsedRows Parse(RawChunk chunk)
    {
        var rows = _pool.Take();
        rows.Begin(chunk);
        if (chunk.Fault is { } fault) rows.Rejects.Add(chunk.Format.Path, chunk.FirstLine, fault, chunk.Span);
        else if (chunk.Format.Csv is null) _json.Parse(rows);
        else _csv.Parse(rows);
        return rows;
    }

    private void ReportIndexing()
    {
        _stage = IngestStage.Indexing;
        Report();
        _stage = IngestStage.Reading;
    }

    private void Report() => _progress?.Report(new IngestProgress(
        _stage, _tally.Rows, _rejected, _inputs.Sum(i => i.BytesRead) + _joins.Sum(j => j.Reader.BytesRead), _totalBytes));
}
