using Orchestration.Core.Evaluation;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>What reading a data set told.</summary>
public sealed record IngestReport
{
    /// <summary>Rows accepted and stored, duplicates taken out.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows of the inputs that were rejected. Rows of recorded files are counted apart, in <see cref="RecordedFileReport"/>.</summary>
    public required long Rejected { get; init; }

    /// <summary>Rejected rows by stable reason, those of recorded files included.</summary>
    public required IReadOnlyDictionary<string, long> RejectedByReason { get; init; }

    /// <summary>Shards written; indices run from 0. A shard may be empty where all its rows were duplicates.</summary>
    public required int Shards { get; init; }

    /// <summary>Accepted rows that have a reference.</summary>
    public required long RowsWithReference { get; init; }

    /// <summary>True where any accepted row has a reference.</summary>
    public bool AnyReference => RowsWithReference != 0;

    /// <summary>Accepted pairs that have a target.</summary>
    public required long RowsWithTarget { get; init; }

    /// <summary>Accepted comparisons that have a label.</summary>
    public required long RowsWithLabel { get; init; }

    /// <summary>UTF-8 bytes of the accepted rows' prompts.</summary>
    public required long PromptBytes { get; init; }

    /// <summary>UTF-8 bytes of the accepted rows' answers, both answers of comparisons.</summary>
    public required long AnswerBytes { get; init; }

    /// <summary>UTF-8 bytes of the accepted rows' references.</summary>
    public required long ReferenceBytes { get; init; }

    /// <summary>All columns of recorded judgments, by file and within a file in the order first seen.</summary>
    public required IReadOnlyList<RecordedColumn> RecordedColumns { get; init; }

    /// <summary>The inputs, in the order given.</summary>
    public required IReadOnlyList<InputFile> Inputs { get; init; }

    /// <summary>The recorded files, in the order given.</summary>
    public required IReadOnlyList<InputFile> RecordedInputs { get; init; }

    /// <summary>What became of each recorded file's rows, in the order given.</summary>
    public required IReadOnlyList<RecordedFileReport> RecordedFiles { get; init; }

    /// <summary>What a user should see although reading went on: a file cut off in the middle, for example. Usually empty.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}

/// <summary>A file that was read.</summary>
/// <param name="Path">As given; <c>-</c> for standard input.</param>
/// <param name="Bytes">Size of its raw content (before decompression) as far as it was read.</param>
/// <param name="Sha256">SHA-256 of that raw content, 64 hexadecimal digits. With a limit, files are hashed whole all the same; standard input is not.</param>
public sealed record InputFile(string Path, long Bytes, string Sha256);

/// <summary>A column of recorded judgments.</summary>
/// <param name="Name">The judge's name in the file, and in results.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="FileIndex">Index into <see cref="IngestOptions.Recorded"/>.</param>
public sealed record RecordedColumn(string Name, ColumnKind Kind, int FileIndex);

/// <summary>What became of a recorded file's rows.</summary>
/// <param name="Path">As given.</param>
/// <param name="Rows">Good rows in it.</param>
/// <param name="Rejected">Bad rows in it.</param>
/// <param name="Unused">Good rows whose id is not among the data, or that repeat an id.</param>
/// <param name="Indexed">True where it was not in the order of the data and was looked up through an index on disk.</param>
public sealed record RecordedFileReport(string Path, long Rows, long Rejected, long Unused, bool Indexed);
