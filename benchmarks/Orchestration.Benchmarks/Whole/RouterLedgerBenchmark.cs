using System.Diagnostics;
using Orchestration.Core;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Loop;
using Orchestration.Storage.Sqlite;

namespace Orchestration.Benchmarks.Whole;

/// <summary>What deciding costs beside the policy, and whether the ledger takes what a gateway routes: nine experts, routes as they are kept, SQLite.</summary>
internal static class RouterLedgerBenchmark
{
    private const int Experts = 9;
    private const int PerSecond = 12_000;
    private const int Offered = 12_200;
    private const int Seconds = 120;

    public static async Task RunAsync(string folder, Report report)
    {
        var path = Path.Combine(folder, "store.db");
        await using var store = await SqliteStore.OpenAsync(new SqliteStoreOptions { Path = path }, CancellationToken.None);
        var config = new RouterConfig { Experts = [.. Enumerable.Range(0, Experts).Select(static i => new ExpertConfig { Name = $"expert-{i}", Deployment = "d" })], DefaultExpert = "expert-0" };
        var setup = new RouterSetup { Config = config, Terms = config.Experts.ToDictionary(static e => e.Name, static _ => new ExpertTerms(new TokenPrices(1, 1, 2, 2), false), StringComparer.Ordinal) };
        var router = new Router(new RouterServices { Time = TimeProvider.System, Ledger = store.Routing }, setup);
        var loop = new RouterLoop(router, new EmbeddedActors([], null, TimeProvider.System, store.Aggregators), store, new RouterLoopOptions { Time = TimeProvider.System });
        var request = new RouteRequest { Model = "auto", Prompt = new RoutingPrompt(new string('x', 2000), 500) };
        await DecideAsync(router, request, 200_000);
        var startedAt = TimeProvider.System.GetTimestamp();
        var allocated = GC.GetTotalAllocatedBytes();
        const int Decisions = 500_000;
        await DecideAsync(router, request, Decisions);
        var decision = TimeProvider.System.GetElapsedTime(startedAt).TotalMicroseconds / Decisions;
        report.Figure("a decision over nine experts beside its policy, one thread", decision, "µs", "≪ 50", decision < 10);
        report.Figure("allocated for it, what is kept of it included", (GC.GetTotalAllocatedBytes() - allocated) / (double)Decisions, "bytes");

        using var stop = new CancellationTokenSource();
        var running = Task.Run(() => loop.RunAsync(stop.Token));
        var processor = Process.GetCurrentProcess().TotalProcessorTime;
        startedAt = TimeProvider.System.GetTimestamp();
        var (decided, early) = (0L, 0.0);
        string? last = null;
        while (TimeProvider.System.GetElapsedTime(startedAt) is var elapsed && elapsed.TotalSeconds < Seconds)
        {
            for (var due = (long)(elapsed.TotalSeconds * Offered); decided < due; decided++) last = await RouteAsync(router, request);
            if (early == 0 && elapsed.TotalSeconds > Seconds / 3.0) early = Resident();
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        var seconds = TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds;
        var used = (Process.GetCurrentProcess().TotalProcessorTime - processor).TotalSeconds;
        var late = Resident();
        await stop.CancelAsync();
        await running;
        var counts = loop.Counts;
        report.Figure($"routes decided, ended and written in {Seconds} s", counts.Written / seconds, "/s", "≥ 12,000", counts.Written / seconds >= PerSecond);
        report.Figure("dropped of them", counts.Dropped, "routes", "0", counts.Dropped == 0);
        report.Figure("processor time for each, deciding and writing", used * 1e6 / counts.Accepted, "µs");
        report.Figure("resident memory after a third of the time", early, "MB");
        report.Figure("resident memory at its end", late, "MB", "within 20%", late < early * 1.2);
        await store.Routing.AppendAsync(new RouteBatch(long.MaxValue, [], 0, 0, true), CancellationToken.None);
        report.Figure("kept for a route on disk", (new FileInfo(path).Length + new FileInfo(path + "-wal").Length) / (double)counts.Written, "bytes");
        startedAt = TimeProvider.System.GetTimestamp();
        var page = await store.Routing.ListAsync(0, 1, CancellationToken.None);
        _ = await store.Routing.FindAsync(page.Routes[0].Decision.Id, CancellationToken.None) ?? throw new InvalidOperationException("The oldest route is not there.");
        report.Figure($"the oldest of {counts.Written:N0} routes listed and found", TimeProvider.System.GetElapsedTime(startedAt).TotalMilliseconds, "ms");
        startedAt = TimeProvider.System.GetTimestamp();
        _ = await store.Routing.FindAsync(last!, CancellationToken.None) ?? throw new InvalidOperationException("The newest route is not there.");
        report.Figure("the newest found", TimeProvider.System.GetElapsedTime(startedAt).TotalMilliseconds, "ms");
    }

    private static async Task DecideAsync(Router router, RouteRequest request, int count)
    {
        for (var i = 0; i < count; i++) await router.DecideAsync(request, CancellationToken.None);
    }

    private static async Task<string> RouteAsync(Router router, RouteRequest request)
    {
        var decision = await router.DecideAsync(request, CancellationToken.None);
        await router.CompleteAsync(
            new RouteOutcome
            {
                Decision = decision,
                Steps = [new RouteStep(decision.Expert, "first", 200, 0.000_123m, 0, TimeSpan.FromMilliseconds(400), double.NaN, null)],
                AnsweredBy = decision.Expert,
                Status = 200,
                InputTokens = 500,
                OutputTokens = 300,
                CostUsd = 0.000_123m,
                Latency = TimeSpan.FromMilliseconds(401),
            },
            CancellationToken.None);
        return decision.Id;
    }

    private static double Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64 / 1e6;
    }
}
