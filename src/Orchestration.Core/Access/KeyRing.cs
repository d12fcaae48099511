using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;

namespace Orchestration.Core.Access;

/// <summary>Why a key is not accepted.</summary>
public enum KeyRefusal
{
    /// <summary>It is accepted.</summary>
    None,

    /// <summary>The text is no key, or no such key was made, or its secret is wrong: not told apart.</summary>
    Unknown,

    /// <summary>It was revoked.</summary>
    Revoked,

    /// <summary>Its time is over.</summary>
    Expired,
}

/// <summary>
/// The keys of a store, held in memory by a silo so that checking one costs no query. <see cref="RunAsync"/> follows the store: a key that was made or revoked
/// elsewhere counts, or counts no more, here within a second. While the store does not answer, the keys known last go on counting. Safe for concurrent use.
/// </summary>
/// <param name="directory">Where keys are kept.</param>
/// <param name="secret">What hashes are made with.</param>
/// <param name="time">Tells when a key's time is over.</param>
/// <param name="onNote">Told of keys that can never be accepted here, and of a store that does not answer.</param>
public sealed class KeyRing(IAccessDirectory directory, ServerSecret secret, TimeProvider time, Action<string>? onNote = null)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private volatile FrozenDictionary<string, AccessKey> _keys = FrozenDictionary<string, AccessKey>.Empty;
    private long _version = -1;

    /// <summary>Keys known, revoked ones too.</summary>
    public int Count => _keys.Count;

    /// <summary>Checks a key's text.</summary>
    /// <param name="text">What the caller sent.</param>
    /// <param name="key">The key; null where it is not accepted.</param>
    public KeyRefusal Check(ReadOnlySpan<char> text, out AccessKey? key)
    {
        key = null;
        Span<byte> hash = stackalloc byte[ServerSecret.HashBytes];
        if (!ApiKey.TryId(text, out var id)) return KeyRefusal.Unknown;
        secret.Hash(text, hash);
        if (!_keys.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(id, out var found) || !CryptographicOperations.FixedTimeEquals(hash, found.Hash.Span)) return KeyRefusal.Unknown;
        if (found.RevokedAt is not null) return KeyRefusal.Revoked;
        if (!found.CountsAt(time.GetUtcNow())) return KeyRefusal.Expired;
        key = found;
        return KeyRefusal.None;
    }

    /// <summary>Reads the keys where they changed since the last time.</summary>
    /// <returns>True where they did.</returns>
    public async ValueTask<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        // The number first: a change between the two is read twice, and never missed.
        var version = await directory.VersionAsync(cancellationToken).ConfigureAwait(false);
        if (version == _version) return false;
        var keys = await directory.ListAsync(cancellationToken).ConfigureAwait(false);
        _keys = keys.ToFrozenDictionary(static k => k.Id, StringComparer.Ordinal);
        _version = version;
        var foreign = keys.Count(k => k.RevokedAt is null && k.Secret != secret.Name);
        if (foreign != 0)
        {
            onNote?.Invoke(string.Create(
                CultureInfo.InvariantCulture, $"{foreign} of {keys.Count} keys were made with another server secret and are refused here: give every silo, and 'orchestrate key', the same {ServerSecret.Variable}"));
        }

        return true;
    }

    /// <summary>Follows the store until told to stop.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var isAway = false;
        try
        {
            while (true)
            {
                await directory.WaitAsync(Look, cancellationToken).ConfigureAwait(false);
                try
                {
                    await RefreshAsync(cancellationToken).ConfigureAwait(false);
                    isAway = false;
                }
                catch (OrchestrationException e) when (e.Code == ErrorCodes.Store)
                {
                    if (!isAway) onNote?.Invoke($"keys cannot be read, those known last go on counting: {e.Message}");
                    isAway = true;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo ends.
        }
    }
}
