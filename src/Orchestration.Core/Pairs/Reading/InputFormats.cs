namespace Orchestration.Core.Pairs.Reading;

/// <summary>Finds out how a file's rows are written, and says what to do about files that are not read.</summary>
internal static class InputFormats
{
    private static readonly string[] JsonExtensions = [".jsonl", ".ndjson", ".jsonlines", ".json"];
    private static readonly string[] CsvExtensions = [".csv", ".tsv"];

    // Files that people try, by their first bytes.
    private static readonly (byte[] Magic, string Name)[] Foreign =
    [
        ("PAR1"u8.ToArray(), "a Parquet file"),
        ([0x50, 0x4B, 0x03, 0x04], "a Zip archive or a spreadsheet"),
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd"),
        ("BZh"u8.ToArray(), "compressed with bzip2"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "compressed with xz"),
        ("ARROW1"u8.ToArray(), "an Arrow file"),
        ("SQLite format 3"u8.ToArray(), "an SQLite file"),
    ];

    /// <param name="path">The file, as given.</param>
    /// <param name="fileIndex">Its index among the files of its kind.</param>
    /// <param name="start">Its first bytes, decompressed, without byte order mark: up to a chunk, all there is of a shorter file.</param>
    public static RowFormat Detect(string path, int fileIndex, ReadOnlySpan<byte> start)
    {
        foreach (var (magic, name) in Foreign)
        {
            if (start.StartsWith(magic))
                throw new OrchestrationException(ErrorCodes.Input, $"{path} is {name}. Read are JSON lines and CSV, plain or gzip: convert it first.");
        }

        if (start is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
            throw new OrchestrationException(ErrorCodes.Input, $"{path} is UTF-16 text. Convert it to UTF-8: iconv -f utf-16 -t utf-8 {path}");

        var extension = Path.GetExtension(path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path);
        var first = start.TrimStart(" \t\r\n"u8);
        var isJson = JsonExtensions.Contains(extension, StringComparer.OrdinalIgnoreCase)
            || (!CsvExtensions.Contains(extension, StringComparer.OrdinalIgnoreCase) && (first.IsEmpty || first[0] is (byte)'{' or (byte)'['));
        if (!isJson) return new RowFormat(path, fileIndex, CsvHeader.Read(path, start));
        if (!first.IsEmpty && first[0] == (byte)'[')
        {
            throw new OrchestrationException(
                ErrorCodes.Input,
                $"{path} starts with '[': it is a JSON array. Rows are read as JSON lines, one object a line; convert it with: jq -c '.[]' {path} > rows.jsonl");
        }

        return new RowFormat(path, fileIndex, null);
    }
}
