using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Orchestration.Core.Pairs;

/// <summary>The content hashes of pairs and prompts. SHA-256 over length-prefixed UTF-8 fields, so that no two lists of fields collide.</summary>
public static class PairHash
{
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
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var field in fields)
        {
            var bytes = Encoding.UTF8.GetBytes(field);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            sha.AppendData(length);
            sha.AppendData(bytes);
        }

        Span<byte> hash = stackalloc byte[32];
        sha.GetHashAndReset(hash);
        return Hash128.FromBytes(hash);
    }
}
