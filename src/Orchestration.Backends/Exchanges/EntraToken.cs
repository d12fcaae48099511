using Azure.Core;
using Orchestration.Core;
using Orchestration.Core.Configuration;

namespace Orchestration.Backends.Exchanges;

/// <summary>
/// A token of Microsoft Entra ID, fetched before the first call and again before it expires; calls in flight never wait for a renewal while the old one
/// is good. Safe for concurrent use.
/// </summary>
internal sealed class EntraToken(DeploymentConfig config, TokenCredential credential, TimeProvider time) : IEndpointCredential, IDisposable
{
    /// <summary>A token is renewed this long before its end, or when its issuer says.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    /// <summary>A token with less left than this is not sent: the call could arrive after its end.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(30);

    /// <summary>Between two renewals in vain.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile Held? _held;
    private int _isRenewing;

    /// <summary>1 from a refusal until a token is taken again.</summary>
    private int _wasRefused;

    public string? Secret => _held?.Token;

    public string Description => $"a token of Entra ID (identity: {Name}, scope {config.TokenScope})";

    private string Name => config.Identity switch
    {
        EntraIdentity.Managed => "managed",
        EntraIdentity.Workload => "workload",
        EntraIdentity.Environment => "environment",
        EntraIdentity.AzureCli => "azure-cli",
        _ => "default",
    };

    public ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (_held is not { } held || now >= held.LastUse) return new ValueTask(FetchAsync(cancellationToken));
        if (now >= held.RenewAt && Interlocked.Exchange(ref _isRenewing, 1) == 0) _ = RenewAsync();
        return ValueTask.CompletedTask;
    }

    public string? AddTo(HttpRequestMessage message)
    {
        if (_held is not { } held) return null;
        message.Headers.TryAddWithoutValidation("Authorization", held.Header);
        return held.Token;
    }

    /// <summary>A token may be revoked before its end: one more is fetched. Where that one is refused too, it is no matter of the token.</summary>
    public bool Refused(string? sent)
    {
        // Somebody has fetched another one since.
        if (_held is not { } held || held.Token != sent) return true;
        if (Interlocked.Exchange(ref _wasRefused, 1) == 1) return false;
        _held = null;
        return true;
    }

    public void Accepted()
    {
        if (_wasRefused != 0) Interlocked.Exchange(ref _wasRefused, 0);
    }

    public override string ToString() => $"token of Entra ID ({Name})";

    public void Dispose() => _one.Dispose();

    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_held is { } held && time.GetUtcNow() < held.LastUse) return;
            await GetAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new OrchestrationException(
                ErrorCodes.Deployment,
                $"deployment '{config.Name}' ({EndpointAddress.Show(config.Endpoint)}): no token of Entra ID can be had (identity: {Name}, scope {config.TokenScope}): {Redaction.Clean(e.Message, null)}. Sign in, or give the machine an identity that may call it; 'identity' and 'token-scope' choose which.",
                e);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Renews beside the calls; where that fails, the old token is used to its end and fetching then says why.</summary>
    private async Task RenewAsync()
    {
        try
        {
            await GetAsync(CancellationToken.None).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Told by FetchAsync, when there is no token left.
        catch (Exception)
#pragma warning restore CA1031
        {
            await Task.Delay(Pause, time).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Exchange(ref _isRenewing, 0);
        }
    }

    private async Task GetAsync(CancellationToken cancellationToken)
    {
        var token = await credential.GetTokenAsync(new TokenRequestContext([config.TokenScope]), cancellationToken).ConfigureAwait(false);
        var renewAt = token.ExpiresOn - Margin;
        if (token.RefreshOn is { } stated && stated < renewAt) renewAt = stated;
        _held = new Held(token.Token, "Bearer " + token.Token, token.ExpiresOn - Least, renewAt);
    }

    /// <summary>One token; replaced whole, so that nobody sees half of two.</summary>
    private sealed class Held(string token, string header, DateTimeOffset lastUse, DateTimeOffset renewAt)
    {
        public string Token => token;

        public string Header => header;

        public DateTimeOffset LastUse => lastUse;

        public DateTimeOffset RenewAt => renewAt;
    }
}
