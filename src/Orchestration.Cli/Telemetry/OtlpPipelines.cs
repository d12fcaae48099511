using System.Globalization;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Orchestration.Cli.Telemetry;

/// <summary>The SDK's providers with OTLP exporters, for this process's own meter and source.</summary>
internal sealed class OtlpPipelines : IDisposable
{
    private const string Source = "Orchestration.Backends";

    /// <summary>A collector that is away must not keep a finished command.</summary>
    private const int FlushMilliseconds = 5000;

    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _metrics;

    public OtlpPipelines(bool traces, bool metrics, bool namesService, Func<string, string?> environment)
    {
        if (traces) _traces = Sdk.CreateTracerProviderBuilder().ConfigureResource(Resource).AddSource(Source, "Microsoft.AspNetCore").AddOtlpExporter(o => ReadOwn(o, "TRACES", environment)).Build();
        if (metrics) _metrics = Sdk.CreateMeterProviderBuilder().ConfigureResource(Resource).AddMeter(Source, "Orchestration.Silo", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel").AddOtlpExporter(o => ReadOwn(o, "METRICS", environment)).Build();

        void Resource(ResourceBuilder resource)
        {
            if (namesService) resource.AddService(TelemetryExport.ServiceName, serviceVersion: typeof(OtlpPipelines).Assembly.GetName().Version?.ToString(3));
        }
    }

    /// <summary>A signal's own variables override those of both, which is all that the exporter reads by itself. The address of one signal is used as it stands.</summary>
    private static void ReadOwn(OtlpExporterOptions options, string signal, Func<string, string?> environment)
    {
        if (environment($"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL") is { Length: > 0 } protocol) options.Protocol = protocol == "grpc" ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        if (Uri.TryCreate(environment($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"), UriKind.Absolute, out var endpoint)) options.Endpoint = endpoint;
        if (environment($"OTEL_EXPORTER_OTLP_{signal}_HEADERS") is { Length: > 0 } headers) options.Headers = headers;
        if (int.TryParse(environment($"OTEL_EXPORTER_OTLP_{signal}_TIMEOUT"), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)) options.TimeoutMilliseconds = milliseconds;
    }

    public void Dispose()
    {
        _traces?.ForceFlush(FlushMilliseconds);
        _metrics?.ForceFlush(FlushMilliseconds);
        _traces?.Dispose();
        _metrics?.Dispose();
    }
}
