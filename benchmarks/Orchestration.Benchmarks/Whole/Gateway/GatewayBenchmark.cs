using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Orchestration.Benchmarks.Whole.Gateway;

/// <summary>
/// The gateway as <c>orchestrate serve</c> runs it, with a trained policy, budgets and the router's ledger on, in front of an endpoint that answers at once; wrk, endpoint and gateway on the same
/// cores. Beside it @portkey-ai/gateway, in the same run. Needs wrk, and npm for the peer.
/// </summary>
internal static class GatewayBenchmark
{
    private const string Peer = "1.15.2";
    private const int Runs = 3;
    private const int Seconds = 5;
    private const string Prompt = "Why is the sea salt, and why are rivers not, although all the water of the sea comes from rivers? Explain it to a child of ten, in a few sentences, and name one lake that is salt as well.";

    public static async Task RunAsync(string folder, Report report)
    {
        await using var endpoint = await EndpointAsync(folder, 0);
        var direct = $"http://127.0.0.1:{endpoint.Ready}/v1";
        await using (var gateway = await GatewayAsync(folder, "measured", direct))
        {
            await ThroughputAsync(folder, report, direct, AddressOf(gateway));
            await MemoryAsync(folder, report, gateway);
        }

        await SoakAsync(folder, report);
    }

    private static async Task ThroughputAsync(string folder, Report report, string direct, string gateway)
    {
        var peer = await PeerAsync(folder);
        var peerHeaders = new Dictionary<string, string>(StringComparer.Ordinal) { ["x-portkey-provider"] = "openai", ["x-portkey-custom-host"] = direct, ["authorization"] = "Bearer any" };
        var (auto, plain) = (Body("auto"), Body("instant"));

        // Warm first: what is measured is a gateway that has run for a while.
        await Wrk.RunAsync(folder, gateway + "/chat/completions", auto, null, 32, 10);
        if (peer is not null) await Wrk.RunAsync(folder, PeerAddress, plain, peerHeaders, 32, 5);
        var alone = new List<Wrk>();
        var ours = new List<Wrk>();
        var theirs = new List<Wrk>();
        var one = new List<(Wrk Direct, Wrk Ours, Wrk? Theirs)>();
        for (var run = 0; run < Runs; run++)
        {
            alone.Add(await Wrk.RunAsync(folder, direct + "/chat/completions", plain, null, 32, Seconds));
            ours.Add(await Wrk.RunAsync(folder, gateway + "/chat/completions", auto, null, 32, Seconds));
            if (peer is not null) theirs.Add(await Wrk.RunAsync(folder, PeerAddress, plain, peerHeaders, 32, Seconds));
            one.Add((
                await Wrk.RunAsync(folder, direct + "/chat/completions", plain, null, 1, Seconds),
                await Wrk.RunAsync(folder, gateway + "/chat/completions", auto, null, 1, Seconds),
                peer is null ? null : await Wrk.RunAsync(folder, PeerAddress, plain, peerHeaders, 1, Seconds)));
        }

        var rate = Median(ours.Select(static w => w.PerSecond));
        report.Figure("endpoint alone, 32 connections", Median(alone.Select(static w => w.PerSecond)), "requests/s", "≥ 50,000", Median(alone.Select(static w => w.PerSecond)) >= 50_000);
        report.Figure("gateway, 32 connections", rate, "requests/s");
        report.Figure("gateway, 32 connections, p50", Median(ours.Select(static w => w.Median)), "ms");
        report.Figure("gateway, 32 connections, p99", Median(ours.Select(static w => w.Percentile99)), "ms");
        report.Figure("gateway, answers other than 200", ours.Sum(static w => w.Errors), "", "0", ours.Sum(static w => w.Errors) == 0);
        if (peer is not null)
        {
            var peerRate = Median(theirs.Select(static w => w.PerSecond));
            report.Figure($"@portkey-ai/gateway {Peer}, 32 connections", peerRate, "requests/s");
            report.Figure("times the peer's requests a second", rate / peerRate, "×", "≥ 10", rate / peerRate >= 10);
            report.Figure("peer, one connection, added at p50", Median(one.Select(static o => o.Theirs!.Median - o.Direct.Median)), "ms");
        }

        var (half, tail) = (Median(one.Select(static o => o.Ours.Median - o.Direct.Median)), Median(one.Select(static o => o.Ours.Percentile99 - o.Direct.Percentile99)));
        report.Figure("one connection, direct, p50", Median(one.Select(static o => o.Direct.Median)), "ms");
        report.Figure("one connection, added at p50", half, "ms", "≤ 0.25", half <= 0.25);
        report.Figure("one connection, added at p99", tail, "ms", "≤ 1", tail <= 1);
        if (peer is not null) await peer.DisposeAsync();
    }

    private static async Task MemoryAsync(string folder, Report report, Server gateway)
    {
        const long Wanted = 1_000_000;
        var address = AddressOf(gateway) + "/chat/completions";
        var (before, done, most) = (gateway.Megabytes, 0L, 0.0);
        while (done < Wanted)
        {
            done += (await Wrk.RunAsync(folder, address, Body("auto"), null, 32, 10)).Requests;
            most = Math.Max(most, gateway.Megabytes);
        }

        var after = gateway.Megabytes;
        report.Figure("resident after the measurements above", before, "MB");
        report.Figure("resident, most, over another 1,000,000 requests", most, "MB");
        report.Figure("resident after them", after, "MB", "≤ 1.1 times", after <= before * 1.1);
    }

    private static async Task SoakAsync(string folder, Report report)
    {
        await using var endpoint = await EndpointAsync(folder, 0.05);
        await using var gateway = await GatewayAsync(folder, "soaked", $"http://127.0.0.1:{endpoint.Ready}/v1");
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 32 }) { Timeout = TimeSpan.FromSeconds(60) };
        var address = new Uri(AddressOf(gateway) + "/chat/completions");
        var (answers, errors, silent) = (0L, 0L, 0L);
        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await Task.WhenAll(Enumerable.Range(0, 32).Select(async _ =>
        {
            await Task.Yield();
            while (!over.IsCancellationRequested)
            {
                try
                {
                    using var content = new StringContent(Body("auto"), Encoding.UTF8, "application/json");
                    using var response = await client.PostAsync(address, content);
                    using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
                    if (response.StatusCode == HttpStatusCode.OK && json.RootElement.GetProperty("choices").GetArrayLength() == 1) Interlocked.Increment(ref answers);
                    else if (json.RootElement.GetProperty("error").GetProperty("message").GetString()!.Length > 0) Interlocked.Increment(ref errors);
                    else Interlocked.Increment(ref silent);
                }
                catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException or TaskCanceledException)
                {
                    Interlocked.Increment(ref silent);
                }
            }
        }));
        report.Figure("60 s with 5% faults: answers", answers, "");
        report.Figure("60 s with 5% faults: clear errors", errors, "");
        report.Figure("60 s with 5% faults: neither", silent, "", "0", silent == 0);
    }

    private static Task<Server> EndpointAsync(string folder, double faults) =>
        Server.StartAsync(folder, "", null, Environment.ProcessPath!, "child", "gateway-endpoint", faults.ToString(CultureInfo.InvariantCulture));

    private static async Task<Server> GatewayAsync(string folder, string name, string endpoint)
    {
        var home = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        await RoutingFixture.WriteAsync(home, endpoint);
        return await Server.StartAsync(home, "serving at", null, MeasuredProcess.Executable(), "serve", "--open", "--listen", "http://127.0.0.1:0");
    }

    private static string AddressOf(Server gateway) => gateway.Ready[(gateway.Ready.IndexOf("http", StringComparison.Ordinal))..].TrimEnd('/', ' ') + "/v1";

    private const string PeerAddress = "http://127.0.0.1:18787/v1/chat/completions";

    private static async Task<Server?> PeerAsync(string folder)
    {
        var home = Directory.CreateDirectory(Path.Combine(folder, "peer")).FullName;
        try
        {
            await Wrk.OutputAsync("npm", home, "install", "--no-audit", "--no-fund", "--prefix", home, $"@portkey-ai/gateway@{Peer}");
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            Console.WriteLine($"without the peer: {e.Message}");
            return null;
        }

        return await Server.StartAsync(home, "Ready for connections", new Dictionary<string, string>(StringComparer.Ordinal) { ["NODE_ENV"] = "production" }, "node", Path.Combine("node_modules", "@portkey-ai", "gateway", "build", "start-server.js"), "--port=18787", "--headless");
    }

    private static string Body(string model) => $$"""{"model":"{{model}}","messages":[{"role":"system","content":"You are brief."},{"role":"user","content":"{{Prompt}}"}]}""";

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
