using System.Security.Cryptography;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>
/// The raw bytes of an input: counts and hashes everything that is read through it, and gives back the first bytes after a look at them.
/// </summary>
internal sealed class RawInput(Stream inner, bool leaveOpen) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] _peeked = new byte[8];
    private int _peekedLength;
    private int _peekedUsed;
    private long _bytesRead;

    public long BytesRead => Volatile.Read(ref _bytesRead);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Up to eight bytes from the start, which are read again afterwards. Before the first read only.</summary>
    public ReadOnlySpan<byte> Peek()
    {
        while (_peekedLength < _peeked.Length)
        {
            var read = ReadInner(_peeked.AsSpan(_peekedLength));
            if (read == 0) break;
            _peekedLength += read;
        }

        return _peeked.AsSpan(0, _peekedLength);
    }

    /// <summary>Lets further bytes follow the end, neither counted nor hashed. After the end only.</summary>
    public void Follow(byte[] tail)
    {
        _peeked = tail;
        _peekedLength = tail.Length;
        _peekedUsed = 0;
    }

    public override int Read(Span<byte> buffer)
    {
        if (_peekedUsed == _peekedLength) return ReadInner(buffer);
        var count = Math.Min(buffer.Length, _peekedLength - _peekedUsed);
        _peeked.AsSpan(_peekedUsed, count).CopyTo(buffer);
        _peekedUsed += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <summary>The hash of everything read so far, 64 hexadecimal digits.</summary>
    public string Sha256() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            if (!leaveOpen) inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private int ReadInner(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        _hash.AppendData(buffer[..read]);
        Volatile.Write(ref _bytesRead, _bytesRead + read);
        return read;
    }
}
