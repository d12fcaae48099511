using System.Globalization;
using Orchestration.Backends.Clients;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;

namespace Orchestration.Backends.Exchanges;

/// <summary>The messages of faults that every call of a deployment would meet: what, where, and the cure.</summary>
internal sealed class DeploymentFaults(DeploymentConfig config, EndpointConfig endpoint, IEndpointCredential credential)
{
    private string Where => $"deployment '{config.Name}' ({EndpointAddress.Show(endpoint.Address)})";

    private string SentModel => endpoint.ServedAs ?? config.Model.Name;

    private string Cure => config.Identity is not null ? "Check 'token-scope' and that the identity has a role on the resource (Cognitive Services OpenAI User)"
        : endpoint.KeyEnvironment is { } variable ? $"Set a valid key in {variable}, or change key-header"
        : "Add 'key-env: NAME' with the variable that holds the key";

    public OrchestrationException Unauthorized() =>
        Fault($"answered 401 (not authorised) to {credential.Description}. {Cure}.");

    public OrchestrationException Forbidden(string detail) =>
        Fault($"answered 403 (forbidden) to {credential.Description}{Quoted(detail)}. Use a key that may call the model '{SentModel}' from this network.");

    public OrchestrationException NotFound(string detail) =>
        Fault($"answered 404 (not found) for the model '{SentModel}'{Quoted(detail)}. Check 'model' (or 'served-as'), and 'endpoint': {(config.IsChat ? "it usually ends in /v1, and /chat/completions is appended to it" : "a reward endpoint is called at exactly this address")}.");

    public OrchestrationException Redirected(int status, string? target) =>
        Fault($"answered {Number(status)} (moved){(target is null ? "" : $" to {target}")}. Write the final address as 'endpoint'; redirects are not followed, because the key would go with them.");

    public OrchestrationException AlwaysRejected(int status, string detail) =>
        Fault($"has rejected three different calls in the same way ({Number(status)}) and has hardly accepted any{Quoted(detail)}. Check the deployment's options: json, output-limit-parameter, reasoning-model, temperature, model.");

    public OrchestrationException Unreachable(string problem, int attempts) =>
        Fault($"cannot be reached: {problem} ({Number(attempts)} attempts). Check 'endpoint' and that the server runs and can be reached from here.");

    /// <summary>The call would have had to wait for longer than it may.</summary>
    public ChatCallException Busy(TimeSpan? wait) =>
        new(UnscoredReason.Unavailable, $"{Where} is busy{(wait is { } stated ? string.Create(CultureInfo.InvariantCulture, $" and is left alone for another {stated.TotalSeconds:0.#} s") : ": no place or permit came in time")}.");

    /// <summary>The call alone failed: no attempt brought a whole reply.</summary>
    public ChatCallException WithoutReply(string reason, string problem, int attempts) =>
        new(reason, $"{Where} brought no whole reply: {problem} ({Number(attempts)} attempts).");

    private OrchestrationException Fault(string what) => new(ErrorCodes.Deployment, $"{Where} {what}");

    private static string Quoted(string detail) => detail.Length == 0 ? "" : $": \"{detail}\"";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
