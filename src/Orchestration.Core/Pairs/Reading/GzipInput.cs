using System.IO.Compression;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>Decompresses gzip and notices when it breaks off, which the framework's stream takes for the end of the data.</summary>
/// <remarks>
/// At the end a small compressed text of our own is let follow the file. Behind a whole file it is one more member and is read as that very
/// text; behind a file that was cut it is taken for the missing part and comes out as anything else.
/// </remarks>
internal sealed class GzipInput(RawInput raw) : Stream
{
    private static readonly byte[] Probe = "the end of the file"u8.ToArray();
    private static readonly byte[] CompressedProbe = Compress(Probe);

    private readonly GZipStream _gzip = new(raw, CompressionMode.Decompress, leaveOpen: true);
    private bool _isAtEnd;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="InvalidDataException">Damaged, or cut off.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (_isAtEnd || buffer.IsEmpty) return 0;
        var read = _gzip.Read(buffer);
        if (read != 0) return read;
        _isAtEnd = true;
        raw.Follow(CompressedProbe);
        Span<byte> probe = stackalloc byte[Probe.Length + 1];
        var length = _gzip.ReadAtLeast(probe, probe.Length, throwOnEndOfStream: false);
        return probe[..length].SequenceEqual(Probe) ? 0 : throw new InvalidDataException("it ends too early");
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _gzip.Dispose();
        base.Dispose(disposing);
    }

    private static byte[] Compress(byte[] content)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest)) gzip.Write(content);
        return output.ToArray();
    }
}
