using OpenTelemetry;
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

    public OtlpPipelines(bool traces, bool metrics, bool namesService)
    {
        if (traces) _traces = Sdk.CreateTracerProviderBuilder().ConfigureResource(Resource).AddSource(Source, "Microsoft.AspNetCore").AddOtlpExporter().Build();
        if (metrics) _metrics = Sdk.CreateMeterProviderBuilder().ConfigureResource(Resource).AddMeter(Source, "Orchestration.Silo", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel").AddOtlpExporter().Build();

        void Resource(ResourceBuilder resource)
        {
            if (namesService) resource.AddService(TelemetryExport.ServiceName, serviceVersion: typeof(OtlpPipelines).Assembly.GetName().Version?.ToString(3));
        }
    }

    public void Dispose()
    {
        _traces?.ForceFlush(FlushMilliseconds);
        _metrics?.ForceFlush(FlushMilliseconds);
        _traces?.Dispose();
        _metrics?.Dispose();
    }
}
