using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Judging;
using Orchestration.Core.Stores;
using Orchestration.Simulation;
using Orchestration.Storage;
using Orchestration.Testing.Postgres;

namespace Orchestration.Benchmarks.Whole;

/// <summary>Silos that share a PostgreSQL database, a real server on the same cores whose commits wait for the disk.</summary>
internal static class ClusterBenchmarks
{
    /// <summary>How much faster four silos are than one where the endpoint's latency is what limits each.</summary>
    public static async Task ScalingAsync(string folder, Report report)
    {
        await using var server = await PostgresServer.StartNewAsync(isDurable: true);
        Dictionary<int, double> rates = [];
        foreach (var silos in new[] { 1, 4 })
        {
            var place = Directory.CreateDirectory(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{silos}-{rates.Count}"))).FullName;
            await using var endpoint = await EndpointAsync(place, null, 400, "{concurrency: 16}");
            var store = server.Address(string.Create(CultureInfo.InvariantCulture, $"scaling_{silos}_{TimeProvider.System.GetTimestamp()}"));
            var workers = await StartAsync(place, store, silos);
            var pairs = BenchmarkData.WritePairs(Path.Combine(place, "pairs.jsonl"), 3000 * silos, 400);
            await SweepAsync(place, store, pairs);
            var seen = endpoint.Statistics();
            var rate = seen.Requests / (seen.LastReplyAt!.Value - seen.FirstRequestAt!.Value).TotalSeconds;
            rates[silos] = Math.Max(rates.GetValueOrDefault(silos), rate);
            await StopAsync(workers);
        }

        report.Figure("one silo, 16 calls in flight at 400 ms", rates[1], "calls/s");
        report.Figure("four silos, 16 calls in flight each", rates[4], "calls/s");
        report.Figure("four silos against one", rates[4] / rates[1], "×", "≥ 3.8", rates[4] / rates[1] >= 3.8);
    }

    /// <summary>Recorded judgments through PostgreSQL.</summary>
    public static async Task ReplayAsync(string folder, Report report)
    {
        const int Rows = 1_000_000;
        await using var server = await PostgresServer.StartNewAsync(isDurable: true);
        var pairs = BenchmarkData.WritePairs(Path.Combine(folder, "pairs.jsonl"), Rows, 110);
        var recorded = BenchmarkData.WriteRecorded(Path.Combine(folder, "recorded.jsonl"), Rows);
        var run = await MeasuredProcess.RunAsync(
            folder, "sweep", "run", "--pairs", pairs, "--judges", $"replay:{recorded}", "--scale", "*=0..4", "--store", server.Address("replay"), "--out", Path.Combine(folder, "out"), "--json");
        report.Figure("replay 1,000,000 pairs × 10 judges through PostgreSQL, whole process, server on the same cores", Rows / run.WallSeconds, "pairs/s", "≥ 25,000", Rows / run.WallSeconds >= 25_000);
        report.Figure("wall clock", run.WallSeconds, "s");
        report.Figure("processor time of the process, without the server's", run.CpuSeconds, "s");
        report.Figure("peak resident memory of the process", run.PeakMegabytes, "MB");
    }

    /// <summary>One quota, four silos.</summary>
    public static async Task QuotaAsync(string folder, Report report)
    {
        await using var server = await PostgresServer.StartNewAsync(isDurable: true);
        await using var endpoint = await EndpointAsync(folder, new ScriptedLimits { RequestsPerMinute = 6000 }, 50, "{concurrency: 32, requests-per-minute: 6000}");
        var store = server.Address("quota");
        var workers = await StartAsync(folder, store, 4);
        var pairs = BenchmarkData.WritePairs(Path.Combine(folder, "pairs.jsonl"), 12_600, 400);
        await SweepAsync(folder, store, pairs);
        var seen = endpoint.Arrivals();
        var used = seen.ShareOfRequestsUsed(TimeSpan.Zero, TimeSpan.FromMinutes(2));
        report.Figure("6,000 requests a minute shared by four silos, two minutes: share of the quota used", used * 100, "%", "≥ 97", used >= 0.97);
        report.Figure("calls answered 429", seen.RefusedShare * 100, "%", "≤ 0.1", seen.RefusedShare <= 0.001);
        report.Figure("most requests in any 60 s", seen.MostRequestsIn(TimeSpan.FromSeconds(60)), "", "≤ 6,000", seen.MostRequestsIn(TimeSpan.FromSeconds(60)) <= 6000);
        report.Figure("most requests in any second", seen.MostRequestsIn(TimeSpan.FromSeconds(1)), "", "≤ 150", seen.MostRequestsIn(TimeSpan.FromSeconds(1)) <= 150);
        using var status = JsonDocument.Parse(await OutputAsync(folder, "cluster", "status", "--json", "--store", store));
        var calls = status.RootElement.GetProperty("silos").EnumerateArray().Where(static s => s.GetProperty("role").GetString() == "worker").Select(static s => s.GetProperty("calls").GetInt64()).Order().ToArray();
        report.Figure("calls of the silo that made the fewest", calls[0], "");
        report.Figure("calls of the silo that made the most", calls[^1], "");
        await StopAsync(workers);
    }

    /// <summary>What claiming before buying costs: the same purchases with and without.</summary>
    public static async Task ClaimsAsync(string folder, Report report)
    {
        const int Calls = 20_000, Concurrency = 64;
        await using var server = await PostgresServer.StartNewAsync(isDurable: true);
        await using var store = await StoreLocation.OpenAsync(server.Address("claims"), TimeProvider.System, Path.Combine(folder, "spool"), null, CancellationToken.None);
        var latency = TimeSpan.FromMilliseconds(50);
        double with = 0, without = 0;
        for (var turn = 0; turn < 3; turn++)
        {
            var plain = await BuyAsync(store, 2 * turn, Calls, Concurrency, latency, isClaimed: false);
            var claimed = await BuyAsync(store, (2 * turn) + 1, Calls, Concurrency, latency, isClaimed: true);
            (with, without) = turn == 0 ? (claimed, plain) : (Math.Min(with, claimed), Math.Min(without, plain));
        }

        report.Figure("20,000 purchases, 64 calls at once at 50 ms, looked up and stored, best of three", without, "s");
        report.Figure("the same, claimed before each call", with, "s");
        report.Figure("what claims cost", ((with / without) - 1) * 100, "%", "≤ 2", with / without <= 1.02);
    }

    /// <summary>How long after a swap the last of eight silos serves the new version.</summary>
    public static async Task SwapAsync(string folder, Report report)
    {
        const int Silos = 8, Swaps = 200, Warming = 50;
        await using var server = await PostgresServer.StartNewAsync(isDurable: true);
        var address = server.Address("swap");
        await using var store = await StoreLocation.OpenAsync(address, TimeProvider.System, null, null, CancellationToken.None);
        var versions = await VersionsAsync(folder, store, address);
        var setting = await store.Aggregators.SettingAsync("swap", CancellationToken.None);
        List<(Process Process, StreamReader Out)> silos = [];
        for (var i = 0; i < Silos; i++)
        {
            var process = Start(Environment.ProcessPath!, folder, "child", "swap", address);
            silos.Add((process, process.StandardOutput));
            await process.StandardOutput.ReadLineAsync();
        }

        List<double> last = [];
        // As in a silo that has run for a while: in the first ones connections are made and code is compiled. And one after another, not as fast as they can be made: how long one
        // takes is asked, not how many can be made.
        for (var swap = -Warming; swap < Swaps; swap++)
        {
            setting = await store.Aggregators.TryChangeAsync(setting.Epoch, setting with { Active = versions[swap & 1] }, null, CancellationToken.None) ?? throw new InvalidOperationException("Somebody else swapped.");
            var at = TimeProvider.System.GetTimestamp();
            var latest = 0.0;
            foreach (var (_, output) in silos)
            {
                string[] line;
                do line = (await output.ReadLineAsync())!.Split(' ');
                while (long.Parse(line[0], CultureInfo.InvariantCulture) < setting.Epoch);
                latest = Math.Max(latest, TimeProvider.System.GetElapsedTime(at, long.Parse(line[1], CultureInfo.InvariantCulture)).TotalMilliseconds);
            }

            if (swap >= 0) last.Add(latest);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        foreach (var (process, _) in silos) process.StandardInput.Close();
        foreach (var (process, _) in silos) await process.WaitForExitAsync();
        last.Sort();
        report.Figure("a swap seen by the last of 8 silos, after the change was acknowledged, 200 swaps ten a second, after fifty: median", Math.Max(0, last[Swaps / 2]), "ms");
        report.Figure("99th percentile", last[(int)(Swaps * 0.99) - 1], "ms", "< 250", last[(int)(Swaps * 0.99) - 1] < 250);
        report.Figure("longest", last[^1], "ms");
    }

    /// <summary>A silo of <see cref="SwapAsync"/>: says each epoch that comes into effect, and when.</summary>
    public static async Task<int> SwapChildAsync(string address)
    {
        await using var store = await StoreLocation.OpenAsync(address, TimeProvider.System, null, null, CancellationToken.None);
        var aggregator = new Aggregator("swap", store.Aggregators);
        await aggregator.RefreshAsync(CancellationToken.None);
        Console.WriteLine("ready");
        using var stop = new CancellationTokenSource();
        var feed = new AggregatorFeed(store.Aggregators, () => [aggregator]).RunAsync(stop.Token);
        var told = aggregator.Epoch;
        // Console.In would wait in the calling thread.
        using var input = new StreamReader(Console.OpenStandardInput());
        var ended = input.ReadToEndAsync();
        while (!ended.IsCompleted)
        {
            if (aggregator.Epoch is var epoch && epoch != told) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{told = epoch} {TimeProvider.System.GetTimestamp()}"));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        await stop.CancelAsync();
        await feed;
        return 0;
    }

    private static async Task<string[]> VersionsAsync(string folder, IStore store, string address)
    {
        var rows = Path.Combine(folder, "rows.jsonl");
        var random = new Random(8);
        await File.WriteAllLinesAsync(rows, Enumerable.Range(0, 400).Select(i =>
        {
            var (a, b) = (random.NextDouble(), random.NextDouble());
            return string.Create(CultureInfo.InvariantCulture, $"{{\"id\":\"r{i}\",\"group\":\"g{i / 4}\",\"target\":{a + (b / 2)},\"scores\":{{\"a\":{a},\"b\":{b}}}}}");
        }));
        foreach (var model in new[] { "mean-fit", "ridge" })
            await OutputAsync(folder, "train", "--scores", rows, "--target", "target", "--scale", "*=0..1", "--name", "swap", "--model", model, "--no-activate", "--store", address);
        return [.. (await store.Aggregators.ListAsync("swap", CancellationToken.None)).Select(static head => head.Id)];
    }

    private static async Task<double> BuyAsync(IStore store, int round, int calls, int concurrency, TimeSpan latency, bool isClaimed)
    {
        using var endpoint = new SemaphoreSlim(concurrency);
        var next = -1;
        var startedAt = TimeProvider.System.GetTimestamp();

        // As purchases do it: twice as many on their way as the endpoint takes at once.
        await Task.WhenAll(Enumerable.Range(0, 2 * concurrency).Select(_ => Task.Run(async () =>
        {
            for (var i = Interlocked.Increment(ref next); i < calls; i = Interlocked.Increment(ref next))
            {
                var address = new JudgmentAddress(new Hash128((ulong)i * 0x9E3779B97F4A7C15, (ulong)round), new Hash128(1, 1), 0);
                if (isClaimed) await store.Claims!.ClaimAsync(address, null, TimeSpan.FromSeconds(30), CancellationToken.None);
                else await store.Judgments.GetAsync([address], CancellationToken.None);
                await endpoint.WaitAsync();
                try
                {
                    await Task.Delay(latency, TimeProvider.System);
                }
                finally
                {
                    endpoint.Release();
                }

                await store.Judgments.PutAsync([new StoredJudgment { Address = address, Values = [0.5] }], CancellationToken.None);
            }
        })));
        return TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds;
    }

    private static async Task SweepAsync(string folder, string store, string pairs)
    {
        await OutputAsync(folder, "sweep", "run", "--pairs", pairs, "--judges", "helpfulness@local", "--out", "out", "--detach", "--rows-per-shard", "16", "--store", store);
        await OutputAsync(folder, "sweep", "wait", "s1", "--store", store);
    }

    private static async Task<List<Process>> StartAsync(string folder, string store, int silos)
    {
        List<Process> workers = [];
        for (var i = 0; i < silos; i++)
        {
            var worker = Start(MeasuredProcess.Executable(), folder, "work", "--store", store);
            workers.Add(worker);
            while (await worker.StandardError.ReadLineAsync() is { } line && !line.Contains("has joined", StringComparison.Ordinal))
            {
            }

            _ = worker.StandardError.ReadToEndAsync();
        }

        return workers;
    }

    private static async Task StopAsync(List<Process> workers)
    {
        foreach (var worker in workers)
        {
            using var kill = Process.Start("kill", ["-TERM", worker.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
            await worker.WaitForExitAsync();
            worker.Dispose();
        }
    }

    private static async Task<string> OutputAsync(string folder, params string[] arguments)
    {
        using var process = Start(MeasuredProcess.Executable(), folder, arguments);
        var error = process.StandardError.ReadToEndAsync();
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? text : throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {process.ExitCode}: {await error}{text}");
    }

    private static Process Start(string executable, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(executable)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static async Task<ScriptedEndpoint> EndpointAsync(string folder, ScriptedLimits? limits, int latencyMilliseconds, string configured)
    {
        var endpoint = await ScriptedEndpoint.StartAsync(
            new ScriptedEndpointOptions { Latency = TimeSpan.FromMilliseconds(latencyMilliseconds), Limits = limits, ArrivalsKept = limits is null ? 0 : 100_000 });
        await File.WriteAllTextAsync(Path.Combine(folder, "orchestration.yaml"), $"deployments:\n  local: {{endpoint: \"{endpoint.ChatEndpoint}\", model: scripted, prices: {{input: 0.4, cached: 0.1, output: 1.6}}, limits: {configured}}}\n");
        return endpoint;
    }
}
