using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Configuration;

namespace Orchestration.Backends.Http;

/// <summary>The messages of faults that every call of a deployment would meet: what, where, and the cure.</summary>
internal sealed class DeploymentFaults(DeploymentConfig config)
{
    private string Where => $"deployment '{config.Name}' ({EndpointAddress.Show(config.Endpoint)})";

    private string KeySource => config.KeyEnvironment is { } variable
        ? $"the key in the environment variable {variable}, sent as {(config.KeyHeader == KeyHeader.Bearer ? "'Authorization: Bearer'" : "'api-key'")}"
        : "no key, because the deployment has no key-env";

    private string SentModel => config.ServedAs ?? config.Model.Name;

    public OrchestrationException Unauthorized() =>
        Fault($"answered 401 (not authorised) to {KeySource}. {(config.KeyEnvironment is { } variable ? $"Set a valid key in {variable}, or change key-header" : "Add 'key-env: NAME' with the variable that holds the key")}.");

    public OrchestrationException Forbidden(string detail) =>
        Fault($"answered 403 (forbidden) to {KeySource}{Quoted(detail)}. Use a key that may call the model '{SentModel}' from this network.");

    public OrchestrationException NotFound(string detail) =>
        Fault($"answered 404 (not found) for the model '{SentModel}'{Quoted(detail)}. Check 'model' (or 'served-as'), and 'endpoint': {(config.Kind == DeploymentKind.OpenAi ? "it usually ends in /v1, and /chat/completions is appended to it" : "a reward endpoint is called at exactly this address")}.");

    public OrchestrationException Redirected(int status, string? target) =>
        Fault($"answered {Number(status)} (moved){(target is null ? "" : $" to {target}")}. Write the final address as 'endpoint'; redirects are not followed, because the key would go with them.");

    public OrchestrationException Exhausted(int status, string detail) =>
        Fault($"says that the account is exhausted ({Number(status)}){Quoted(detail)}. Waiting does not help: add credit or raise the account's limit, then resume.");

    public OrchestrationException AlwaysRejected(int status, string detail) =>
        Fault($"has rejected three different calls in the same way ({Number(status)}) and has never accepted one{Quoted(detail)}. Check the deployment's options: json, output-limit-parameter, reasoning-model, temperature, model.");

    public OrchestrationException Unreachable(string problem, int attempts) =>
        Fault($"cannot be reached: {problem} ({Number(attempts)} attempts). Check 'endpoint' and that the server runs and can be reached from here.");

    public OrchestrationException StoppedAnswering(string problem, int calls) =>
        Fault($"has stopped answering: {problem}, for {Number(calls)} calls in a row with all their attempts. Bring the server back, then resume.");

    private OrchestrationException Fault(string what) => new(ErrorCodes.Deployment, $"{Where} {what}");

    private static string Quoted(string detail) => detail.Length == 0 ? "" : $": \"{detail}\"";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
