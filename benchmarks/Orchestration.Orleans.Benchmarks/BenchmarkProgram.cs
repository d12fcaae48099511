using System.Globalization;
using Orchestration.Benchmarks.Whole;
using Orchestration.Orleans.Clients;
using Orchestration.Orleans.Hosting;

namespace Orchestration.Orleans.Benchmarks;

/// <summary>
/// Calls a second through the grains of pair evaluations, beside empty grain calls in the same run, and what a hot judge costs with and without the silo-local lease. <c>try</c> measures once and writes nothing; <c>client CALL SILOS SECONDS</c> calls one thing, for a profiler.
/// </summary>
internal static class BenchmarkProgram
{
    private static readonly (Call Call, Call Beside, double? Least)[] Again = [(Call.Evaluation, Call.Empty, 0.5)];
    private static readonly (Call Call, Call Beside, double? Least)[] All = [.. Again, (Call.NewEvaluation, Call.NewEmpty, 0.5), (Call.LeasedJudge, Call.OneJudge, null)];
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(2);

    private static async Task<int> Main(string[] args)
    {
        if (args is ["silo", var folder, var number]) return await SiloChild.RunAsync(folder, int.Parse(number, CultureInfo.InvariantCulture));
        if (args is ["client", var call, var among, var seconds]) return await ClientAsync(Enum.Parse<Call>(call), int.Parse(among, CultureInfo.InvariantCulture), TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)));
        var rounds = args is ["try", ..] ? 1 : 5;
        var report = new Report("orleans", "dotnet run -c Release --project benchmarks/Orchestration.Orleans.Benchmarks");
        foreach (var silos in args is ["try", var most] ? Enumerable.Range(1, int.Parse(most, CultureInfo.InvariantCulture)) : [1, 2]) await ClusterAsync(report, silos, rounds);
        report.Figure("the evaluation of a pair by ten recorded judges, where no grain is", await Caller.WithoutGrainAsync() / 1000, "µs");
        var (bare, leased) = await Caller.LocalAsync();
        report.Figure("a question to a judge in its own silo, without places under a lease", bare, "ns");
        report.Figure("the same, with them", leased, "ns");
        if (rounds > 1) report.Save();
        return 0;
    }

    /// <summary>One kind of call from a client for a while, to look at with a profiler.</summary>
    private static async Task<int> ClientAsync(Call call, int count, TimeSpan time)
    {
        await WithSilosAsync(count, async (silos, options) =>
        {
            await using var client = await OrleansClient.ConnectAsync(options, CancellationToken.None);
            var caller = new Caller(client.Grains, "");
            await caller.RunAsync(call, Warm);
            var rate = await caller.RunAsync(call, time);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rate:F0} calls/s"));
        });
        return 0;
    }

    private static Task ClusterAsync(Report report, int count, int rounds) => WithSilosAsync(count, async (silos, options) =>
    {
        var where = count == 1 ? "one silo" : "two silos";
        await MeasureAsync(report, $"from within, {where}", All, rounds, async (call, time) => (await Task.WhenAll(silos.Select(silo => silo.CallAsync(call, time)))).Sum());
        await using var client = await OrleansClient.ConnectAsync(options, CancellationToken.None);
        await MeasureAsync(report, $"from a client, {where}", All, rounds, new Caller(client.Grains, " of a client").RunAsync);

        // Half of these live in the other silo than the one that the client asks.
        if (count > 1) await MeasureAsync(report, $"from a client, {where}, what silos asked for first", Again, rounds, new Caller(client.Grains, "").RunAsync);
    });

    private static async Task WithSilosAsync(int count, Func<IReadOnlyList<SiloChild>, OrleansOptions, Task> run)
    {
        var folder = Directory.CreateTempSubdirectory("orchestrate-orleans-bench-").FullName;
        List<SiloChild> silos = [];
        try
        {
            for (var number = 0; number < count; number++) silos.Add(await SiloChild.StartAsync(folder, number));
            await run(silos, SiloChild.Options(folder, 0));
        }
        finally
        {
            foreach (var silo in silos) await silo.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Pairs of calls, side by side in turns, so that what else the machine does falls on both; medians.</summary>
    private static async Task MeasureAsync(Report report, string where, (Call Call, Call Beside, double? Least)[] calls, int rounds, Func<Call, TimeSpan, Task<double>> run)
    {
        foreach (var (call, beside, least) in calls)
        {
            await run(beside, Warm);
            await run(call, Warm);
            var measured = new List<(double Call, double Beside)>();
            for (var round = 0; round < rounds; round++)
            {
                var besides = await run(beside, Measured);
                measured.Add((await run(call, Measured), besides));
            }

            report.Figure($"{where}: {Words(beside)}", Median(measured.Select(static pair => pair.Beside)), "calls/s");
            report.Figure($"{where}: {Words(call)}", Median(measured.Select(static pair => pair.Call)), "calls/s");
            var ratio = Median(measured.Select(static pair => pair.Call / pair.Beside));
            report.Figure("the ratio", ratio, "", least is { } aim ? string.Create(CultureInfo.InvariantCulture, $"≥ {aim}") : "", least is { } wanted ? ratio >= wanted : null);
        }
    }

    private static string Words(Call call) => call switch
    {
        Call.Empty => "an empty grain",
        Call.Evaluation => "a pair's evaluation by ten recorded judges",
        Call.NewEmpty => "an empty grain that is made for the call",
        Call.NewEvaluation => "the evaluation of a new pair",
        Call.LeasedJudge => "a hot judge, by leases to silos",
        _ => "a hot judge, as one grain",
    };

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
