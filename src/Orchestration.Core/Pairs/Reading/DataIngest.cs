namespace Orchestration.Core.Pairs.Reading;

/// <summary>
/// Reads data sets into shards: files to rows, in parallel and in order, bad rows to a rejects file, recorded judgments to the rows they belong to.
/// Memory does not grow with the number of rows.
/// </summary>
public static class DataIngest
{
    /// <summary>Reads everything and stores it.</summary>
    /// <param name="options">What to read.</param>
    /// <param name="sink">Where shards go. After an exception it holds a part that is of no use.</param>
    /// <param name="progress">Told about once a megabyte; null for nobody.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <returns>What was read.</returns>
    /// <exception cref="OrchestrationException">
    /// An option out of range (<see cref="ErrorCodes.Usage"/>); a file that is missing or in no format that is read, no good row at all, or one judge in
    /// two recorded files (<see cref="ErrorCodes.Input"/>).
    /// </exception>
    public static async Task<IngestReport> RunAsync(
        IngestOptions options, IShardSink sink, IProgress<IngestProgress>? progress, CancellationToken cancellationToken)
    {
        IngestChecks.Check(options);
        await using var run = new IngestRun(options, sink, progress);
        return await run.RunAsync(cancellationToken);
    }
}
