using Azure.Core;
using Orchestration.Backends.Exchanges;
using Orchestration.Core;
using Orchestration.Core.Stores;

namespace Orchestration.Backends.Identity;

/// <summary>
/// The password of a database that takes tokens of Microsoft Entra ID: a token, kept until five minutes before its end and then fetched again. Where that fails, the old one
/// is used to its end. Only new connections ask for it; those that are open live on. Safe for concurrent use.
/// </summary>
public sealed class StorePassword
{
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    /// <summary>A token with less left than this could arrive after its end.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(30);

    private readonly StoreIdentity _identity;
    private readonly TokenCredential _credential;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private Task<AccessToken>? _fetching;
    private AccessToken? _held;

    /// <summary>Fetches nothing yet.</summary>
    /// <param name="identity">Whose token.</param>
    /// <param name="time">Tells when a token ends.</param>
    /// <param name="credential">Where it comes from; null for Azure.Identity's own.</param>
    public StorePassword(StoreIdentity identity, TimeProvider time, TokenCredential? credential = null)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(time);
        (_identity, _time) = (identity, time);
        _credential = credential ?? EntraCredentials.Of(identity.Identity, identity.ClientId);
    }

    /// <summary>A source of passwords for an identity, as stores want it.</summary>
    public static Func<CancellationToken, ValueTask<string>> Of(StoreIdentity identity, TimeProvider time) => new StorePassword(identity, time).GetAsync;

    /// <summary>A token that is good now.</summary>
    /// <exception cref="OrchestrationException">None can be had (<see cref="ErrorCodes.Store"/>).</exception>
    public async ValueTask<string> GetAsync(CancellationToken cancellationToken)
    {
        Task<AccessToken> fetching;
        AccessToken? old;
        lock (_lock)
        {
            old = _held;
            if (old is { } held && _time.GetUtcNow() < held.ExpiresOn - Margin) return held.Token;

            // Many connections may be opened at once: one asks for all of them, and none of their cancellations ends it for the others.
            if (_fetching is null or { IsCompleted: true }) _fetching = FetchAsync();
            fetching = _fetching;
        }

        try
        {
            return (await fetching.WaitAsync(cancellationToken).ConfigureAwait(false)).Token;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            if (old is { } held && _time.GetUtcNow() < held.ExpiresOn - Least) return held.Token;
            throw new OrchestrationException(
                ErrorCodes.Store,
                $"no token of Entra ID can be had for the store (identity: {_identity.Name}, scope {_identity.TokenScope}): {Redaction.Clean(e.Message, null)}. Sign in, or give the machine an identity that may use the database; 'identity' and 'identity-client-id' in the store's address choose which.",
                e);
        }
    }

    private async Task<AccessToken> FetchAsync()
    {
        var token = await _credential.GetTokenAsync(new TokenRequestContext([_identity.TokenScope]), CancellationToken.None).ConfigureAwait(false);
        lock (_lock) _held = token;
        return token;
    }
}
