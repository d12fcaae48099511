using System.Security.Cryptography;
using System.Text;
using Orchestration.Core;

namespace Orchestration.Silo.Access;

/// <summary>
/// What whoever starts and stops workers may show instead of an API key, from <c>ORCHESTRATE_SCALER_TOKEN</c>: it says how much work waits, and opens nothing else.
/// </summary>
internal sealed class ScalerToken
{
    /// <summary>The variable.</summary>
    public const string Variable = "ORCHESTRATE_SCALER_TOKEN";

    private const int LeastLength = 32;

    private readonly byte[]? _hash;

    private ScalerToken(byte[]? hash) => _hash = hash;

    /// <summary>Reads the variable; where it is not set nothing matches.</summary>
    /// <exception cref="OrchestrationException">It is too short to be a secret (<see cref="ErrorCodes.Configuration"/>).</exception>
    public static ScalerToken Of(Func<string, string?> environment) => environment(Variable) switch
    {
        null or "" => new ScalerToken(null),
        { Length: < LeastLength } => throw new OrchestrationException(ErrorCodes.Configuration, $"{Variable} is shorter than {LeastLength} characters. Make one with: openssl rand -hex 32"),
        var token => new ScalerToken(SHA256.HashData(Encoding.UTF8.GetBytes(token))),
    };

    /// <summary>Whether a text is the token; in a time that does not tell how much of it is right.</summary>
    public bool Is(ReadOnlySpan<char> text)
    {
        if (_hash is null || text.IsEmpty || text.Length > 1024) return false;
        Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var length = Encoding.UTF8.GetBytes(text, bytes);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..length], hash);
        return CryptographicOperations.FixedTimeEquals(hash, _hash);
    }
}
