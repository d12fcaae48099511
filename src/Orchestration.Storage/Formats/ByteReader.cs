using System.Buffers.Binary;
using System.Text;
using Orchestration.Core;

namespace Orchestration.Storage.Formats;

/// <summary>Reads what <see cref="ByteWriter"/> wrote. Bytes that end too early are an <see cref="InvalidDataException"/>: the file is damaged.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> source)
{
    private readonly ReadOnlySpan<byte> _bytes = source;

    public int Position { get; set; }

    public readonly bool AtEnd => Position >= _bytes.Length;

    /// <summary>Steps over bytes.</summary>
    public void Skip(int length) => Bytes(length);

    public byte Byte() => Bytes(1)[0];

    public Hash128 Hash() => Hash128.FromBytes(Bytes(16));

    public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Bytes(8));

    public decimal Money()
    {
        if (Byte() == 0) return 0;
        Span<int> bits = stackalloc int[4];
        for (var i = 0; i < 4; i++) bits[i] = BinaryPrimitives.ReadInt32LittleEndian(Bytes(4));
        try
        {
            return new decimal(bits);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException("A stored amount is none.", e);
        }
    }

    public ulong UCount()
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
    }

    public long Count() => (long)UCount();

    public int Int() => (int)UCount();

    public string Text()
    {
        var length = Int();
        return Encoding.UTF8.GetString(Bytes(length));
    }

    public ReadOnlySpan<byte> Bytes(int length)
    {
        if ((uint)length > (uint)(_bytes.Length - Position)) throw new InvalidDataException("Stored bytes end too early.");
        var bytes = _bytes.Slice(Position, length);
        Position += length;
        return bytes;
    }

    public double[] Doubles(int count)
    {
        if ((uint)count > (uint)(_bytes.Length - Position) / 8) throw new InvalidDataException("Stored bytes end too early.");
        var values = new double[count];
        for (var i = 0; i < count; i++) values[i] = Double();
        return values;
    }
}
