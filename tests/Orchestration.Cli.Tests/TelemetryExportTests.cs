using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using Orchestration.Cli.Telemetry;
using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests;

/// <summary>A sweep in a process of its own, and a collector that really receives what it exports.</summary>
public sealed class TelemetryExportTests : IDisposable
{
    private const string Key = "sk-test-0123456789abcdefXYZ";

    private readonly CliRun _cli = new();

    private static string Samples => Path.Combine(PublicData.RepositoryRoot, "samples", "pairs.jsonl");

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_sweep_exports_a_span_for_each_call_and_its_metrics_without_texts_or_keys()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.Zero);
        await using var collector = Collector.Start();

        using var process = new ProcessRun(_cli.Folder, Environment(collector), Sweep());
        (await process.ExitAsync()).ShouldBe(0, await process.Error);

        var calls = endpoint.Statistics().Delivered;
        calls.ShouldBe(168);
        Count(collector.All("/v1/traces"), "chat scripted-judge").ShouldBe((int)calls);
        var metrics = collector.All("/v1/metrics");
        foreach (var name in (string[])["gen_ai.client.operation.duration", "gen_ai.client.token.usage", "orchestration.call.cost", "orchestration.call.queue.duration", "orchestration.quota.utilization", "clarity-deployment"])
            metrics.ShouldContain(name);
        foreach (var sent in (string[])[collector.All("/v1/traces"), metrics])
        {
            sent.ShouldContain("orchestrate");
            sent.ShouldNotContain(Key);
            sent.ShouldNotContain("impartial");
            sent.ShouldNotContain("gen_ai.input.messages");
        }
    }

    [Fact]
    public async Task Metrics_alone_go_to_an_address_and_by_a_protocol_of_their_own()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.Zero);
        await using var collector = Collector.Start();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = new Uri(collector.Address, "v1/metrics").ToString(),
            ["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"] = "http/protobuf",
            ["OTEL_SERVICE_NAME"] = "orchestrate-worker",
            ["TEST_KEY"] = Key,
        };

        using var process = new ProcessRun(_cli.Folder, environment, Sweep());
        (await process.ExitAsync()).ShouldBe(0, await process.Error);

        collector.All("/v1/metrics").ShouldContain("gen_ai.client.operation.duration");
        collector.All("/v1/metrics").ShouldContain("orchestrate-worker");
        collector.All("/v1/traces").ShouldBeEmpty();
    }

    [Fact]
    public async Task Interrupted_it_still_exports_what_it_did_and_texts_only_where_they_are_asked_for()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.FromMilliseconds(50));
        await using var collector = Collector.Start();
        var environment = Environment(collector);
        environment["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true";
        environment["OTEL_METRICS_EXPORTER"] = "none";

        using var process = new ProcessRun(_cli.Folder, environment, Sweep());
        await Task.WhenAny(endpoint.RequestsReachedAsync(20), process.Exited);
        process.Interrupt();
        (await process.ExitAsync()).ShouldBe(130, await process.Error);

        var traces = collector.All("/v1/traces");

        // Calls that were still waiting for their turn have a span without a response.
        Count(traces, "gen_ai.response.id").ShouldBe((int)endpoint.Statistics().Delivered);
        traces.ShouldContain("gen_ai.input.messages");
        traces.ShouldNotContain(Key);
        collector.All("/v1/metrics").ShouldBeEmpty();
    }

    [Theory]
    [InlineData(null, null, null, false)]
    [InlineData("OTEL_TRACES_EXPORTER", "otlp", null, false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9", null, true)]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://127.0.0.1:9", null, true)]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://127.0.0.1:9", "OTEL_METRICS_EXPORTER=none", false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9", "OTEL_SDK_DISABLED=true", false)]
    public void Nothing_is_started_unless_an_address_is_set(string? name, string? value, string? other, bool isStarted)
    {
        using var started = TelemetryExport.Start(asked => asked == name ? value : other is not null && other.StartsWith(asked + "=", StringComparison.Ordinal) ? other[(asked.Length + 1)..] : null);

        (started is not null).ShouldBe(isStarted);
    }

    private static int Count(string text, string part)
    {
        var count = 0;
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + part.Length, StringComparison.Ordinal)) count++;
        return count;
    }

    private static Dictionary<string, string> Environment(Collector collector) => new(StringComparer.Ordinal)
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address.ToString(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["TEST_KEY"] = Key,
    };

    private async Task<ScriptedEndpoint> EndpointAsync(TimeSpan latency)
    {
        var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { ApiKey = Key, Latency = latency }, cancellationToken: TestContext.Current.CancellationToken);
        _cli.Write("orchestration.yaml", string.Create(CultureInfo.InvariantCulture, $$"""
            deployments:
              clarity-deployment:
                endpoint: {{endpoint.ChatEndpoint}}
                model: scripted-judge
                key-env: TEST_KEY
                prices: {input: 0.40, output: 1.60}
                limits: {concurrency: 4, requests-per-minute: 60000}
            """));
        return endpoint;
    }

    private string[] Sweep() =>
        ["sweep", "run", "--pairs", Samples, "--judges", "clarity@clarity-deployment", "--config", _cli.At("orchestration.yaml"), "--store", _cli.At("store.db"), "--out", _cli.At("out"), "--json"];

    /// <summary>Takes OTLP over HTTP, as a collector does, and keeps the bodies.</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly ConcurrentQueue<(string Path, string Body)> _received = new();
        private readonly Task _serving;

        private Collector(Uri address)
        {
            Address = address;
            _listener.Prefixes.Add(address.ToString());
            _listener.Start();
            _serving = ServeAsync();
        }

        public Uri Address { get; }

        public static Collector Start()
        {
            using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();
            return new Collector(new Uri($"http://127.0.0.1:{port}/"));
        }

        /// <summary>Bodies of one path; protobuf keeps texts as they are.</summary>
        public string All(string path) => string.Concat(_received.Where(r => r.Path == path).Select(r => r.Body));

        public async ValueTask DisposeAsync()
        {
            _listener.Close();
            await _serving;
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    var context = await _listener.GetContextAsync();
                    using var body = new MemoryStream();
                    await context.Request.InputStream.CopyToAsync(body);
                    context.Request.ContentType.ShouldBe("application/x-protobuf");
                    _received.Enqueue((context.Request.Url!.AbsolutePath, Encoding.Latin1.GetString(body.ToArray())));
                    context.Response.ContentType = "application/x-protobuf";
                    context.Response.Close();
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                // Disposed of.
            }
        }
    }
}
