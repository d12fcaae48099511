using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Orchestration.Core;

namespace Orchestration.Storage.Formats;

/// <summary>
/// Bytes that grow. Numbers are little-endian; counts and lengths are variable-length, seven bits a byte. Their memory is rented: whoever writes much and often gives it back, so that large
/// arrays, which only a full collection reclaims, are not made over and over.
/// </summary>
internal sealed class ByteWriter
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(256);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>The same, valid until it is cleared, written to or returned.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public void Clear() => Length = 0;

    public void Byte(byte value) => Space(1)[0] = value;

    public void Bytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Space(bytes.Length));

    public void Hash(Hash128 hash) => hash.WriteTo(Space(16));

    public void Double(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Space(8), value);

    public void Count(ulong value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    public void Count(int value) => Count((ulong)value);

    public void Count(long value) => Count((ulong)value);

    /// <summary>An exact amount; zero, which most are, is one byte.</summary>
    public void Money(decimal amount)
    {
        Byte(amount == 0 ? (byte)0 : (byte)1);
        if (amount == 0) return;
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(amount, bits);
        foreach (var part in bits) BinaryPrimitives.WriteInt32LittleEndian(Space(4), part);
    }

    public void Text(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Count(length);
        Encoding.UTF8.GetBytes(text, Space(length));
    }

    /// <summary>Gives its memory back; nobody reads it any more. It is empty from then on. One that is not given back is reclaimed like anything else.</summary>
    public void Return()
    {
        var bytes = _bytes;
        (_bytes, Length) = ([], 0);
        if (bytes.Length > 0) ArrayPool<byte>.Shared.Return(bytes);
    }

    private Span<byte> Space(int count)
    {
        if (Length + count > _bytes.Length) Grow(count);
        var space = _bytes.AsSpan(Length, count);
        Length += count;
        return space;
    }

    private void Grow(int count)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Length + count, _bytes.Length * 2));
        Written.CopyTo(larger);
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
