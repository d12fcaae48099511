using System.Runtime.CompilerServices;

namespace Orchestration.Cli.Telemetry;

/// <summary>
/// Metrics and traces to an OpenTelemetry collector, where the standard variables ask for it: an address in <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> or in that of
/// one signal. Without one nothing is loaded. The exporter itself reads the other variables (headers, protocol, time-outs, intervals, resource).
/// </summary>
internal static class TelemetryExport
{
    /// <summary>The service's name unless <c>OTEL_SERVICE_NAME</c> says otherwise.</summary>
    public const string ServiceName = "orchestrate";

    /// <summary>Starts exporting; null where nobody asks for it. What is disposed of sends the rest, for a few seconds at most.</summary>
    public static IDisposable? Start(Func<string, string?> environment)
    {
        if (Is(environment("OTEL_SDK_DISABLED"), "true")) return null;
        var traces = IsWanted(environment, "TRACES");
        var metrics = IsWanted(environment, "METRICS");
        return traces || metrics ? Open(traces, metrics, string.IsNullOrEmpty(environment("OTEL_SERVICE_NAME")), environment) : null;
    }

    private static bool IsWanted(Func<string, string?> environment, string signal) =>
        !Is(environment($"OTEL_{signal}_EXPORTER"), "none")
        && (!string.IsNullOrWhiteSpace(environment("OTEL_EXPORTER_OTLP_ENDPOINT")) || !string.IsNullOrWhiteSpace(environment($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")));

    private static bool Is(string? value, string expected) => string.Equals(value?.Trim(), expected, StringComparison.OrdinalIgnoreCase);

    // Apart, so that its assemblies are not loaded where nobody exports.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static OtlpPipelines Open(bool traces, bool metrics, bool namesService, Func<string, string?> environment) => new(traces, metrics, namesService, environment);
}
