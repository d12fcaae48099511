using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Orchestration.Core.Pairs.Blocks;

/// <summary>A growing run of bytes that is kept and refilled, shard after shard.</summary>
internal sealed class ByteBuilder
{
    private byte[] _bytes;

    public ByteBuilder(int capacity = 256) => _bytes = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Empties it. A buffer grown by one huge row is given up, so that it does not stay in memory for good.</summary>
    public void Clear(int keepAtMost = int.MaxValue)
    {
        Length = 0;
        if (_bytes.Length > keepAtMost) _bytes = new byte[keepAtMost];
    }

    /// <summary>Room for <paramref name="count"/> more bytes, which count as written once <see cref="Advance"/> says so.</summary>
    public Span<byte> Room(int count)
    {
        if (_bytes.Length - Length < count) Grow(count);
        return _bytes.AsSpan(Length);
    }

    public void Advance(int count) => Length += count;

    public ReadOnlySpan<byte> Slice(int start, int length) => _bytes.AsSpan(start, length);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        Length += bytes.Length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AppendByte(byte value)
    {
        if (Length == _bytes.Length) Grow(1);
        _bytes[Length++] = value;
    }

    /// <summary>Seven bits a byte, low bits first; the high bit says that more follow.</summary>
    public void AppendVarint(uint value)
    {
        while (value >= 0x80)
        {
            AppendByte((byte)(value | 0x80));
            value >>= 7;
        }

        AppendByte((byte)value);
    }

    public void AppendUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Room(8), value);
        Length += 8;
    }

    /// <summary>Length as a varint, then the bytes.</summary>
    public void AppendText(ReadOnlySpan<byte> utf8)
    {
        AppendVarint((uint)utf8.Length);
        Append(utf8);
    }

    private void Grow(int count) =>
        Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max((long)_bytes.Length * 2, (long)Length + count)));
}
