using System.Security.Cryptography;
using System.Text;

namespace Orchestration.Core.Access;

/// <summary>
/// What hashes of keys are made with. It comes from the environment (<see cref="Variable"/>), where a copy of the store alone lets nobody check a guess,
/// or from the store. Keys are 256 random bits, so either way no guess can be made; the hash needs no slowness of its own.
/// </summary>
public sealed class ServerSecret
{
    /// <summary>The environment variable: at least 32 characters, the same in every silo of a store.</summary>
    public const string Variable = "ORCHESTRATE_KEY_SECRET";

    /// <summary>Bytes of a hash.</summary>
    public const int HashBytes = HMACSHA256.HashSizeInBytes;

    private const int FewestCharacters = 32;

    private readonly byte[] _bytes;

    private ServerSecret(byte[] bytes)
    {
        _bytes = bytes;
        Name = Convert.ToHexStringLower(HMACSHA256.HashData(bytes, "orchestration key secret"u8).AsSpan(0, 4));
    }

    /// <summary>Eight hexadecimal digits that tell one secret from another, and nothing of it.</summary>
    public string Name { get; }

    /// <summary>The environment's secret, or the store's, which is made where there is none.</summary>
    /// <exception cref="OrchestrationException">The environment's is too short (<see cref="ErrorCodes.Configuration"/>).</exception>
    public static async ValueTask<ServerSecret> OfAsync(IAccessDirectory directory, Func<string, string?> environment, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(environment);
        if (environment(Variable) is { Length: > 0 } text)
        {
            return text.Length >= FewestCharacters
                ? new ServerSecret(SHA256.HashData(Encoding.UTF8.GetBytes(text)))
                : throw new OrchestrationException(ErrorCodes.Configuration, $"{Variable} has {text.Length} characters; at least {FewestCharacters} are needed, such as those of 'openssl rand -base64 32'.");
        }

        return new ServerSecret(await directory.SecretAsync(RandomNumberGenerator.GetBytes(32), cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The hash of a key.</summary>
    /// <param name="key">The whole key, as characters.</param>
    /// <param name="hash">Receives <see cref="HashBytes"/> bytes.</param>
    public void Hash(ReadOnlySpan<char> key, Span<byte> hash)
    {
        Span<byte> bytes = stackalloc byte[ApiKey.Length];
        var length = Encoding.ASCII.GetBytes(key, bytes);
        HMACSHA256.HashData(_bytes, bytes[..length], hash);
    }
}
