using Orchestration.Storage.Formats;
using System.Buffers;
using System.IO.Compression;
using Orchestration.Core.Judging;

namespace Orchestration.Storage.Sqlite.Judgments;

/// <summary>
/// The table of details: each row holds the details of some pairs one after another, compressed together, as one judge's rationales resemble one another.
/// Written once, never changed.
/// </summary>
internal sealed class DetailChunks
{
    /// <summary>Bytes gathered before a row is written. Reading one judgment's detail decompresses as much: about 0.1 ms.</summary>
    private const int ChunkBytes = 32 << 10;

    private const int BrotliQuality = 1;
    private const int BrotliWindow = 18;

    private readonly Connection _connection;
    private readonly ByteWriter _chunk = new();
    private readonly ByteWriter _body = new();
    private long _row;

    public DetailChunks(Connection connection)
    {
        _connection = connection;
        _row = (connection.Number("SELECT max(id) FROM details") ?? 0) + 1;
    }

    /// <summary>Adds one detail; returns where it will be. Row 0 stands for a detail of which nothing is known.</summary>
    public (long Row, int Position) Add(ReadOnlySpan<byte> detail)
    {
        if (detail.Length <= 1) return (0, 0);
        var position = _chunk.Length;
        _chunk.Bytes(detail);
        return (_row, position);
    }

    /// <summary>A pair's details lie in one row.</summary>
    public void EndPair()
    {
        if (_chunk.Length >= ChunkBytes) Finish();
    }

    /// <summary>Writes what has been gathered.</summary>
    public void Finish()
    {
        if (_chunk.Length == 0) return;
        var raw = _chunk.Written;
        var buffer = ArrayPool<byte>.Shared.Rent(BrotliEncoder.GetMaxCompressedLength(raw.Length));
        _body.Clear();
        _body.Count(raw.Length);
        if (!BrotliEncoder.TryCompress(raw, buffer, out var written, BrotliQuality, BrotliWindow))
            throw new InvalidOperationException($"{raw.Length} bytes did not fit the encoder's own bound.");
        _body.Bytes(buffer.AsSpan(0, written));
        ArrayPool<byte>.Shared.Return(buffer);
        using var insert = _connection.Use("INSERT INTO details(id, body) VALUES (?1, ?2)");
        insert.Bind(1, _row).Bind(2, _body.Written).Step();
        _chunk.Clear();
        _row++;
    }

    /// <summary>Reads one detail.</summary>
    public static JudgmentDetail Read(Connection connection, long row, int position)
    {
        if (row == 0) return JudgmentDetail.None;
        using var select = connection.Use("SELECT body FROM details WHERE id = ?1");
        select.Bind(1, row);
        if (!select.Step()) throw connection.Failure(SQLitePCL.raw.SQLITE_CORRUPT);
        var body = select.Bytes(0);
        var header = new ByteReader(body);
        var length = header.Int();
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            if (!BrotliDecoder.TryDecompress(body[header.Position..], buffer, out var written) || written != length)
                throw connection.Failure(SQLitePCL.raw.SQLITE_CORRUPT);
            var reader = new ByteReader(buffer.AsSpan(0, length)) { Position = position };
            return DetailFormat.Read(ref reader);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
