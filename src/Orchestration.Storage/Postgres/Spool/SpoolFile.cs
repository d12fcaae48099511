using System.Buffers.Binary;
using System.Security.Cryptography;
using Orchestration.Core.Judging;
using Orchestration.Storage.Formats;

namespace Orchestration.Storage.Postgres.Spool;

/// <summary>
/// Judgments that were paid for and could not be delivered yet, in a file of a fixed size that is laid out when it is made: a disk that fills up later takes
/// nothing from it. Layout: a header (magic, the store's id), then records (length, the first eight bytes of the SHA-256 of the rest, address, values, detail);
/// a length of 0 ends them. Not safe for concurrent use.
/// </summary>
internal sealed class SpoolFile : IDisposable
{
    public const int HeaderBytes = 8 + 16;
    private const int RecordHeadBytes = 4 + 8;
    private const ulong Magic = 0x314C4F4F505352; // "RSPOOL1"

    private readonly FileStream _stream;
    private readonly long _capacity;
    private long _end = HeaderBytes;

    private SpoolFile(FileStream stream, long capacity)
    {
        _stream = stream;
        _capacity = capacity;
    }

    /// <summary>Bytes left for records.</summary>
    public long Free => _capacity - _end - 4;

    /// <summary>Makes a file of a size, locked for this process.</summary>
    /// <exception cref="IOException">It cannot be made: no space, no such folder.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not write there.</exception>
    public static SpoolFile Create(string path, Guid store, long capacity)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var stream = new FileStream(
            path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, PreallocationSize = capacity, BufferSize = 0 });
        try
        {
            // Written once from end to end: where the file system does not lay a file out beforehand, this does.
            var zeros = new byte[1 << 20];
            for (long at = 0; at < capacity; at += zeros.Length) stream.Write(zeros, 0, (int)Math.Min(zeros.Length, capacity - at));
            var header = new byte[HeaderBytes];
            BinaryPrimitives.WriteUInt64LittleEndian(header, Magic);
            store.TryWriteBytes(header.AsSpan(8));
            stream.Position = 0;
            stream.Write(header);
            stream.Flush(flushToDisk: true);
            return new SpoolFile(stream, capacity);
        }
        catch
        {
            stream.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Appends judgments, so that they are on the disk when it returns. False where they do not fit, and then nothing was written.</summary>
    public bool TryAppend(IReadOnlyList<StoredJudgment> judgments)
    {
        var bytes = new ByteWriter();
        var record = new ByteWriter();
        Span<byte> head = stackalloc byte[RecordHeadBytes];
        foreach (var judgment in judgments)
        {
            record.Clear();
            record.Hash(judgment.Address.Pair);
            record.Hash(judgment.Address.Judge);
            record.Count(judgment.Address.Repeat);
            record.Count(judgment.Values.Count);
            foreach (var value in judgment.Values) record.Double(value);
            DetailFormat.Write(record, judgment.Detail);
            BinaryPrimitives.WriteInt32LittleEndian(head, record.Length);
            SHA256.HashData(record.Written).AsSpan(0, 8).CopyTo(head[4..]);
            bytes.Bytes(head);
            bytes.Bytes(record.Written);
        }

        if (bytes.Length > Free) return false;
        BinaryPrimitives.WriteInt32LittleEndian(head, 0);
        bytes.Bytes(head[..4]);
        _stream.Position = _end;
        _stream.Write(bytes.Written);
        _stream.Flush(flushToDisk: true);
        _end += bytes.Length - 4;
        return true;
    }

    /// <summary>Everything was delivered: the file is empty again.</summary>
    public void Clear()
    {
        if (_end == HeaderBytes) return;
        _stream.Position = HeaderBytes;
        _stream.Write(stackalloc byte[4]);
        _stream.Flush(flushToDisk: true);
        _end = HeaderBytes;
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>
    /// Reads what a process that is no more left behind; null where the file is another store's, is no spool, or its process lives. A record that was being written
    /// when its process ended is passed over.
    /// </summary>
    public static IReadOnlyList<StoredJudgment>? ReadLeftBehind(string path, Guid store)
    {
        byte[] bytes;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None);
            bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        if (bytes.Length < HeaderBytes || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic || new Guid(bytes.AsSpan(8, 16)) != store) return null;
        List<StoredJudgment> judgments = [];
        for (var at = HeaderBytes; at + RecordHeadBytes <= bytes.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));
            if (length <= 0 || length > bytes.Length - at - RecordHeadBytes) break;
            var body = bytes.AsSpan(at + RecordHeadBytes, length);
            if (!SHA256.HashData(body).AsSpan(0, 8).SequenceEqual(bytes.AsSpan(at + 4, 8))) break;
            var reader = new ByteReader(body);
            var address = new JudgmentAddress(reader.Hash(), reader.Hash(), reader.Int());
            judgments.Add(new StoredJudgment { Address = address, Values = reader.Doubles(reader.Int()), Detail = DetailFormat.Read(ref reader) });
            at += RecordHeadBytes + length;
        }

        return judgments;
    }
}
