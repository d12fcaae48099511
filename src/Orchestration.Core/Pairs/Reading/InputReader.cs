using System.Buffers;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>
/// Reads one file (or standard input) from front to back as chunks of whole rows. Finds out by itself whether it is compressed, by its first
/// bytes, and whether it holds JSON lines or CSV, by its extension and otherwise by its first byte. One thread at a time.
/// </summary>
internal sealed class InputReader(string path, int fileIndex, IngestOptions options, Func<Stream>? open = null) : IDisposable
{
    public const string StandardInput = "-";

    private RawInput? _raw;
    private Stream? _content;
    private RowFault? _cutOff;
    private (long Bytes, string Sha256)? _done;

    public string Path => path;

    public long BytesRead => _done?.Bytes ?? _raw?.BytesRead ?? 0;

    /// <summary>Set once the file turned out to break off; what was whole has been given out.</summary>
    public string? Warning { get; private set; }

    /// <summary>Chunks in file order. Each is disposed by whom it is given to.</summary>
    /// <exception cref="OrchestrationException">Missing, unreadable, or in no format that is read (<see cref="ErrorCodes.Input"/>).</exception>
    public IEnumerable<RawChunk> Chunks()
    {
        Open();
        var buffer = ArrayPool<byte>.Shared.Rent(options.ChunkBytes);
        try
        {
            var filled = Fill(buffer, 0, out var isEnd);
            filled = SkipByteOrderMark(buffer, filled);
            var format = InputFormats.Detect(path, fileIndex, buffer.AsSpan(0, filled));
            long line = 1;
            if (format.Csv is { } header)
            {
                filled = Drop(buffer, filled, header.Bytes);
                line += header.Lines;
            }

            while (true)
            {
                if (filled < buffer.Length && !isEnd) filled = Fill(buffer, filled, out isEnd);
                var end = isEnd && _cutOff is null ? filled : RowEnd(format, buffer.AsSpan(0, filled));
                if (end == 0)
                {
                    if (isEnd) break;
                    if (buffer.Length < options.MaxRowBytes)
                    {
                        buffer = Grow(buffer, filled);
                        continue;
                    }

                    yield return Broken(format, buffer.AsSpan(0, filled), line, TooLong());
                    filled = SkipLine(buffer, ref isEnd, ref line);
                    continue;
                }

                var rest = filled - end;
                var next = ArrayPool<byte>.Shared.Rent(Math.Max(options.ChunkBytes, rest));
                buffer.AsSpan(end, rest).CopyTo(next);
                var chunk = new RawChunk(format, buffer, end, line);
                (buffer, filled) = (next, rest);
                line += chunk.Span.Count((byte)'\n');
                yield return chunk;
            }

            if (_cutOff is not null) yield return Broken(format, buffer.AsSpan(0, filled), line, _cutOff);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Hashes what has not been read and closes the file. Standard input is not read any further.</summary>
    public InputFile Finish(CancellationToken cancellationToken)
    {
        if (_done is null)
        {
            Open();
            if (path != StandardInput)
            {
                var buffer = ArrayPool<byte>.Shared.Rent(RawChunk.DefaultBytes);
                try
                {
                    while (Guard(() => _raw!.Read(buffer)) != 0) cancellationToken.ThrowIfCancellationRequested();
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }

            _done = (_raw!.BytesRead, _raw.Sha256());
            Dispose();
        }

        return new InputFile(path, _done.Value.Bytes, _done.Value.Sha256);
    }

    public void Dispose()
    {
        _content?.Dispose();
        _raw?.Dispose();
        _content = _raw = null;
    }

    /// <summary>Opens a file for reading; a message instead of an exception of the file system.</summary>
    public static Stream OpenFile(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new OrchestrationException(
                ErrorCodes.Input,
                Directory.Exists(path) ? $"{path} is a folder. Name the files in it." :
                !File.Exists(path) ? $"There is no file {path}. Check the path; it is taken from the folder {Directory.GetCurrentDirectory()}." :
                $"{path} cannot be opened: {e.Message}",
                e);
        }
    }

    private void Open()
    {
        if (_raw is not null) return;
        _raw = new RawInput((open ?? (() => OpenFile(path)))(), leaveOpen: path == StandardInput);
        var isGzip = Guard(() => _raw.Peek() is [0x1F, 0x8B, ..] ? 1 : 0) == 1;
        _content = isGzip ? new GzipInput(_raw) : _raw;
    }

    private T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(ErrorCodes.Input, $"{path} cannot be read: {e.Message}", e);
        }
    }

    private int Fill(byte[] buffer, int filled, out bool isEnd)
    {
        isEnd = false;
        while (filled < buffer.Length)
        {
            int read;
            try
            {
                read = _content!.Read(buffer, filled, buffer.Length - filled);
            }
            catch (InvalidDataException e)
            {
                var message = $"{path} breaks off or is damaged here: its compressed data cannot be read any further ({e.Message.TrimEnd('.')}). The rows before are kept. Copy or compress the file again.";
                _cutOff = new RowFault(RejectReason.TruncatedFile, message);
                Warning = message;
                read = 0;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new OrchestrationException(ErrorCodes.Input, $"{path} cannot be read: {e.Message}", e);
            }

            if (read == 0)
            {
                isEnd = true;
                break;
            }

            filled += read;
        }

        return filled;
    }

    private static int RowEnd(RowFormat format, ReadOnlySpan<byte> bytes) =>
        format.Csv is { } header ? CsvScanner.LastRecordEnd(bytes, header.Delimiter) : bytes.LastIndexOf((byte)'\n') + 1;

    private static int SkipByteOrderMark(byte[] buffer, int filled) =>
        buffer.AsSpan(0, filled).StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? Drop(buffer, filled, 3) : filled;

    private static int Drop(byte[] buffer, int filled, int count)
    {
        buffer.AsSpan(count, filled - count).CopyTo(buffer);
        return filled - count;
    }

    private byte[] Grow(byte[] buffer, int filled)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length * 2, options.MaxRowBytes));
        buffer.AsSpan(0, filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private RowFault TooLong() => new(
        RejectReason.TooLong,
        $"The row is longer than {options.MaxRowBytes >> 20} MB. Cut its texts, or check that rows end with line breaks and quotes are closed.");

    private static RawChunk Broken(RowFormat format, ReadOnlySpan<byte> text, long line, RowFault fault)
    {
        var length = Math.Min(text.Length, RejectBuffer.MaxRowChars * 4);
        var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, length));
        text[..length].CopyTo(bytes);
        return new RawChunk(format, bytes, length, line) { Fault = fault };
    }

    /// <summary>Reads over the rest of a line that is too long; what follows it lies at the buffer's start.</summary>
    private int SkipLine(byte[] buffer, ref bool isEnd, ref long line)
    {
        // Only CSV can have breaks within the part already read.
        line += buffer.AsSpan().Count((byte)'\n');
        while (!isEnd)
        {
            var filled = Fill(buffer, 0, out isEnd);
            var end = buffer.AsSpan(0, filled).IndexOf((byte)'\n');
            if (end < 0) continue;
            line++;
            return Drop(buffer, filled, end + 1);
        }

        return 0;
    }
}
