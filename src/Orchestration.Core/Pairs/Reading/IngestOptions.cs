namespace Orchestration.Core.Pairs.Reading;

/// <summary>What the rows of a data set are.</summary>
public enum DataKind
{
    /// <summary>One prompt with one answer: <see cref="Pair"/>.</summary>
    Pairs,

    /// <summary>One prompt with answers A and B: <see cref="Comparison"/>.</summary>
    Comparisons,
}

/// <summary>A file of recorded judgments to replay.</summary>
/// <param name="Path">Its path; JSON lines or CSV, plain or gzip. Never standard input.</param>
public sealed record RecordedFile(string Path);

/// <summary>What to read, and how. Options are checked before anything is read.</summary>
public sealed record IngestOptions
{
    /// <summary>The least <see cref="RowsPerShard"/>.</summary>
    public const int MinRowsPerShard = 1;

    /// <summary>The greatest <see cref="RowsPerShard"/>: a shard's judgments are held in memory as a table.</summary>
    public const int MaxRowsPerShard = 65_536;

    /// <summary>Pairs or comparisons; one run reads one kind.</summary>
    public required DataKind Kind { get; init; }

    /// <summary>
    /// The files, in the order in which their rows count: JSON lines or CSV, plain or gzip; <c>-</c> is standard input (at most once).
    /// At least one.
    /// </summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>
    /// Fields that have another name in the files: ours → theirs (<c>answer</c> → <c>response</c>). Default none. A field that is mapped is not
    /// read under its own name.
    /// </summary>
    public IReadOnlyDictionary<string, string> Map { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Further fields, by their names in the files, that pass through to results unchanged. Default none.</summary>
    public IReadOnlyList<string> Keep { get; init; } = [];

    /// <summary>
    /// Stops after this many good rows, counted before duplicates are taken out. Null (the default) reads everything. Not together with
    /// <see cref="Sample"/>.
    /// </summary>
    public long? Limit { get; init; }

    /// <summary>
    /// Takes this many rows: those with the smallest hash of <see cref="Seed"/> and id, whatever the order of the files; they keep the order of
    /// the input. Null (the default) takes all. The input is read twice; standard input is copied to <see cref="TempFolder"/> for it.
    /// </summary>
    public long? Sample { get; init; }

    /// <summary>Seed of <see cref="Sample"/>; ignored without it. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>Recorded judgments that are stored with the rows they belong to. Default none.</summary>
    public IReadOnlyList<RecordedFile> Recorded { get; init; } = [];

    /// <summary>
    /// Most rows of a shard, <see cref="MinRowsPerShard"/> to <see cref="MaxRowsPerShard"/>; default 4,096. A shard also ends when its texts reach 4 MB.
    /// </summary>
    public int RowsPerShard { get; init; } = 4096;

    /// <summary>Folder for files that live only while data is read (sorting, indexes). Default the system's. Created where it is missing.</summary>
    public string TempFolder { get; init; } = Path.GetTempPath();

    /// <summary>Where bad rows are written, as JSON lines; null (the default) counts them only. Overwritten.</summary>
    public string? RejectsPath { get; init; }

    /// <summary>What <c>-</c> reads; null (the default) is the process's standard input. Left open.</summary>
    public Stream? StandardInput { get; init; }

    /// <summary>How much is read at once; tests make it small to meet every boundary.</summary>
    internal int ChunkBytes { get; init; } = RawChunk.DefaultBytes;

    /// <summary>The longest row that is read, in bytes; likewise.</summary>
    internal int MaxRowBytes { get; init; } = RawChunk.DefaultMaxRowBytes;
}
