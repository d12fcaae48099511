using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Orchestration.Backends;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;

namespace Orchestration.Benchmarks.Whole;

/// <summary>How much of an endpoint's quota a sweep uses, what it does to faults, and how many calls it can keep in flight; counted at the endpoint.</summary>
internal static class QuotaBenchmarks
{
    private static readonly TokenPrices Prices = new(0.40m, 0.10m, 1.60m, 1.60m);

    /// <summary>A configured limit of requests over three minutes, kept by two processes on one store.</summary>
    public static async Task RequestsAsync(string folder, Report report)
    {
        var limits = new ScriptedLimits { RequestsPerMinute = 6000 };
        await using var endpoint = await StartAsync(folder, limits, "{concurrency: 64, requests-per-minute: 6000}", 50);
        var pairs = BenchmarkData.WritePairs(Path.Combine(folder, "pairs.jsonl"), 18_600, 400);
        string[] sweep = ["sweep", "run", "--pairs", pairs, "--judges", "helpfulness@local", "--out", "out", "--json"];
        await MeasuredProcess.RunAsync(folder, sweep);
        var seen = endpoint.Arrivals();
        var used = seen.ShareOfRequestsUsed(TimeSpan.Zero, TimeSpan.FromMinutes(3));
        report.Figure("6,000 requests a minute, three minutes: share of the quota used", used * 100, "%", "≥ 98", used >= 0.98);
        Refused(report, seen);
        report.Figure("most requests in any 60 s", seen.MostRequestsIn(TimeSpan.FromSeconds(60)), "", "≤ 6,000", seen.MostRequestsIn(TimeSpan.FromSeconds(60)) <= 6000);
        report.Figure("most requests in any second", seen.MostRequestsIn(TimeSpan.FromSeconds(1)), "", "≤ 150", seen.MostRequestsIn(TimeSpan.FromSeconds(1)) <= 150);
    }

    /// <summary>The same quota shared by two processes.</summary>
    public static async Task TwoProcessesAsync(string folder, Report report)
    {
        var limits = new ScriptedLimits { RequestsPerMinute = 6000 };
        await using var endpoint = await StartAsync(folder, limits, "{concurrency: 64, requests-per-minute: 6000}", 50);
        var pairs = BenchmarkData.WritePairs(Path.Combine(folder, "pairs.jsonl"), 6_300, 400);
        await Task.WhenAll(new[] { "clarity", "honesty" }.Select(judge =>
            MeasuredProcess.RunAsync(folder, "sweep", "run", "--pairs", pairs, "--judges", judge + "@local", "--out", judge, "--json")));
        var seen = endpoint.Arrivals();
        var used = seen.ShareOfRequestsUsed(TimeSpan.Zero, TimeSpan.FromMinutes(2));
        report.Figure("two sweeps in two processes on one store, 6,000 requests a minute, two minutes: share of the quota used", used * 100, "%", "≥ 98", used >= 0.98);
        Refused(report, seen);
        report.Figure("most requests in any 60 s", seen.MostRequestsIn(TimeSpan.FromSeconds(60)), "", "≤ 6,000", seen.MostRequestsIn(TimeSpan.FromSeconds(60)) <= 6000);
        report.Figure("most requests in any second", seen.MostRequestsIn(TimeSpan.FromSeconds(1)), "", "≤ 150", seen.MostRequestsIn(TimeSpan.FromSeconds(1)) <= 150);
    }

    /// <summary>A configured limit of tokens, prompts of very different length, charged as reserved.</summary>
    public static async Task TokensAsync(string folder, Report report)
    {
        const long Quota = 3_000_000;
        var limits = new ScriptedLimits { TokensPerMinute = Quota, Charge = ScriptedTokenCharge.AsReserved };
        await using var endpoint = await StartAsync(folder, limits, $"{{concurrency: 64, tokens-per-minute: {Quota.ToString(CultureInfo.InvariantCulture)}}}", 50);
        var pairs = Path.Combine(folder, "pairs.jsonl");
        await using (var file = new StreamWriter(pairs))
        {
            // Answers from a hundred bytes to some sixteen thousand, evenly by their logarithm.
            var random = new Random(3);
            for (var i = 0; i < 12_000; i++)
            {
                var part = BenchmarkData.WritePairs(Path.Combine(folder, "one.jsonl"), 1, (int)(100 * Math.Pow(160, random.NextDouble())));
                var line = (await File.ReadAllTextAsync(part)).Replace("\"p0\"", string.Create(CultureInfo.InvariantCulture, $"\"p{i}\""), StringComparison.Ordinal)
                    .Replace("\"answer\":\"", string.Create(CultureInfo.InvariantCulture, $"\"answer\":\"{i} "), StringComparison.Ordinal);
                await file.WriteAsync(line);
            }
        }

        await MeasuredProcess.RunForAsync(folder, TimeSpan.FromSeconds(184), "sweep", "run", "--pairs", pairs, "--judges", "helpfulness@local", "--out", "out", "--json");
        var seen = endpoint.Arrivals();
        Series(seen);
        var used = seen.ShareOfTokensUsed(TimeSpan.Zero, TimeSpan.FromMinutes(3));
        report.Figure("3,000,000 tokens a minute charged as reserved, three minutes: share of the quota used", used * 100, "%", "≥ 98", used >= 0.98);
        Refused(report, seen);
        report.Figure("most tokens in any 60 s", seen.MostTokensIn(TimeSpan.FromSeconds(60)), "", "≤ 3,000,000", seen.MostTokensIn(TimeSpan.FromSeconds(60)) <= Quota);
        var lengths = seen.All.Select(a => a.Tokens).Order().ToArray();
        report.Figure("tokens of a call, 5th percentile", lengths[lengths.Length / 20], "");
        report.Figure("tokens of a call, 95th percentile", lengths[lengths.Length * 19 / 20], "");
    }

    /// <summary>A limit that nobody states and no header tells.</summary>
    public static async Task HiddenAsync(string folder, Report report)
    {
        foreach (var hint in new[] { ScriptedRetryHint.None, ScriptedRetryHint.Seconds })
        {
            var limits = new ScriptedLimits { RequestsPerMinute = 6000, RetryHint = hint };
            var name = Directory.CreateDirectory(Path.Combine(folder, hint.ToString())).FullName;
            await using var endpoint = await StartAsync(name, limits, "{concurrency: 64}", 50);
            var pairs = BenchmarkData.WritePairs(Path.Combine(name, "pairs.jsonl"), 20_000, 400);
            await MeasuredProcess.RunForAsync(name, TimeSpan.FromSeconds(125), "sweep", "run", "--pairs", pairs, "--judges", "helpfulness@local", "--out", "out", "--json");
            var seen = endpoint.Arrivals();
            Series(seen);
            var used = seen.ShareOfRequestsUsed(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(120));
            var said = hint == ScriptedRetryHint.None ? "429 without a header" : "429 with Retry-After in seconds";
            report.Figure($"hidden limit of 6,000 requests a minute, {said}: share used from 30 s to 120 s", used * 100, "%", "≥ 90", used >= 0.9);
            report.Figure("calls answered 429", seen.RefusedShare * 100, "%");
        }
    }

    /// <summary>One call in ten meets a fault: every pair is scored, and the books agree.</summary>
    public static async Task FaultsAsync(string folder, Report report)
    {
        const int Rows = 20_000;
        var faults = new Dictionary<ScriptedFault, double>
        {
            [ScriptedFault.TooManyRequests] = 0.01,
            [ScriptedFault.RetryAfterMilliseconds] = 0.01,
            [ScriptedFault.RequestTimeout] = 0.01,
            [ScriptedFault.ServerError] = 0.01,
            [ScriptedFault.BadGateway] = 0.01,
            [ScriptedFault.Overloaded] = 0.005,
            [ScriptedFault.ConnectionReset] = 0.01,
            [ScriptedFault.CutConnection] = 0.01,
            [ScriptedFault.TruncatedJson] = 0.01,
            [ScriptedFault.InvalidJson] = 0.005,
            [ScriptedFault.NoChoices] = 0.005,
            [ScriptedFault.SlowBody] = 0.004,
            [ScriptedFault.Hang] = 0.001,
        };
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions
        {
            Latency = TimeSpan.FromMilliseconds(20),
            Prices = Prices,
            Faults = faults,
            RetryAfter = TimeSpan.FromMilliseconds(200),
            TrackContents = true,
        });
        await WriteConfigurationAsync(folder, endpoint, "{concurrency: 64}", ", timeout-seconds: 5, prices: {input: 0.40, cached: 0.10, output: 1.60}");
        var pairs = BenchmarkData.WritePairs(Path.Combine(folder, "pairs.jsonl"), Rows, 400);
        const decimal Cap = 500;
        var run = await MeasuredProcess.RunAsync(folder, "sweep", "run", "--pairs", pairs, "--judges", "helpfulness@local", "--max-cost", "500", "--out", "out", "--json");
        var seen = endpoint.Statistics();
        using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "out", "summary.json")));
        var settled = run.Line.GetProperty("cost_usd").GetDecimal();
        var unknown = summary.RootElement.GetProperty("unknown_cost_usd").GetDecimal();
        var scored = run.Line.GetProperty("scored").GetInt64();
        report.Figure("10% of attempts meet one of thirteen faults, 20,000 pairs: scored", scored, "", "20,000", scored == Rows);
        if (scored != Rows) report.Figure("why not: " + summary.RootElement.GetProperty("columns")[0].GetProperty("unscored").EnumerateObject().First().Name, Rows - scored, "");
        report.Figure("attempts that met a fault", seen.Faults.Values.Sum(), "");
        report.Figure("judgments delivered twice", seen.RepeatedDeliveries, "", "0", seen.RepeatedDeliveries == 0);
        report.Figure("settled", (double)settled, "USD");
        report.Figure("the endpoint's count for replies delivered whole", (double)seen.DeliveredCostUsd, "USD", "as settled", seen.DeliveredCostUsd == settled);
        report.Figure("the endpoint's own total", (double)seen.CostUsd, "USD", "≥ settled, ≤ settled + unknown", settled <= seen.CostUsd && seen.CostUsd <= settled + unknown);
        report.Figure("settled + unknown", (double)(settled + unknown), "USD", "≤ cap of 500", settled + unknown <= Cap);
        report.Figure("wall clock", run.WallSeconds, "s");
    }

    /// <summary>512 calls in flight at 50 ms, against a bare HTTP client on the same cores, one after the other.</summary>
    public static async Task InFlightAsync(string folder, Report report)
    {
        const int Calls = 60_000;
        await using var endpoint = await StartAsync(folder, null, "{concurrency: 512}", 50);
        var bare = await ChildAsync("bare", endpoint.ChatEndpoint, Calls);
        var exchange = await ChildAsync("exchange", endpoint.ChatEndpoint, Calls);
        var again = await ChildAsync("bare", endpoint.ChatEndpoint, Calls);
        bare = Math.Max(bare, again);
        var aim = Math.Min(10_240, bare);
        report.Figure("a bare HTTP client, 512 in flight at 50 ms", bare, "calls/s");
        report.Figure("a deployment, 512 in flight at 50 ms", exchange, "calls/s");
        report.Figure("of 10,240 or of the bare client, whichever is lower", exchange / aim, "×", "≥ 0.9", exchange / aim >= 0.9);
        var pairs = BenchmarkData.WritePairs(Path.Combine(folder, "pairs.jsonl"), Calls, 110);
        var before = endpoint.Statistics().Requests;
        var run = await MeasuredProcess.RunAsync(folder, "sweep", "run", "--pairs", pairs, "--judges", "helpfulness@local", "--out", "out", "--json");
        report.Figure("a whole sweep, every judgment stored, 512 in flight", (endpoint.Statistics().Requests - before) / run.WallSeconds, "calls/s");
        report.Figure("of 10,240 or of the bare client, whichever is lower", (endpoint.Statistics().Requests - before) / run.WallSeconds / aim, "×");
    }

    /// <summary>One side of <see cref="InFlightAsync"/>, in a process of its own: prints calls a second.</summary>
    public static async Task<int> ChildAsync(string[] arguments)
    {
        const int InFlight = 512;
        var (kind, address, calls) = (arguments[0], new Uri(arguments[1]), int.Parse(arguments[2], CultureInfo.InvariantCulture));
        var config = new DeploymentConfig { Name = "local", Endpoint = address, Model = new ModelIdentity("", "scripted", ""), Concurrency = InFlight };
        using var deployment = new OpenAiChatDeployment(config, new DeploymentServices { Time = TimeProvider.System, Environment = static _ => null });
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = InFlight, UseProxy = false });
        var request = new ChatRequest { System = "Reply with the score alone, a number from 0 to 4.", User = "Is the sea salt?", MaxOutputTokens = 64 };
        var chat = new Uri(address.ToString().TrimEnd('/') + "/chat/completions");
        var body = """{"model":"scripted","messages":[{"role":"system","content":"Reply with the score alone, a number from 0 to 4."},{"role":"user","content":"Is the sea salt?"}],"max_tokens":64,"temperature":0}"""u8.ToArray();
        await LoopAsync(Math.Min(calls / 6, 8000));
        var startedAt = TimeProvider.System.GetTimestamp();
        await LoopAsync(calls);
        Console.WriteLine((calls / TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds).ToString("R", CultureInfo.InvariantCulture));
        return 0;

        Task LoopAsync(int count)
        {
            var next = 0;
            return Task.WhenAll(Enumerable.Range(0, InFlight).Select(_ => Task.Run(async () =>
            {
                while (Interlocked.Increment(ref next) <= count)
                {
                    if (kind == "bare") await PostAsync();
                    else if ((await deployment.CompleteAsync(request, CancellationToken.None)).Failure is { } failure) throw new InvalidOperationException(failure);
                }
            })));
        }

        async Task PostAsync()
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new("application/json");
            using var response = await client.PostAsync(chat, content);
            response.EnsureSuccessStatusCode();
            await response.Content.ReadAsByteArrayAsync();
        }
    }

    private static async Task<double> ChildAsync(string kind, Uri endpoint, int calls)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in new[] { "child", kind, endpoint.ToString(), calls.ToString(CultureInfo.InvariantCulture) }) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? double.Parse(text, CultureInfo.InvariantCulture) : throw new InvalidOperationException($"The {kind} client ended with {process.ExitCode}.");
    }

    // What a figure hides: a pause of some seconds and a lower level all along give the same share.
    private static void Series(ScriptedArrivals seen)
    {
        foreach (var part in seen.All.GroupBy(static a => (int)(a.At.TotalSeconds / 5)).OrderBy(static g => g.Key))
        {
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{part.Key * 5,4} s: {part.Count(static a => a.IsAccepted) / 5.0,8:0.0} calls/s, {part.Where(static a => a.IsAccepted).Sum(static a => a.Tokens) / 5.0,10:0} tokens/s, {part.Count(static a => !a.IsAccepted),6} refused"));
        }
    }

    private static void Refused(Report report, ScriptedArrivals seen) =>
        report.Figure("calls answered 429", seen.RefusedShare * 100, "%", "≤ 0.1", seen.RefusedShare <= 0.001);

    private static async Task<ScriptedEndpoint> StartAsync(string folder, ScriptedLimits? limits, string configured, int latencyMilliseconds)
    {
        var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Latency = TimeSpan.FromMilliseconds(latencyMilliseconds), Limits = limits, ArrivalsKept = limits is null ? 0 : 500_000 });
        await WriteConfigurationAsync(folder, endpoint, configured, "");
        return endpoint;
    }

    private static Task WriteConfigurationAsync(string folder, ScriptedEndpoint endpoint, string limits, string more) => File.WriteAllTextAsync(
        Path.Combine(folder, "orchestration.yaml"), $"deployments:\n  local: {{endpoint: \"{endpoint.ChatEndpoint}\", model: scripted, limits: {limits}{more}}}\n");
}
