using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Orchestration.Simulation;

/// <summary>
/// A fast 64-bit hash that is the same in every process and on every machine. It spreads what a script decides; it is no content address.
/// </summary>
internal static class ContentHash
{
    private const ulong K0 = 0xA076_1D64_78BD_642F;
    private const ulong K1 = 0xE703_7ED1_A0B4_28DB;

    public static ulong Of(ReadOnlySpan<byte> bytes, ulong seed = 0)
    {
        var hash = seed ^ K0;
        var rest = bytes;
        while (rest.Length >= 16)
        {
            hash = Mix(BinaryPrimitives.ReadUInt64LittleEndian(rest) ^ K1, BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]) ^ hash);
            rest = rest[16..];
        }

        ulong low = 0, high = 0;
        for (var i = 0; i < rest.Length; i++)
        {
            if (i < 8) low |= (ulong)rest[i] << (8 * i);
            else high |= (ulong)rest[i] << (8 * (i - 8));
        }

        return Mix(K1 ^ (ulong)bytes.Length, Mix(low ^ K1, high ^ hash));
    }

    /// <summary>Of a text's UTF-16 code units; every supported machine is little-endian.</summary>
    public static ulong Of(ReadOnlySpan<char> text, ulong seed = 0) => Of(MemoryMarshal.AsBytes(text), seed);

    public static ulong Combine(ulong left, ulong right) => Mix(left ^ K0, right ^ K1);

    /// <summary>A number from 0 (inclusive) to 1 (exclusive).</summary>
    public static double Unit(ulong hash) => (hash >> 11) * (1.0 / (1UL << 53));

    private static ulong Mix(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}
