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

        return Spread(Mix(K1 ^ (ulong)bytes.Length, Mix(low ^ K1, high ^ hash)));
    }

    /// <summary>Of a text's UTF-16 code units; every supported machine is little-endian.</summary>
    public static ulong Of(ReadOnlySpan<char> text, ulong seed = 0) => Of(MemoryMarshal.AsBytes(text), seed);

    /// <summary>Of two hashes or small numbers; neighbouring numbers come out far apart.</summary>
    public static ulong Combine(ulong left, ulong right) => Spread(left + (right * 0x9E37_79B9_7F4A_7C15));

    /// <summary>A number from 0 (inclusive) to 1 (exclusive).</summary>
    public static double Unit(ulong hash) => (hash >> 11) * (1.0 / (1UL << 53));

    /// <summary>The last step of SplitMix64: every bit of the input changes half of the output.</summary>
    private static ulong Spread(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    private static ulong Mix(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}
