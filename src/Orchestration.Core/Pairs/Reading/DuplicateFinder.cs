using System.Buffers.Binary;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>A row whose id an earlier row has.</summary>
/// <param name="Shard">Where it was stored.</param>
/// <param name="Row">Row within the shard.</param>
/// <param name="File">Index of the input it was read from.</param>
/// <param name="Line">Line there.</param>
/// <param name="FirstFile">Input of the row that keeps the id.</param>
/// <param name="FirstLine">Line there.</param>
internal readonly record struct Duplicate(int Shard, int Row, int File, long Line, int FirstFile, long FirstLine);

/// <summary>Finds rows with equal ids among any number of rows, on disk: by sorting hashes of ids with the rows' places.</summary>
internal sealed class DuplicateFinder(string folder) : IDisposable
{
    private const int IdBytes = 16;
    private const int PlaceBytes = 20;

    private readonly RecordSorter _byId = new(IdBytes + PlaceBytes, folder);
    private readonly RecordSorter _byShard = new(PlaceBytes + 12, folder);

    public void Add(Hash128 id, int shard, int row, int file, long line)
    {
        var record = _byId.Add();
        id.WriteTo(record);
        var place = record[IdBytes..];
        BinaryPrimitives.WriteInt32BigEndian(place, shard);
        BinaryPrimitives.WriteInt32BigEndian(place[4..], row);
        BinaryPrimitives.WriteInt32BigEndian(place[8..], file);
        BinaryPrimitives.WriteInt64BigEndian(place[12..], line);
    }

    /// <summary>All rows but the first of each id, in the order in which they are stored.</summary>
    public IEnumerable<Duplicate> Find()
    {
        // A row's place is its order in the input, so that the first of equal ids is the row that keeps it.
        var first = new byte[IdBytes + PlaceBytes];
        var isFirst = true;
        foreach (var record in _byId.Sorted())
        {
            if (isFirst || !record.Span[..IdBytes].SequenceEqual(first.AsSpan(0, IdBytes)))
            {
                record.Span.CopyTo(first);
                isFirst = false;
                continue;
            }

            var found = _byShard.Add();
            record.Span[IdBytes..].CopyTo(found);
            first.AsSpan(IdBytes + 8).CopyTo(found[PlaceBytes..]);
        }

        foreach (var record in _byShard.Sorted()) yield return Read(record.Span);
    }

    public void Dispose()
    {
        _byId.Dispose();
        _byShard.Dispose();
    }

    private static Duplicate Read(ReadOnlySpan<byte> record) => new(
        BinaryPrimitives.ReadInt32BigEndian(record),
        BinaryPrimitives.ReadInt32BigEndian(record[4..]),
        BinaryPrimitives.ReadInt32BigEndian(record[8..]),
        BinaryPrimitives.ReadInt64BigEndian(record[12..]),
        BinaryPrimitives.ReadInt32BigEndian(record[20..]),
        BinaryPrimitives.ReadInt64BigEndian(record[24..]));
}
