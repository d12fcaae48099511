using System.Globalization;
using Orchestration.Benchmarks.Learning;
using Orchestration.Benchmarks.Routing;
using Orchestration.Benchmarks.Storage;
using Orchestration.Simulation;

namespace Orchestration.Benchmarks.Whole;

/// <summary>
/// Whole processes as a user starts them, measured from outside: wall clock, processor time and peak memory of the process, and what the endpoint saw.
/// </summary>
internal static class WholeProcessBenchmarks
{
    private const string Configuration = """
        deployments:
          local: {endpoint: ENDPOINT, model: scripted, limits: {concurrency: 64}}
        """;

    private static readonly Dictionary<string, Func<string, Report, Task>> All = new(StringComparer.Ordinal)
    {
        ["replay"] = ReplayAsync,
        ["gam"] = GamAsync,
        ["memory"] = MemoryAsync,
        ["summeval"] = AggregatorBenchmarks.SummEvalAsync,
        ["llmbar"] = AggregatorBenchmarks.LlmBarAsync,
        ["intervals"] = AggregatorBenchmarks.IntervalsAsync,
        ["bands"] = BandBenchmark.RunAsync,
        ["coverage"] = CoverageBenchmark.RunAsync,
        ["bandits"] = BanditsBenchmark.RunAsync,
        ["cached"] = CachedAsync,
        ["writes"] = WritesAsync,
        ["code"] = CodeAsync,
        ["calls"] = CallsAsync,
        ["cold"] = ColdAsync,
        ["mlp"] = (folder, report) => NetworkBenchmark.RunAsync(folder, report.Figure),
        ["aggregate"] = AggregateAsync,
        ["rank"] = RankingBenchmark.RunAsync,
        ["quota"] = QuotaBenchmarks.RequestsAsync,
        ["processes"] = QuotaBenchmarks.TwoProcessesAsync,
        ["tokens"] = QuotaBenchmarks.TokensAsync,
        ["hidden"] = QuotaBenchmarks.HiddenAsync,
        ["faults"] = QuotaBenchmarks.FaultsAsync,
        ["inflight"] = QuotaBenchmarks.InFlightAsync,
        ["silos"] = ClusterBenchmarks.ScalingAsync,
        ["silo-replay"] = ClusterBenchmarks.ReplayAsync,
        ["silo-quota"] = ClusterBenchmarks.QuotaAsync,
        ["claims"] = ClusterBenchmarks.ClaimsAsync,
        ["store-costs"] = StoreCostBenchmark.RunAsync,
        ["router-ledger"] = RouterLedgerBenchmark.RunAsync,
        ["swap"] = ClusterBenchmarks.SwapAsync,
        ["gateway"] = Gateway.GatewayBenchmark.RunAsync,
        ["dashboard-pages"] = DashboardPagesBenchmark.RunAsync,
        ["route-quality"] = RoutingBenchmarks.QualityAsync,
        ["route-decision"] = RoutingBenchmarks.DecisionAsync,
    };

    public static async Task<int> RunAsync(string[] names)
    {
        var unknown = names.Where(n => !All.ContainsKey(n)).ToArray();
        if (unknown.Length != 0)
        {
            await Console.Error.WriteLineAsync($"unknown: {string.Join(", ", unknown)}. There are: {string.Join(", ", All.Keys)}.");
            return 2;
        }

        foreach (var name in names.Length == 0 ? [.. All.Keys] : names)
        {
            var folder = Directory.CreateTempSubdirectory("orchestrate-bench-").FullName;
            try
            {
                var report = new Report(name);
                await All[name](folder, report);
                report.Save();
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        return 0;
    }

    private static async Task ReplayAsync(string folder, Report report)
    {
        const int Rows = 1_000_000;
        var run = await ReplayOnceAsync(folder, Rows);
        report.Figure("replay 1,000,000 pairs × 10 judges, whole process", Rows / run.WallSeconds, "pairs/s", "≥ 100,000", Rows / run.WallSeconds >= 100_000);
        report.Figure("wall clock", run.WallSeconds, "s");
        report.Figure("processor time", run.CpuSeconds, "s");
        report.Figure("peak resident memory", run.PeakMegabytes, "MB", "< 300", run.PeakMegabytes < 300);
    }

    private static async Task MemoryAsync(string folder, Report report)
    {
        var small = await ReplayOnceAsync(folder, 400_000);
        var large = await ReplayOnceAsync(folder, 4_000_000);
        report.Figure("peak resident memory, 400,000 pairs × 10 judges", small.PeakMegabytes, "MB");
        report.Figure("peak resident memory, 4,000,000 pairs × 10 judges", large.PeakMegabytes, "MB", "< 300", large.PeakMegabytes < 300);
        report.Figure("ratio at ten times the rows", large.PeakMegabytes / small.PeakMegabytes, "", "≤ 1.20", large.PeakMegabytes / small.PeakMegabytes <= 1.2);
        report.Figure("4,000,000 pairs", 4_000_000 / large.WallSeconds, "pairs/s");
    }

    private static async Task<MeasuredProcess> ReplayOnceAsync(string folder, int rows)
    {
        var pairs = BenchmarkData.WritePairs(Path.Combine(folder, "pairs.jsonl"), rows, 110);
        var recorded = BenchmarkData.WriteRecorded(Path.Combine(folder, "recorded.jsonl"), rows);
        var store = Path.Combine(folder, $"store-{rows}.db");
        return await MeasuredProcess.RunAsync(folder, "sweep", "run", "--pairs", pairs, "--judges", $"replay:{recorded}", "--scale", "*=0..4", "--store", store, "--out", Path.Combine(folder, "out"), "--json");
    }

    private static async Task CachedAsync(string folder, Report report)
    {
        const int Rows = 50_000;
        await using var endpoint = await EndpointAsync(folder, TimeSpan.Zero);
        var pairs = BenchmarkData.WritePairs(Path.Combine(folder, "pairs.jsonl"), Rows, 110);
        string[] sweep = ["sweep", "run", "--pairs", pairs, "--judges", .. BenchmarkData.Judges.Select(j => $"{j}@local"), "--json", "--out"];
        var bought = await MeasuredProcess.RunAsync(folder, [.. sweep, "first"]);
        var calls = endpoint.Statistics().Requests;
        var cached = await MeasuredProcess.RunAsync(folder, [.. sweep, "second"]);
        report.Figure("ten stored paid judgments a pair, fully cached, whole process", Rows / cached.WallSeconds, "pairs/s", "≥ 20,000", Rows / cached.WallSeconds >= 20_000);
        report.Figure("wall clock, 50,000 pairs", cached.WallSeconds, "s");
        report.Figure("processor time", cached.CpuSeconds, "s");
        report.Figure("judgments found in the store", cached.Line.GetProperty("cached").GetInt64(), "");
        report.Figure("calls made by the cached run, at the endpoint", endpoint.Statistics().Requests - calls, "", "0", endpoint.Statistics().Requests == calls);
        report.Figure("buying the 500,000 judgments from an instant endpoint on the same cores, 64 at once", calls / bought.WallSeconds, "calls/s");
    }

    private static Task AggregateAsync(string folder, Report report)
    {
        foreach (var recipe in new[] { "mean-fit", "ridge", "gam", "mlp", "trees", "stacked" })
        {
            report.Figure($"re-aggregating 1,000,000 rows × 10 judges from memory, {recipe}, one thread", AggregateBenchmark.Measure(recipe, 1), "evaluations/s");
            var rate = AggregateBenchmark.Measure(recipe, Environment.ProcessorCount);
            report.Figure($"{recipe}, {Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)} threads", rate, "evaluations/s", "≥ 5,000,000", rate >= 5_000_000);
        }

        return Task.CompletedTask;
    }

    private static async Task WritesAsync(string folder, Report report)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        await StorageBenchmark.RunAsync(folder, 1_000_000, output, CancellationToken.None);
        report.Text(output.ToString());
    }

    private static async Task CodeAsync(string folder, Report report)
    {
        const int Rows = 40_000;
        var pairs = BenchmarkData.WritePairs(Path.Combine(folder, "pairs.jsonl"), Rows, 1024);
        var run = await MeasuredProcess.RunAsync(folder, "sweep", "run", "--pairs", pairs, "--judges", "code", "--out", "out", "--json");
        report.Figure("all code judges (without references) over 1 KB answers, whole process", Rows / run.WallSeconds, "pairs/s", "≥ 5,000", Rows / run.WallSeconds >= 5_000);
        report.Figure("processor time a pair", run.CpuSeconds / Rows * 1e6, "µs");

        var withReferences = Path.Combine(folder, "with-references.jsonl");
        await File.WriteAllLinesAsync(withReferences, File.ReadLines(pairs).Select(l => l.Replace("\"category\"", "\"reference\":\"the answer is a measure of water and light in the machine because of it.\",\"category\"", StringComparison.Ordinal)));
        run = await MeasuredProcess.RunAsync(folder, "sweep", "run", "--pairs", withReferences, "--judges", "code", "--out", "out2", "--json");
        report.Figure("all sixteen code judges with references, whole process", Rows / run.WallSeconds, "pairs/s", "≥ 5,000", Rows / run.WallSeconds >= 5_000);
    }

    private static async Task CallsAsync(string folder, Report report)
    {
        const double Limit = 20_000 * 0.050 / 64;
        var (seen, run) = await CallOnceAsync(folder, 20_000);
        report.Figure("20,000 llm calls, 50 ms, 64 at once: first request to last reply, at the endpoint", seen.Elapsed.TotalSeconds, "s", "≤ 17.2 (15.6 + 10%)", seen.Elapsed.TotalSeconds <= Limit * 1.1);
        report.Figure("of the limit", seen.Elapsed.TotalSeconds / Limit, "×");
        report.Figure("most in flight at once", seen.MaxConcurrent, "", "64", seen.MaxConcurrent == 64);
        report.Figure("wall clock of the process", run.WallSeconds, "s");
        report.Figure("processor time of the process", run.CpuSeconds, "s");
    }

    private static async Task ColdAsync(string folder, Report report)
    {
        var (seen, run) = await CallOnceAsync(folder, 2_000);
        report.Figure("2,000 llm calls from cold start, 50 ms, 64 at once: whole process", run.WallSeconds, "s", "peer: 9.9", run.WallSeconds < 9.9);
        report.Figure("processor time", run.CpuSeconds, "s", "peer: 10.2", run.CpuSeconds < 10.2);
        report.Figure("first request to last reply, at the endpoint (limit 1.56)", seen.Elapsed.TotalSeconds, "s", "peer: 7.7", seen.Elapsed.TotalSeconds < 7.7);
    }

    private static async Task GamAsync(string folder, Report report)
    {
        var result = await GamBenchmark.RunAsync(folder, Path.Combine(Report.Root(), "benchmarks", "peers", "gam_sklearn.py"));
        report.Figure("additive model, smoothness chosen per judge, fit on 8,000 × 10", result.Fit, "s");
        report.Figure("R² on those rows", result.R2, "");
        report.Figure("prediction, one thread", result.RowsPerSecond, "rows/s", "≥ 10,000,000", result.RowsPerSecond >= 10_000_000);
        report.Figure("one row alone", result.OneRow, "µs", "< 0.5", result.OneRow < 0.5);
        report.Figure("allocated by 82,000 single rows", result.AllocatedBytes, "bytes", "0", result.AllocatedBytes == 0);
        if (result.Peer is not { } peer)
        {
            report.Text("python3-sklearn is not installed: nothing to compare with.");
            return;
        }

        var ratio = peer.GetProperty("fit").GetDouble() / result.Fit;
        report.Figure($"scikit-learn {peer.GetProperty("sklearn").GetString()}, SplineTransformer + RidgeCV, one penalty of 11, fit", peer.GetProperty("fit").GetDouble(), "s");
        report.Figure("its R²", peer.GetProperty("r2").GetDouble(), "");
        report.Figure("its prediction", peer.GetProperty("rows_per_second").GetDouble(), "rows/s");
        report.Figure("its fit over ours", ratio, "×", "≥ 3", ratio >= 3);
    }

    private static async Task<(ScriptedEndpointStatistics Seen, MeasuredProcess Run)> CallOnceAsync(string folder, int calls)
    {
        await using var endpoint = await EndpointAsync(folder, TimeSpan.FromMilliseconds(50));
        var pairs = BenchmarkData.WritePairs(Path.Combine(folder, "pairs.jsonl"), calls, 400);
        var run = await MeasuredProcess.RunAsync(folder, "sweep", "run", "--pairs", pairs, "--judges", "helpfulness@local", "--out", "out", "--json");
        var seen = endpoint.Statistics();
        if (seen.Requests != calls) throw new InvalidOperationException($"{seen.Requests} requests for {calls} pairs.");
        return (seen, run);
    }

    private static async Task<ScriptedEndpoint> EndpointAsync(string folder, TimeSpan latency)
    {
        var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Latency = latency });
        await File.WriteAllTextAsync(Path.Combine(folder, "orchestration.yaml"), Configuration.Replace("ENDPOINT", endpoint.ChatEndpoint.ToString(), StringComparison.Ordinal));
        return endpoint;
    }
}
