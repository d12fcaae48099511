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
    /// <returns>What was put there, to be told when it was refused; null for nothing.</returns>
    string? AddTo(HttpRequestMessage message);

    /// <summary>The endpoint refused it.</summary>
    /// <param name="sent">What was sent.</param>
    /// <returns>True where another one is worth a try.</returns>
    bool Refused(string? sent);

    /// <summary>The endpoint took it.</summary>
    void Accepted();
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

    public string? AddTo(HttpRequestMessage message)
    {
        if (_value is not { } value) return null;
        if (endpoint.KeyHeader == KeyHeader.Bearer) message.Headers.TryAddWithoutValidation("Authorization", "Bearer " + value);
        else message.Headers.TryAddWithoutValidation("api-key", value);
        return value;
    }

    public bool Refused(string? sent) => false;

    public void Accepted()
    {
    }

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
