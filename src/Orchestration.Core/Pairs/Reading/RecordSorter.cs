using System.Buffers.Binary;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>
/// Sorts any number of records of one size by their bytes, with a fixed amount of memory: full buffers are sorted and written to a temporary file,
/// and merged when all is in. Write numbers big-endian and their order is the order of the bytes.
/// </summary>
internal sealed class RecordSorter : IDisposable
{
    private const int MergeBytes = 8 << 20;

    private readonly int _size;
    private readonly string _folder;
    private readonly int _capacity;
    private readonly List<(long Start, long Records)> _runs = [];
    private byte[] _records = [];
    private ulong[] _keys = [];
    private int[] _order = [];
    private int _count;
    private TempFile? _file;

    /// <param name="size">Bytes of a record, at least 8.</param>
    /// <param name="folder">Where the temporary file goes, should one be needed.</param>
    /// <param name="memoryBytes">How much to hold in memory.</param>
    public RecordSorter(int size, string folder, int memoryBytes = 4 << 20)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 8);
        _size = size;
        _folder = folder;
        _capacity = Math.Max(2, memoryBytes / size);
    }

    /// <summary>Records added.</summary>
    public long Count { get; private set; }

    /// <summary>Room for one more record, to be filled whole before the next call.</summary>
    public Span<byte> Add()
    {
        if (_count == _capacity) WriteRun();
        if ((_count + 1) * _size > _records.Length)
            Array.Resize(ref _records, Math.Min(_capacity, Math.Max(256, _count * 2)) * _size);
        Count++;
        return _records.AsSpan(_count++ * _size, _size);
    }

    /// <summary>All records in ascending order. Ends adding; each record is valid until the next.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Sorted()
    {
        if (_file is null)
        {
            SortBuffer();
            for (var i = 0; i < _count; i++) yield return _records.AsMemory(_order[i] * _size, _size);
            yield break;
        }

        if (_count != 0) WriteRun();
        _file.Flush();
        _records = [];
        _keys = [];
        _order = [];
        var perRun = Math.Max(4096, Math.Min(64 << 10, MergeBytes / _runs.Count)) / _size;
        var queue = new PriorityQueue<RunReader, RunReader>(_runs.Count, RunReader.Order);
        foreach (var (start, records) in _runs)
        {
            var reader = new RunReader(_file, start, records, _size, Math.Max(1, perRun));
            if (reader.MoveNext()) queue.Enqueue(reader, reader);
        }

        while (queue.Count != 0)
        {
            // Taken out before it moves on: a queue must not hold what changes its place.
            var least = queue.Dequeue();
            yield return least.Current;
            if (least.MoveNext()) queue.Enqueue(least, least);
        }
    }

    public void Dispose() => _file?.Dispose();

    private void WriteRun()
    {
        SortBuffer();
        _file ??= TempFile.Create(_folder);
        _runs.Add((_file.Length, _count));
        for (var i = 0; i < _count; i++) _file.Append(_records.AsSpan(_order[i] * _size, _size));
        _count = 0;
    }

    private void SortBuffer()
    {
        if (_keys.Length < _count)
        {
            _keys = new ulong[_count];
            _order = new int[_count];
        }

        for (var i = 0; i < _count; i++)
        {
            _keys[i] = BinaryPrimitives.ReadUInt64BigEndian(_records.AsSpan(i * _size));
            _order[i] = i;
        }

        // Eight bytes decide nearly always; what they leave equal is sorted by the rest.
        Array.Sort(_keys, _order, 0, _count);
        for (var start = 0; start < _count;)
        {
            var end = start + 1;
            while (end < _count && _keys[end] == _keys[start]) end++;
            if (end - start > 1) _order.AsSpan(start, end - start).Sort((a, b) => Record(a).SequenceCompareTo(Record(b)));
            start = end;
        }
    }

    private ReadOnlySpan<byte> Record(int index) => _records.AsSpan(index * _size, _size);

    /// <summary>Reads one sorted run, a buffer at a time.</summary>
    private sealed class RunReader(TempFile file, long start, long records, int size, int perBuffer)
    {
        private readonly byte[] _buffer = new byte[(int)Math.Min(records, perBuffer) * size];
        private long _position = start;
        private long _left = records;
        private int _inBuffer;
        private int _index = -1;

        public static Comparer<RunReader> Order { get; } = Comparer<RunReader>.Create((a, b) => a.Current.Span.SequenceCompareTo(b.Current.Span));

        public ReadOnlyMemory<byte> Current => _buffer.AsMemory(_index * size, size);

        public bool MoveNext()
        {
            if (++_index < _inBuffer) return true;
            if (_left == 0) return false;
            _inBuffer = (int)Math.Min(_left, _buffer.Length / size);
            file.Read(_position, _buffer.AsSpan(0, _inBuffer * size));
            _position += _inBuffer * size;
            _left -= _inBuffer;
            _index = 0;
            return true;
        }
    }
}
