using System.Text.Json;
using Orchestration.Cli.Endpoint;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests;

/// <summary>Batch mode from the command to the results, over real HTTP, with processes killed at each of its steps.</summary>
public sealed class BatchSweepTests : IDisposable
{
    private string[] Judges(string folder) =>
        [.. JsonDocument.Parse(File.ReadAllText(_cli.At($"{folder}/summary.json"))).RootElement.GetProperty("cost").EnumerateArray().Select(static c => $"{c.GetProperty("judge").GetString()} {c.GetProperty("calls").GetInt64()}").Order(StringComparer.Ordinal)];

    private const int Pairs = 168;
    private const int Calls = Pairs * 2;

    private readonly CliRun _cli = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static string Samples => Path.Combine(PublicData.RepositoryRoot, "samples", "pairs.jsonl");

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_batch_and_single_calls_give_the_same_bytes_and_the_batch_costs_half()
    {
        await using var endpoint = await EndpointAsync(new ScriptedBatches());
        (await _cli.RunAsync(Sweep("single.db", "single", batch: false))).ShouldBe(0, _cli.Error);
        var single = endpoint.Statistics();

        (await _cli.RunAsync(Sweep("batch.db", "batch"))).ShouldBe(0, _cli.Error);

        var both = endpoint.Statistics();
        (await File.ReadAllBytesAsync(_cli.At("batch/results.jsonl"), Cancelled)).ShouldBe(await File.ReadAllBytesAsync(_cli.At("single/results.jsonl"), Cancelled));
        (both.Requests, both.Batches, both.BatchLines).ShouldBe((single.Requests, 1, Calls));
        (both.CostUsd - single.CostUsd).ShouldBe(single.CostUsd / 2);
        Settled().ShouldBe(single.CostUsd / 2, "to the cent and beyond");
        Judges("batch").ShouldBe(Judges("single"), "a batch is booked by judge as single calls are");
        (await _cli.RunAsync(Sweep("batch.db", "again"))).ShouldBe(0, _cli.Error);
        endpoint.Statistics().Batches.ShouldBe(1, "what is stored is not bought again");
    }

    [Fact]
    public async Task Lines_that_failed_or_cannot_be_read_are_asked_singly_and_the_results_are_the_same()
    {
        await using var plain = await EndpointAsync(new ScriptedBatches());
        (await _cli.RunAsync(Sweep("single.db", "single", batch: false))).ShouldBe(0, _cli.Error);
        await using var endpoint = await EndpointAsync(new ScriptedBatches
        {
            Faults = new Dictionary<ScriptedFault, double> { [ScriptedFault.ServerError] = 0.1, [ScriptedFault.GarbageText] = 0.1, [ScriptedFault.NoUsage] = 0.1 },
        });

        (await _cli.RunAsync(Sweep("batch.db", "batch"))).ShouldBe(0, _cli.Error);

        (await File.ReadAllBytesAsync(_cli.At("batch/results.jsonl"), Cancelled)).ShouldBe(await File.ReadAllBytesAsync(_cli.At("single/results.jsonl"), Cancelled));
        var seen = endpoint.Statistics();
        var bad = seen.Faults[ScriptedFault.ServerError] + seen.Faults[ScriptedFault.GarbageText];
        (seen.Batches, seen.BatchLines, seen.Requests).ShouldBe((1, Calls, bad));
        bad.ShouldBeGreaterThan(20);
        var spend = Json().GetProperty("cost_usd").GetDecimal();
        spend.ShouldBeLessThan(seen.CostUsd, "usage that never arrived is not settled");
        (await _cli.RunAsync(["sweep", "show", "s1", "--store", _cli.At("batch.db")])).ShouldBe(0);
        _cli.Out.ShouldNotContain("$0.00 unknown");
    }

    [Theory]
    [InlineData("POST", "files")]
    [InlineData("POST", "batches")]
    [InlineData("GET", "batches/")]
    [InlineData("GET", "/content")]
    public async Task Killed_at_any_step_the_same_work_is_never_submitted_twice(string method, string path)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var kills = 0;
        await using var endpoint = await EndpointAsync(new ScriptedBatches
        {
            // The work behind the call is done, and the process is killed before it hears of it.
            CallFault = call =>
            {
                if (call.Method != method || !call.Path.Contains(path, StringComparison.Ordinal) || Interlocked.Increment(ref kills) > 1) return ScriptedFault.None;
                reached.SetResult();
                return ScriptedFault.Hang;
            },
        });
        using (var process = new ProcessRun(_cli.Folder, Sweep("killed.db", "killed")))
        {
            (await Task.WhenAny(reached.Task, process.Exited)).ShouldBe(reached.Task);
            while ((method, path) == ("POST", "batches") && endpoint.Statistics().Batches == 0) await Task.Yield();
            process.Kill();
            await process.Exited;
        }

        (await _cli.RunAsync(Sweep("killed.db", "killed"))).ShouldBe(0, _cli.Error);

        var seen = endpoint.Statistics();
        (seen.Batches, seen.BatchLines, seen.Requests, seen.RepeatedDeliveries).ShouldBe((1, Calls, 0, 0), _cli.Error);
        Settled().ShouldBe(seen.CostUsd);
        Json().GetProperty("sweep").GetString().ShouldBe("s1");
        (await _cli.RunAsync(["sweep", "show", "s1", "--store", _cli.At("killed.db")])).ShouldBe(0);
        _cli.Out.ShouldContain("$0.00 unknown", customMessage: "nothing stays reserved");
    }

    [Fact]
    public async Task A_batch_whose_answer_was_lost_is_found_and_not_made_again()
    {
        var lost = 0;
        await using var endpoint = await EndpointAsync(new ScriptedBatches
        {
            CallFault = call => call is { Method: "POST", Path: "batches" } && Interlocked.Increment(ref lost) == 1 ? ScriptedFault.ConnectionReset : ScriptedFault.None,
        });

        (await _cli.RunAsync(Sweep("lost.db", "lost"))).ShouldBe(0, _cli.Error);

        var seen = endpoint.Statistics();
        (seen.Batches, seen.BatchLines, seen.Requests).ShouldBe((1, Calls, 0));
    }

    [Fact]
    public async Task Trouble_of_the_endpoint_is_waited_out()
    {
        await using var endpoint = await EndpointAsync(new ScriptedBatches
        {
            // Two calls of three fail, in every way.
            CallFault = call => (call.Number % 6) switch
            {
                0 => ScriptedFault.ServerError,
                1 => ScriptedFault.TooManyRequests,
                2 => call.Method == "GET" ? ScriptedFault.InvalidJson : ScriptedFault.Overloaded,
                3 => call.Method == "GET" ? ScriptedFault.CutConnection : ScriptedFault.Overloaded,
                _ => ScriptedFault.None,
            },
        });

        (await _cli.RunAsync(Sweep("trouble.db", "trouble"))).ShouldBe(0, _cli.Error);

        var seen = endpoint.Statistics();
        (seen.Batches, seen.BatchLines, seen.Requests, seen.RepeatedDeliveries).ShouldBe((1, Calls, 0, 0));
    }

    [Fact]
    public async Task Interrupted_the_batch_runs_on_and_a_resume_collects_it_even_without_the_option()
    {
        var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var endpoint = await EndpointAsync(new ScriptedBatches
        {
            Duration = TimeSpan.FromSeconds(4),
            CallFault = call =>
            {
                if (call is { Method: "GET" } && call.Path.StartsWith("batches/", StringComparison.Ordinal)) waits.TrySetResult();
                return ScriptedFault.None;
            },
        });
        using (var process = new ProcessRun(_cli.Folder, Sweep("int.db", "int")))
        {
            await Task.WhenAny(waits.Task, process.Exited);
            process.Interrupt();
            (await process.ExitAsync()).ShouldBe(130, await process.Error);
            (await process.Out).ShouldContain("sweep resume s1 --batch");
        }

        (await _cli.RunAsync(["sweep", "resume", "s1", "--store", _cli.At("int.db"), "--config", _cli.At("orchestration.yaml"), "--json"])).ShouldBe(0, _cli.Error);

        var seen = endpoint.Statistics();
        (seen.Batches, seen.BatchLines, seen.Requests).ShouldBe((1, Calls, 0));
        Settled().ShouldBe(seen.CostUsd);
    }

    [Fact]
    public async Task The_cap_decides_how_much_is_submitted_and_a_higher_one_lets_it_go_on()
    {
        await using var endpoint = await EndpointAsync(new ScriptedBatches());

        (await _cli.RunAsync([.. Sweep("cap.db", "cap"), "--max-cost", "0.03"])).ShouldBe(3, _cli.Error);

        var capped = endpoint.Statistics();
        capped.BatchLines.ShouldBeInRange(1, Calls - 1);
        capped.CostUsd.ShouldBeInRange(0.01m, 0.03m);
        Settled().ShouldBe(capped.CostUsd);
        capped.Requests.ShouldBe(0);
        (await _cli.RunAsync(["sweep", "resume", "s1", "--batch", "--max-cost", "5", "--store", _cli.At("cap.db"), "--config", _cli.At("orchestration.yaml"), "--json"])).ShouldBe(0, _cli.Error);
        var seen = endpoint.Statistics();
        (seen.BatchLines, seen.Requests, seen.RepeatedDeliveries).ShouldBe((Calls, 0, 0));
        Settled().ShouldBe(seen.CostUsd);
    }

    [Fact]
    public async Task Files_are_cut_to_the_limits_and_a_full_queue_or_an_expired_batch_is_tried_again()
    {
        await using var endpoint = await EndpointAsync(
            new ScriptedBatches { MaxRequests = 100, Ends = [ScriptedBatchEnd.Completed, ScriptedBatchEnd.Failed, ScriptedBatchEnd.Expired] },
            "max-requests: 100, max-open: 1");

        (await _cli.RunAsync(Sweep("cut.db", "cut"))).ShouldBe(0, _cli.Error);

        // 100, a refused 100, an expired half of 50, and then the rest by files of 50.
        var seen = endpoint.Statistics();
        (seen.BatchLines, seen.Requests, seen.RepeatedDeliveries).ShouldBe((Calls, 0, 0));
        seen.Batches.ShouldBeGreaterThan(6);
        _cli.Rows("cut/results.jsonl").Length.ShouldBe(Pairs);
    }

    [Fact]
    public async Task A_batch_that_fails_for_its_file_stops_the_sweep_with_the_endpoints_words()
    {
        await using var endpoint = await EndpointAsync(new ScriptedBatches(), "path: /v1/responses");

        (await _cli.RunAsync(Sweep("bad.db", "bad"))).ShouldBe(2);

        _cli.Error.ShouldContain("/v1/responses");
        endpoint.Statistics().CostUsd.ShouldBe(0);
        (await _cli.RunAsync(["sweep", "show", "s1", "--store", _cli.At("bad.db")])).ShouldBe(0);
        _cli.Out.ShouldContain("$0.00 unknown");
    }

    private JsonElement Json() => JsonDocument.Parse(_cli.Out.TrimEnd().Split('\n')[^1]).RootElement;

    private decimal Settled() => Json().GetProperty("cost_usd").GetDecimal();

    private async Task<ScriptedEndpoint> EndpointAsync(ScriptedBatches batches, string options = "price-factor: 0.5")
    {
        var endpoint = await ScriptedEndpoint.StartAsync(
            new ScriptedEndpointOptions { TrackContents = true, Prices = new TokenPrices(0.40m, 0.10m, 1.60m, 1.60m), Batches = batches },
            cancellationToken: Cancelled);
        _cli.Write(
            "orchestration.yaml",
            [.. EndpointCommand.Configuration(endpoint.ChatEndpoint).Split('\n'), $"    batch: {{poll-seconds: 0.05, listed-within-seconds: 1, {options}}}"]);
        return endpoint;
    }

    private string[] Sweep(string store, string folder, bool batch = true) =>
    [
        "sweep", "run", "--pairs", Samples, "--judges", "relevance", "clarity@local", "helpfulness@local",
        "--config", _cli.At("orchestration.yaml"), "--store", _cli.At(store), "--out", _cli.At(folder), "--rows-per-shard", "50", "--json", .. batch ? ["--batch"] : Array.Empty<string>(),
    ];
}
