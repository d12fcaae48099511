using Microsoft.Win32.SafeHandles;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>
/// A file that lives as long as its handle: nothing is left behind, where the system allows it not even by a process that is killed. Written at its end, read
/// anywhere. Reading is safe for concurrent use, writing is not.
/// </summary>
internal sealed class TempFile : IDisposable
{
    private const int BufferBytes = 256 << 10;
    private static int _counter;

    private readonly SafeFileHandle _handle;
    private readonly string _path;
    private byte[]? _buffer = new byte[BufferBytes];
    private int _buffered;
    private long _written;

    private TempFile(SafeFileHandle handle, string path)
    {
        _handle = handle;
        _path = path;
    }

    public long Length => _written + _buffered;

    public static TempFile Create(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            while (true)
            {
                var path = Path.Combine(folder, $"orchestrate-{Environment.ProcessId}-{Interlocked.Increment(ref _counter)}.tmp");
                if (File.Exists(path)) continue; // Left behind by an earlier process of that number.
                var isWindows = OperatingSystem.IsWindows();
                var handle = File.OpenHandle(
                    path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, isWindows ? FileOptions.DeleteOnClose : FileOptions.None);

                // An open file without a name: gone with its last handle.
                if (!isWindows) File.Delete(path);
                return new TempFile(handle, path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(ErrorCodes.Input, $"No temporary file can be made in {folder}: {e.Message} Name another folder, or make room.", e);
        }
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length != 0)
        {
            if (_buffered == BufferBytes) Flush();
            var count = Math.Min(bytes.Length, BufferBytes - _buffered);
            bytes[..count].CopyTo(_buffer.AsSpan(_buffered));
            _buffered += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Writes what is buffered; needed before reading.</summary>
    public void Flush()
    {
        try
        {
            RandomAccess.Write(_handle, _buffer.AsSpan(0, _buffered), _written);
        }
        catch (IOException e)
        {
            throw new OrchestrationException(ErrorCodes.Input, $"The temporary file {_path} cannot be written: {e.Message} Make room on that disk, or name another folder.", e);
        }

        _written += _buffered;
        _buffered = 0;
    }

    /// <summary>Ends writing and gives its buffer up.</summary>
    public void Seal()
    {
        Flush();
        _buffer = null;
    }

    public void Read(long offset, Span<byte> bytes)
    {
        while (bytes.Length != 0)
        {
            var read = RandomAccess.Read(_handle, bytes, offset);
            if (read == 0) throw new EndOfStreamException($"The temporary file {_path} is shorter than what was written to it.");
            offset += read;
            bytes = bytes[read..];
        }
    }

    /// <summary>Reads the file from its start; closing the stream leaves the file.</summary>
    public Stream OpenRead() => new Reader(this);

    public void Dispose() => _handle.Dispose();

    private sealed class Reader(TempFile file) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => file.Length;

        public override long Position { get => _position; set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            var read = RandomAccess.Read(file._handle, buffer, _position);
            _position += read;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
