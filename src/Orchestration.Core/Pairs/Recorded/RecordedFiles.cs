using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Pairs.Recorded;

/// <summary>Opens recorded files.</summary>
internal static class RecordedFiles
{
    public static RecordedJoin Open(IngestOptions options, int file, RecordedColumnSet columns, RejectLog rejects, CancellationToken cancellationToken)
    {
        var pool = new ChunkPool<RecordedRows>(p => new RecordedRows(p));
        var json = new RecordedRowParser(options.Kind);
        var csv = new RecordedCsvParser(options.Kind);
        var reader = new InputReader(options.Recorded[file].Path, file, options);
        var chunks = OrderedPipeline.RunAsync(reader.Chunks(), Parse, cancellationToken);
        return new RecordedJoin(reader, file, chunks, columns, rejects, options.TempFolder);

        RecordedRows Parse(RawChunk chunk)
        {
            var rows = pool.Take();
            rows.Begin(chunk);
            if (chunk.Fault is { } fault) rows.Rejects.Add(chunk.Format.Path, chunk.FirstLine, fault, chunk.Span);
            else if (chunk.Format.Csv is null) json.Parse(rows);
            else csv.Parse(rows);
            return rows;
        }
    }
}
