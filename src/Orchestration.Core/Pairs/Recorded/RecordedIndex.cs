using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Pairs.Recorded;

/// <summary>
/// Recorded rows on disk, found by id: the judgments one after the other in one temporary file, and a sorted file of (hash of the id, place). Memory
/// is one fixed table of 65,537 places, whatever the number of rows. Looking up is safe for concurrent use.
/// </summary>
internal sealed class RecordedIndex : IDisposable
{
    private const int KeyBytes = 16;
    private const int EntryBytes = KeyBytes + 8 + 4;
    private const int BucketBits = 16;
    private const int BlockEntries = 128;

    private readonly TempFile _judgments;
    private readonly TempFile _entries;
    private readonly long[] _buckets;
    private readonly RecordedColumn[] _columns;
    private readonly string[] _reasons;

    private RecordedIndex(TempFile judgments, TempFile entries, long[] buckets, RecordedColumn[] columns, string[] reasons)
    {
        _judgments = judgments;
        _entries = entries;
        _buckets = buckets;
        _columns = columns;
        _reasons = reasons;
    }

    /// <summary>Rows in it.</summary>
    public long Count => _buckets[^1];

    /// <summary>
    /// Gives a row of a block what is recorded under its id. Of several rows with one id the first that names a judge counts.
    /// </summary>
    /// <returns>How many recorded rows have that id.</returns>
    public int CopyTo(RecordedBlock block, int row, Hash128 id)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        id.WriteTo(key);
        var bucket = (int)(id.High >> (64 - BucketBits));
        var (low, high) = (_buckets[bucket], _buckets[bucket + 1]);
        Span<byte> entries = stackalloc byte[BlockEntries * EntryBytes];
        while (high - low > BlockEntries)
        {
            // The first entry that is not less than the key lies in (low, high].
            var middle = low + ((high - low) / 2);
            _entries.Read(middle * EntryBytes, entries[..EntryBytes]);
            if (entries[..KeyBytes].SequenceCompareTo(key) < 0) low = middle + 1;
            else high = middle;
        }

        var found = 0;
        var end = _buckets[bucket + 1];
        for (var position = low; position < end;)
        {
            var count = (int)Math.Min(BlockEntries, end - position);
            _entries.Read(position * EntryBytes, entries[..(count * EntryBytes)]);
            for (var i = 0; i < count; i++)
            {
                var entry = entries.Slice(i * EntryBytes, EntryBytes);
                var order = entry[..KeyBytes].SequenceCompareTo(key);
                if (order > 0) return found;
                if (order < 0) continue;
                CopyRow(block, row, BinaryPrimitives.ReadInt64BigEndian(entry[KeyBytes..]), BinaryPrimitives.ReadInt32BigEndian(entry[(KeyBytes + 8)..]));
                found++;
            }

            position += count;
        }

        return found;
    }

    public void Dispose()
    {
        _judgments.Dispose();
        _entries.Dispose();
    }

    private void CopyRow(RecordedBlock block, int row, long offset, int length)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            _judgments.Read(offset, bytes.AsSpan(0, length));
            var reader = new BlockReader(bytes);
            var cells = reader.ReadVarint();
            for (var i = 0; i < cells; i++)
            {
                var column = block.Get(_columns[reader.ReadVarint()]);
                var code = reader.ReadVarint();
                var value = code == RecordedBlock.Scored ? BitConverter.UInt64BitsToDouble(reader.ReadUInt64()) : 0;
                if (column.IsSet(row)) continue;
                column.Set(row, code == RecordedBlock.Scored ? RecordedBlock.Scored : block.Code(_reasons[code - RecordedBlock.FirstReason]), value);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Gathers rows. One caller at a time.</summary>
    public sealed class Builder(string folder) : IDisposable
    {
        private readonly ByteBuilder _row = new();
        private readonly Dictionary<RecordedColumn, int> _columns = [];
        private readonly Dictionary<string, int> _reasons = new(StringComparer.Ordinal);
        private RecordSorter? _sorter = new(EntryBytes, folder);
        private TempFile? _judgments;

        public long Rows => _sorter!.Count;

        public void Add(RecordedRows rows, int row)
        {
            _judgments ??= TempFile.Create(folder);
            _row.Clear();
            var cells = 0;
            foreach (var (_, column) in rows.Columns) cells += column.Code(row) == RecordedBlock.Missing ? 0 : 1;
            _row.AppendVarint((uint)cells);
            foreach (var (column, values) in rows.Columns)
            {
                var code = values.Code(row);
                if (code == RecordedBlock.Missing) continue;
                if (!_columns.TryGetValue(column, out var index)) _columns.Add(column, index = _columns.Count);
                _row.AppendVarint((uint)index);
                if (code == RecordedBlock.Scored)
                {
                    _row.AppendVarint(RecordedBlock.Scored);
                    _row.AppendUInt64(BitConverter.DoubleToUInt64Bits(values.Value(row)));
                }
                else
                {
                    _row.AppendVarint((uint)(Reason(rows.Reasons[code - RecordedBlock.FirstReason]) + RecordedBlock.FirstReason));
                }
            }

            var entry = _sorter!.Add();
            IdHash.Of(rows.Id(row)).WriteTo(entry);
            BinaryPrimitives.WriteInt64BigEndian(entry[KeyBytes..], _judgments.Length);
            BinaryPrimitives.WriteInt32BigEndian(entry[(KeyBytes + 8)..], _row.Length);
            _judgments.Append(_row.Written);
        }

        public RecordedIndex Build()
        {
            var entries = TempFile.Create(folder);
            var buckets = new long[(1 << BucketBits) + 1];
            foreach (var entry in _sorter!.Sorted())
            {
                buckets[BinaryPrimitives.ReadUInt16BigEndian(entry.Span) + 1]++;
                entries.Append(entry.Span);
            }

            for (var i = 1; i < buckets.Length; i++) buckets[i] += buckets[i - 1];
            entries.Seal();
            var judgments = _judgments ?? TempFile.Create(folder);
            judgments.Seal();
            _judgments = null;
            Dispose();
            return new RecordedIndex(judgments, entries, buckets, [.. _columns.OrderBy(c => c.Value).Select(c => c.Key)], [.. _reasons.OrderBy(r => r.Value).Select(r => r.Key)]);
        }

        public void Dispose()
        {
            _sorter?.Dispose();
            _judgments?.Dispose();
            _sorter = null;
            _judgments = null;
        }

        private int Reason(string reason)
        {
            if (_reasons.TryGetValue(reason, out var index)) return index;
            if (_reasons.Count == ushort.MaxValue)
                throw new OrchestrationException(ErrorCodes.Input, "A recorded file holds more than 65,000 distinct reasons: a reason is a short code, not a message.");
            _reasons.Add(reason, _reasons.Count);
            return _reasons.Count - 1;
        }
    }
}
