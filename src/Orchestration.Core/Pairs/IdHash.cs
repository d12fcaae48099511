using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Orchestration.Core.Pairs;

/// <summary>
/// A fast seeded 128-bit hash of ids, for finding duplicates, joining files and drawing samples. Not a content address and no defence against
/// somebody who wants collisions: those use SHA-256, at ten times the cost. The same on every machine; samples depend on it, so it never changes.
/// </summary>
/// <remarks>Two independent lanes of 64×64→128-bit multiplications folded by exclusive or, eight bytes a step, closed with the length.</remarks>
internal static class IdHash
{
    private const ulong K0 = 0xA0761D6478BD642F;
    private const ulong K1 = 0xE7037ED1A0B428DB;
    private const ulong K2 = 0x8EBC6AF09C88C6E3;
    private const ulong K3 = 0x589965CC75374CC3;

    public static Hash128 Of(ReadOnlySpan<byte> id, long seed = 0)
    {
        var length = (ulong)id.Length;
        var a = Fold((ulong)seed ^ K0, K1);
        var b = Fold((ulong)seed ^ K2, K3);
        while (id.Length >= 8)
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(id);
            a = Fold(a ^ word, K1) ^ K3;
            b = Fold(b ^ word, K3) + K0;
            id = id[8..];
        }

        ulong tail = 0;
        for (var i = 0; i < id.Length; i++) tail |= (ulong)id[i] << (i * 8);
        a = Fold(a ^ tail, K2);
        b = Fold(b ^ tail, K1);
        return new Hash128(Fold(a ^ length, K0 ^ b), Fold(b ^ length, K2 ^ a));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong x, ulong y)
    {
        var high = Math.BigMul(x, y, out var low);
        return high ^ low;
    }
}
