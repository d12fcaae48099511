namespace Orchestration.Core.Pairs.Reading;

/// <summary>What reading is busy with.</summary>
public enum IngestStage
{
    /// <summary>Drawing the sample: the first of two passes.</summary>
    Sampling,

    /// <summary>Reading rows and storing them.</summary>
    Reading,

    /// <summary>Sorting a recorded file that is not in the order of the data.</summary>
    Indexing,

    /// <summary>Taking out duplicates and filling in late recorded judgments.</summary>
    Finishing,
}

/// <summary>How far reading is; reported about once a megabyte, for a live line.</summary>
/// <param name="Stage">What it is busy with.</param>
/// <param name="Rows">Good rows so far.</param>
/// <param name="Rejected">Bad rows so far.</param>
/// <param name="Bytes">Raw bytes read so far, of inputs and recorded files.</param>
/// <param name="TotalBytes">Raw bytes of all files; null where standard input is among them.</param>
public readonly record struct IngestProgress(IngestStage Stage, long Rows, long Rejected, long Bytes, long? TotalBytes);
