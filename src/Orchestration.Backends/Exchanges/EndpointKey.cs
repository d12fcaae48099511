using Azure.Core;
using Orchestration.Core;
using Orchestration.Core.Configuration;

namespace Orchestration.Backends.Exchanges;

/// <summary>How a request shows who sends it.</summary>
internal interface IEndpointCredential
{
    /// <summary>What must never be shown; null where there is nothing, or where it is not yet known.</summary>
    string? Secret { get; }

    /// <summary>What messages call it.</summary>
    string Description { get; }

    /// <summary>Fetches what has to be fetched before a call; throws where there is nothing to send.</summary>
    /// <exception cref="OrchestrationException">The key is missing, or no token can be had.</exception>
    ValueTask PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Puts it into a request.</summary>
    void AddTo(HttpRequestMessage message);

    /// <summary>The endpoint refused it.</summary>
    /// <returns>True where another one is worth a try.</returns>
    bool Refused();
}

/// <summary>
/// A key, read from its environment variable when it is first needed. A class that shows nothing of itself: the key is handed to a request's header
/// and to the redaction of what comes back, and to nobody else.
/// </summary>
internal sealed class EndpointKey(string deployment, EndpointConfig endpoint, Func<string, string?> environment) : IEndpointCredential
{
    private string? _value;

    public string? Secret => _value;

    public string Description => endpoint.KeyEnvironment is { } variable
        ? $"the key in the environment variable {variable}, sent as {(endpoint.KeyHeader == KeyHeader.Bearer ? "'Authorization: Bearer'" : "'api-key'")}"
        : "no key, because the deployment has no key-env";

    public ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        if (_value is null && endpoint.KeyEnvironment is { } variable) _value = Read(variable);
        return ValueTask.CompletedTask;
    }

    public void AddTo(HttpRequestMessage message)
    {
        if (_value is not { } value) return;
        if (endpoint.KeyHeader == KeyHeader.Bearer) message.Headers.TryAddWithoutValidation("Authorization", "Bearer " + value);
        else message.Headers.TryAddWithoutValidation("api-key", value);
    }

    public bool Refused() => false;

    /// <summary>Shows that there is one, or not; never the key.</summary>
    public override string ToString() => endpoint.KeyEnvironment is { } variable ? $"key from {variable}" : "no key";

    private string Read(string variable)
    {
        var value = environment(variable)?.Trim();
        if (string.IsNullOrEmpty(value))
            throw new OrchestrationException(ErrorCodes.Configuration, $"deployment '{deployment}' ({EndpointAddress.Show(endpoint.Address)}): the environment variable {variable}, which key-env names, is not set. Set it to the endpoint's key, or take key-env out if the endpoint asks for none.");
        foreach (var c in value)
        {
            if (c is <= ' ' or > '~')
                throw new OrchestrationException(ErrorCodes.Configuration, $"deployment '{deployment}': the environment variable {variable} holds a space, a line end or another character that no key has. Set it to the key alone.");
        }

        return value;
    }
}

/// <summary>
/// A token of Microsoft Entra ID, fetched before the first call and again before it expires; calls in flight never wait for a renewal while the old one
/// is good.
/// </summary>
internal sealed class EntraToken(DeploymentConfig config, TokenCredential credential, TimeProvider time) : IEndpointCredential, IDisposable
{
    /// <summary>A token is renewed this long before its end, or when its issuer says.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    /// <summary>A token with less left than this is not sent: the call could arrive after its end.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _one = new(1, 1);
    private AccessToken _token;
    private string? _header;
    private int _isRenewing;
    private bool _wasRefused;

    public string? Secret => _header is null ? null : _token.Token;

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
        if (_header is not null && now < _token.ExpiresOn - Least)
        {
            var renewAt = _token.RefreshOn is { } stated && stated < _token.ExpiresOn - Margin ? stated : _token.ExpiresOn - Margin;
            if (now >= renewAt && Interlocked.Exchange(ref _isRenewing, 1) == 0) _ = RenewAsync();
            return ValueTask.CompletedTask;
        }

        return new ValueTask(FetchAsync(cancellationToken));
    }

    public void AddTo(HttpRequestMessage message) => message.Headers.TryAddWithoutValidation("Authorization", _header);

    /// <summary>A token may be revoked before its end: one more is fetched, once.</summary>
    public bool Refused()
    {
        if (_wasRefused) return false;
        _wasRefused = true;
        _header = null;
        return true;
    }

    public override string ToString() => $"token of Entra ID ({Name})";

    public void Dispose() => _one.Dispose();

    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_header is not null && time.GetUtcNow() < _token.ExpiresOn - Least) return;
            await GetAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (OperationCanceledException or OrchestrationException))
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
            await Task.Delay(TimeSpan.FromSeconds(30), time).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Exchange(ref _isRenewing, 0);
        }
    }

    private async Task GetAsync(CancellationToken cancellationToken)
    {
        var token = await credential.GetTokenAsync(new TokenRequestContext([config.TokenScope]), cancellationToken).ConfigureAwait(false);
        _token = token;
        _header = "Bearer " + token.Token;
        _wasRefused = false;
    }
}
