using System.Buffers;
using System.Buffers.Binary;

namespace Orchestration.Core.Pairs.Blocks;

/// <summary>
/// A column of doubles, bit for bit. Scores on a scale with steps have few different values and are written as a dictionary with a byte a row;
/// other columns by byte planes, because the high bytes of scores on one scale hardly differ.
/// </summary>
internal static class NumberColumn
{
    private const byte Dictionary = 0;
    private const byte Planes = 1;
    private const int DictionaryMax = 256;
    private const int Slots = 1024;

    public static void Write(ByteBuilder output, ReadOnlySpan<double> values)
    {
        if (TryWriteDictionary(output, values)) return;
        output.AppendByte(Planes);
        var rows = values.Length;
        var planes = output.Room(rows * 8);
        for (var row = 0; row < rows; row++)
        {
            var bits = BitConverter.DoubleToUInt64Bits(values[row]);
            for (var plane = 0; plane < 8; plane++) planes[(plane * rows) + row] = (byte)(bits >> (plane * 8));
        }

        output.Advance(rows * 8);
    }

    /// <summary>Where a column ends that starts at the reader's position.</summary>
    public static void Skip(ref BlockReader reader, int rows)
    {
        if (reader.ReadByte() == Planes)
        {
            reader.Take(checked(rows * 8));
            return;
        }

        reader.Take(8 * (reader.ReadByte() + 1));
        reader.Take(rows);
    }

    public static void Read(ref BlockReader reader, byte[] content, Span<double> values)
    {
        var rows = values.Length;
        if (reader.ReadByte() == Planes)
        {
            var planes = content.AsSpan(reader.Take(checked(rows * 8)), rows * 8);
            for (var row = 0; row < rows; row++)
            {
                ulong bits = 0;
                for (var plane = 0; plane < 8; plane++) bits |= (ulong)planes[(plane * rows) + row] << (plane * 8);
                values[row] = BitConverter.UInt64BitsToDouble(bits);
            }

            return;
        }

        var count = reader.ReadByte() + 1;
        Span<double> entries = stackalloc double[DictionaryMax];
        for (var i = 0; i < count; i++) entries[i] = BitConverter.UInt64BitsToDouble(reader.ReadUInt64());
        var indexes = content.AsSpan(reader.Take(rows), rows);
        for (var row = 0; row < rows; row++)
        {
            if (indexes[row] >= count) throw new InvalidDataException("An index points outside its dictionary.");
            values[row] = entries[indexes[row]];
        }
    }

    private static bool TryWriteDictionary(ByteBuilder output, ReadOnlySpan<double> values)
    {
        Span<ulong> entries = stackalloc ulong[DictionaryMax];
        Span<short> slots = stackalloc short[Slots];
        slots.Clear();
        var count = 0;
        var indexes = ArrayPool<byte>.Shared.Rent(values.Length);
        try
        {
            for (var row = 0; row < values.Length; row++)
            {
                var bits = BitConverter.DoubleToUInt64Bits(values[row]);
                var slot = (int)((bits * 0x9E3779B97F4A7C15) >> 54);
                while (slots[slot] != 0 && entries[slots[slot] - 1] != bits) slot = (slot + 1) & (Slots - 1);
                if (slots[slot] == 0)
                {
                    // More values than fit, or so many that eight bytes each cost more than planes would.
                    if (count == DictionaryMax || count * 8 > values.Length * 4 + 64) return false;
                    entries[count] = bits;
                    slots[slot] = (short)++count;
                }

                indexes[row] = (byte)(slots[slot] - 1);
            }

            if (count == 0) entries[count++] = 0;
            output.AppendByte(Dictionary);
            output.AppendByte((byte)(count - 1));
            for (var i = 0; i < count; i++) output.AppendUInt64(entries[i]);
            output.Append(indexes.AsSpan(0, values.Length));
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(indexes);
        }
    }
}
