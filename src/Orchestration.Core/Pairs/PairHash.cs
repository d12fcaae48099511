using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Orchestration.Core.Pairs;

/// <summary>The content hashes of pairs and prompts. SHA-256 over length-prefixed UTF-8 fields, so that no two lists of fields collide.</summary>
public static class PairHash
{
    /// <summary>Bytes that are hashed without a rented array.</summary>
    private const int OnStack = 1024;

    /// <summary>The group of a prompt that names none: the first 16 hexadecimal digits of the SHA-256 of its UTF-8 text.</summary>
    public static string Group(string prompt) => Group(Encoding.UTF8.GetBytes(prompt));

    /// <inheritdoc cref="Group(string)"/>
    public static string Group(ReadOnlySpan<byte> promptUtf8)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(promptUtf8, hash);
        return Convert.ToHexStringLower(hash[..8]);
    }

    /// <summary>Content address of a pair: prompt and answer. The reference is not part of it; judges that read a reference add its hash to theirs.</summary>
    public static Hash128 Of(Pair pair) => Of("pair", pair.Prompt, pair.Answer);

    /// <summary>Content address of a comparison in the order in which it is shown.</summary>
    public static Hash128 Of(Comparison comparison) => Of("comparison", comparison.Prompt, comparison.AnswerA, comparison.AnswerB);

    /// <summary>Hash of a list of texts, each prefixed by its length in bytes.</summary>
    public static Hash128 Of(params ReadOnlySpan<string> fields)
    {
        var length = 0;
        foreach (var field in fields) length = checked(length + sizeof(int) + Encoding.UTF8.GetByteCount(field));

        // In one piece: a hash that is fed in parts costs several calls into the library of the system.
        byte[]? rented = null;
        var bytes = length <= OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(length);
        var at = 0;
        foreach (var field in fields)
        {
            var written = Encoding.UTF8.GetBytes(field, bytes[(at + sizeof(int))..]);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[at..], written);
            at += sizeof(int) + written;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..at], hash);
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return Hash128.FromBytes(hash);
    }
}
