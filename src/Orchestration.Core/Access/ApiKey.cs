using System.Buffers;
using System.Security.Cryptography;

namespace Orchestration.Core.Access;

/// <summary>
/// The text of an API key: <c>ok_ID_SECRET</c>, the id 12 and the secret 52 characters of <c>a–z2–7</c> (RFC 4648 base 32 in lower case), of which the
/// secret carries 256 random bits. Shown once, when it is made; kept only as a hash.
/// </summary>
public static class ApiKey
{
    /// <summary>What every key begins with, so that a scanner for leaked secrets can tell one.</summary>
    public const string Prefix = "ok_";

    /// <summary>Characters of an id.</summary>
    public const int IdLength = 12;

    /// <summary>Characters of a key.</summary>
    public const int Length = 3 + IdLength + 1 + SecretLength;

    private const int SecretLength = 52;
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    private static readonly SearchValues<char> Letters = SearchValues.Create(Alphabet);

    /// <summary>Makes a key.</summary>
    /// <param name="secret">What its hash is made with.</param>
    /// <param name="name">What people call it.</param>
    /// <param name="roles">What it allows.</param>
    /// <param name="limits">How much it may use.</param>
    /// <param name="createdAt">Now.</param>
    /// <param name="expiresAt">When it stops to count; null for never.</param>
    /// <returns>Its text, to be shown once, and what is kept of it.</returns>
    public static (string Text, AccessKey Key) Create(ServerSecret secret, string name, AccessRoles roles, KeyLimits limits, DateTimeOffset createdAt, DateTimeOffset? expiresAt)
    {
        ArgumentNullException.ThrowIfNull(secret);
        var id = Encode(RandomNumberGenerator.GetBytes(8), IdLength);
        var text = Prefix + id + "_" + Encode(RandomNumberGenerator.GetBytes(32), SecretLength);
        var hash = new byte[ServerSecret.HashBytes];
        secret.Hash(text, hash);
        return (text, new AccessKey { Id = id, Name = name, Roles = roles, Limits = limits, Hash = hash, Secret = secret.Name, CreatedAt = createdAt, ExpiresAt = expiresAt });
    }

    /// <summary>The id of a text that has a key's form.</summary>
    public static bool TryId(ReadOnlySpan<char> text, out ReadOnlySpan<char> id)
    {
        id = default;
        if (text.Length != Length || !text.StartsWith(Prefix, StringComparison.Ordinal) || text[Prefix.Length + IdLength] != '_') return false;
        id = text.Slice(Prefix.Length, IdLength);
        return !id.ContainsAnyExcept(Letters) && !text[(Prefix.Length + IdLength + 1)..].ContainsAnyExcept(Letters);
    }

    private static string Encode(ReadOnlySpan<byte> bytes, int length)
    {
        Span<char> text = stackalloc char[length];
        var (held, bits, next) = (0u, 0, 0);
        for (var i = 0; i < length; i++)
        {
            if (bits < 5)
            {
                held = (held << 8) | (next < bytes.Length ? bytes[next] : 0u);
                next++;
                bits += 8;
            }

            bits -= 5;
            text[i] = Alphabet[(int)((held >> bits) & 31)];
        }

        return new string(text);
    }
}
