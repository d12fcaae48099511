using System.Globalization;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>What reading files row by row came to.</summary>
/// <param name="Rejected">Bad rows.</param>
/// <param name="FirstReject">File, line and fault of the first bad row; null without.</param>
/// <param name="ByReason">Bad rows by reason.</param>
/// <param name="Inputs">The files as read, with their hashes.</param>
internal sealed record RowFilesReport(long Rejected, string? FirstReject, IReadOnlyDictionary<string, long> ByReason, IReadOnlyList<InputFile> Inputs);

/// <summary>
/// Goes through files from front to back, one thread at a time, for readers that want rows and no shards: JSON lines or CSV, plain or gzip, <c>-</c> for standard input. What
/// a reader finds wrong with a row goes to the rejects with its line, and the others are read.
/// </summary>
internal static class RowFiles
{
    /// <summary>Reads all files.</summary>
    /// <param name="files">Their paths.</param>
    /// <param name="rejectsPath">Where bad rows go; written only where there is one. Null: they are only counted.</param>
    /// <param name="standardInput">What <c>-</c> is; null for the process's own.</param>
    /// <param name="read">Takes a chunk of whole rows, and notes the bad ones.</param>
    /// <param name="cancellationToken">Stops between chunks.</param>
    /// <exception cref="OrchestrationException">A file cannot be read (<see cref="ErrorCodes.Input"/>), or the rejects cannot be written.</exception>
    public static RowFilesReport Read(IReadOnlyList<string> files, string? rejectsPath, Stream? standardInput, Action<RawChunk, RejectBuffer> read, CancellationToken cancellationToken)
    {
        if (files.Count(static f => f == InputReader.StandardInput) > 1) throw new OrchestrationException(ErrorCodes.Usage, "Standard input (-) is named twice, and can be read once.");
        var (inputs, rejected, first) = (new List<InputFile>(), 0L, (string?)null);
        RejectLog? log = null;
        try
        {
            for (var file = 0; file < files.Count; file++)
            {
                using var reader = new InputReader(files[file], file, new IngestOptions { Kind = DataKind.Pairs, Inputs = files }, files[file] == InputReader.StandardInput ? () => standardInput ?? Console.OpenStandardInput() : null);
                var rejects = new RejectBuffer();
                foreach (var chunk in reader.Chunks())
                {
                    using (chunk)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        rejects.Clear();
                        if (chunk.Fault is { } fault) rejects.Add(chunk.Format.Path, chunk.FirstLine, fault, chunk.Span);
                        else read(chunk, rejects);
                    }

                    if (rejects.Entries.Count == 0) continue;
                    first ??= string.Create(CultureInfo.InvariantCulture, $"{files[file]}, line {rejects.First!.Value.Line}: {rejects.First.Value.Fault.Message}");
                    rejected += (log ??= new RejectLog(rejectsPath)).Append(rejects);
                }

                inputs.Add(reader.Finish(cancellationToken));
            }
        }
        finally
        {
            log?.Dispose();
        }

        return new RowFilesReport(rejected, first, log?.ByReason ?? new Dictionary<string, long>(), inputs);
    }
}
