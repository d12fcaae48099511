using System.Buffers.Binary;

namespace Orchestration.Core.Pairs.Blocks;

/// <summary>Reads the content of a section from front to back; running over the end throws <see cref="InvalidDataException"/>.</summary>
internal struct BlockReader(byte[] content, int position = 0)
{
    public int Position { get; private set; } = position;

    public byte ReadByte() => content[Take(1)];

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(content.AsSpan(Take(8)));

    public int ReadVarint()
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = ReadByte();
            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80) return value <= int.MaxValue ? (int)value : throw new InvalidDataException("A length is out of range.");
        }

        throw new InvalidDataException("A length has too many bytes.");
    }

    /// <summary>A number of things that each take at least a byte, so that a damaged number cannot ask for more memory than there is data.</summary>
    public int ReadCount()
    {
        var count = ReadVarint();
        return count <= content.Length - Position ? count : throw new InvalidDataException("A count is out of range.");
    }

    /// <summary>Skips bytes and returns where they start.</summary>
    public int Take(int count)
    {
        if (count < 0 || count > content.Length - Position) throw new InvalidDataException("The section ends early.");
        var start = Position;
        Position += count;
        return start;
    }

    public ReadOnlySpan<byte> ReadText() { var length = ReadVarint(); return content.AsSpan(Take(length), length); }
}
