using Orchestration.Core;
using Orchestration.Core.Configuration;

namespace Orchestration.Backends.Http;

/// <summary>
/// A deployment's key, read from its environment variable when it is first needed. A class that shows nothing of itself: the key is
/// handed to a request's header and to the redaction of what comes back, and to nobody else.
/// </summary>
internal sealed class EndpointKey(DeploymentConfig config, Func<string, string?> environment)
{
    private string? _value;

    /// <summary>The key; null where the deployment has none.</summary>
    /// <exception cref="OrchestrationException">The variable is not set, or holds what cannot be a key.</exception>
    public string? Value()
    {
        if (config.KeyEnvironment is not { } variable) return null;
        if (_value is not null) return _value;
        var value = environment(variable)?.Trim();
        if (string.IsNullOrEmpty(value))
            throw new OrchestrationException(ErrorCodes.Configuration, $"deployment '{config.Name}' ({EndpointAddress.Show(config.Endpoint)}): the environment variable {variable}, which key-env names, is not set. Set it to the endpoint's key, or take key-env out if the endpoint asks for none.");
        foreach (var c in value)
        {
            if (c is <= ' ' or > '~')
                throw new OrchestrationException(ErrorCodes.Configuration, $"deployment '{config.Name}': the environment variable {variable} holds a space, a line end or another character that no key has. Set it to the key alone.");
        }

        return _value = value;
    }

    /// <summary>Puts the key into a request.</summary>
    public void AddTo(HttpRequestMessage message)
    {
        if (Value() is not { } value) return;
        if (config.KeyHeader == KeyHeader.Bearer) message.Headers.TryAddWithoutValidation("Authorization", "Bearer " + value);
        else message.Headers.TryAddWithoutValidation("api-key", value);
    }

    /// <summary>Shows that there is one, or not; never the key.</summary>
    public override string ToString() => config.KeyEnvironment is { } variable ? $"key from {variable}" : "no key";
}
