using System.Security.Cryptography;

namespace Orchestration.Core.Routing;

/// <summary>Ids of routes: <c>r_</c> and 26 characters of base 32 (Crockford's letters, lower case) that hold 128 random bits. Whoever has the id can repeat every draw that was made for the route.</summary>
public static class RouteId
{
    private const string Prefix = "r_";
    private const string Letters = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int Length = 28;

    /// <summary>128 bits from the operating system's source: the default source of ids.</summary>
    public static Hash128 NewRandom()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return Hash128.FromBytes(bytes);
    }

    /// <summary>The id's text.</summary>
    public static string Format(Hash128 bits) => string.Create(Length, bits, static (text, value) =>
    {
        Prefix.CopyTo(text);
        var rest = new UInt128(value.High, value.Low);
        for (var i = Length - 1; i >= Prefix.Length; i--)
        {
            text[i] = Letters[(int)(rest & 31)];
            rest >>= 5;
        }
    });

    /// <summary>Reads an id. False where the text is none: another prefix, length or letter.</summary>
    public static bool TryParse(string? text, out Hash128 bits)
    {
        bits = default;
        if (text is not { Length: Length } || !text.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        UInt128 value = 0;
        for (var i = Prefix.Length; i < Length; i++)
        {
            var digit = Letters.IndexOf(text[i], StringComparison.Ordinal);

            // 26 characters have room for two bits more than there are.
            if (digit < 0 || (i == Prefix.Length && digit > 7)) return false;
            value = (value << 5) | (uint)digit;
        }

        bits = new Hash128((ulong)(value >> 64), (ulong)value);
        return true;
    }
}
