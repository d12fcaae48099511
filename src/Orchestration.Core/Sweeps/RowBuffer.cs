using System.Buffers;

namespace Orchestration.Core.Sweeps;

/// <summary>A growing buffer for rendered lines that can also take back its last byte.</summary>
internal sealed class RowBuffer : IBufferWriter<byte>
{
    private byte[] _bytes;
    private int _length;

    public RowBuffer(int capacity) => _bytes = new byte[capacity];

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_length);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    public void TakeBack(int count) => _length -= count;

    private void Reserve(int size)
    {
        var needed = _length + Math.Max(size, 256);
        if (needed > _bytes.Length) Array.Resize(ref _bytes, Math.Max(needed, _bytes.Length * 2));
    }
}
