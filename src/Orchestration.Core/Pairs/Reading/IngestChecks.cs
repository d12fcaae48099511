namespace Orchestration.Core.Pairs.Reading;

/// <summary>Checks options before anything is read.</summary>
internal static class IngestChecks
{
    public static void Check(IngestOptions options)
    {
        if (options.Inputs.Count == 0) throw Usage("No input is named. Name a file of rows, or - for standard input.");
        if (options.Inputs.Count(i => i == InputReader.StandardInput) > 1) throw Usage("Standard input (-) is named twice, and can be read once.");
        if (options.RowsPerShard is < IngestOptions.MinRowsPerShard or > IngestOptions.MaxRowsPerShard)
            throw Usage($"{nameof(options.RowsPerShard)} is {options.RowsPerShard}; it lies between {IngestOptions.MinRowsPerShard} and {IngestOptions.MaxRowsPerShard}.");
        if (options.Limit is < 1) throw Usage($"--limit {options.Limit}: the number of rows is at least 1.");
        if (options.Sample is < 1) throw Usage($"--sample {options.Sample}: the number of rows is at least 1.");
        if (options.Limit is not null && options.Sample is not null)
            throw Usage($"--limit {options.Limit} and --sample {options.Sample} exclude one another: the first takes rows from the start, the second from everywhere.");
        if (options.Recorded.FirstOrDefault(r => r.Path == InputReader.StandardInput) is not null)
            throw Usage("Recorded judgments cannot be read from standard input (-). Name a file.");

        // The same file under two spellings.
        foreach (var files in (IEnumerable<string>[])[options.Inputs.Where(i => i != InputReader.StandardInput), options.Recorded.Select(r => r.Path)])
        {
            if (files.GroupBy(Path.GetFullPath, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
                throw Usage($"The file {twice.First()} is named twice. Name it once.");
        }

        // Missing files are found before the first row is stored, not hours later. A pipe has no length and is opened once only.
        foreach (var path in options.Inputs.Where(i => i != InputReader.StandardInput).Concat(options.Recorded.Select(r => r.Path)))
        {
            if (new FileInfo(path) is not { Exists: true, Length: 0 }) InputReader.OpenFile(path).Dispose();
        }
    }

    private static OrchestrationException Usage(string message) => new(ErrorCodes.Usage, message);
}
