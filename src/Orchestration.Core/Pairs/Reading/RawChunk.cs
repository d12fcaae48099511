using System.Buffers;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>Some whole lines of one file, as bytes. Owns a rented buffer.</summary>
internal sealed class RawChunk(RowFormat format, byte[] bytes, int length, long firstLine) : IDisposable
{
    /// <summary>How much is read at once: large enough to keep two cores from waiting for one another, small enough that a dozen fit anywhere.</summary>
    public const int DefaultBytes = 1 << 20;

    /// <summary>The longest row that is read, in bytes.</summary>
    public const int DefaultMaxRowBytes = 64 << 20;

    /// <summary>The file it comes from, and how its rows are written.</summary>
    public RowFormat Format { get; } = format;

    public byte[] Bytes { get; } = bytes;

    public int Length { get; } = length;

    /// <summary>Line number, from 1, of its first row.</summary>
    public long FirstLine { get; } = firstLine;

    /// <summary>Set where the chunk is not rows but the start of something that could not be read: what is wrong with it.</summary>
    public RowFault? Fault { get; init; }

    public ReadOnlySpan<byte> Span => Bytes.AsSpan(0, Length);

    public void Dispose() => ArrayPool<byte>.Shared.Return(Bytes);
}

/// <summary>How the rows of a file are written.</summary>
/// <param name="Path">The file, as given.</param>
/// <param name="FileIndex">Its index among the files of its kind.</param>
/// <param name="Csv">The header of a CSV file; null for JSON lines.</param>
internal sealed record RowFormat(string Path, int FileIndex, CsvHeader? Csv);
