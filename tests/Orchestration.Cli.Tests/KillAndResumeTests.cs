using System.Text.Json;
using Orchestration.Cli.Endpoint;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests;

/// <summary>Promise 3, with real processes: kill at any time, run again, and the results are byte for byte those of an undisturbed run.</summary>
public sealed class KillAndResumeTests : IDisposable
{
    private const int Concurrency = 8;

    // A kill right after a start makes no headway: after so many, the sweep is left to finish.
    private const int MostKills = 15;
    private readonly CliRun _cli = new();
    private bool _garbles;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    // Without replies that nobody can read, a judgment is one call; with them it may be three.
    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 1)]
    public async Task Killed_at_random_moments_many_times_the_results_are_those_of_an_undisturbed_run(bool garble, int callsPerJudgment)
    {
        await using var endpoint = await EndpointAsync(TimeSpan.FromMilliseconds(8), garble);
        var expected = await UndisturbedAsync(endpoint);
        var undisturbed = endpoint.Statistics().Requests;

        var random = new Random(20);
        string[] arguments = Sweep("killed.db", "killed");
        var kills = 0;
        while (true)
        {
            var at = endpoint.Statistics().Requests + random.Next(1, 60);
            using var process = new ProcessRun(_cli.Folder, arguments);
            if (await Task.WhenAny(endpoint.RequestsReachedAsync(at), process.Exited) == process.Exited || kills == MostKills)
            {
                (await process.ExitAsync()).ShouldBe(0, await process.Error);
                break;
            }

            process.Kill();
            await process.Exited;
            kills++;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{kills} kills, {endpoint.Statistics().Requests - (2 * undisturbed)} calls made again");
        kills.ShouldBeGreaterThanOrEqualTo(8, "the sweep must be long enough to be killed many times");
        File.ReadAllBytes(_cli.At("killed/results.jsonl")).ShouldBe(expected);
        // A kill loses the calls in flight and the judgments just being written (twice the concurrency in all), and no more.
        var madeAgain = endpoint.Statistics().Requests - undisturbed - undisturbed;
        madeAgain.ShouldBeLessThanOrEqualTo(kills * Concurrency * 2 * callsPerJudgment);
        (await _cli.RunAsync(["sweep", "list", "--store", _cli.At("killed.db")])).ShouldBe(0);
        var listed = _cli.Out.Split('\n').Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(w => w.Length > 5).Select(w => w[0] + " " + w[1]).Skip(1);
        listed.ShouldBe(["s1 completed"], _cli.Out);
    }

    [Fact]
    public async Task Interrupted_it_finishes_the_calls_in_flight_and_resumes_to_the_same_results()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.FromMilliseconds(20), garble: false);
        var expected = await UndisturbedAsync(endpoint);
        var before = endpoint.Statistics();

        using (var process = new ProcessRun(_cli.Folder, Sweep("int.db", "int")))
        {
            await Task.WhenAny(endpoint.RequestsReachedAsync(before.Requests + 60), process.Exited);
            process.Interrupt();
            (await process.ExitAsync()).ShouldBe(130, await process.Error);
            var line = JsonDocument.Parse((await process.Out).TrimEnd().Split('\n')[^1]).RootElement;
            line.GetProperty("state").GetString().ShouldBe("interrupted");
        }

        var stopped = endpoint.Statistics();
        stopped.Delivered.ShouldBe(stopped.Requests, "calls in flight are finished, not cut off");
        (await _cli.RunAsync(["sweep", "resume", "s1", "--store", _cli.At("int.db"), "--config", _cli.At("orchestration.yaml")])).ShouldBe(0, _cli.Error);
        File.ReadAllBytes(_cli.At("int/results.jsonl")).ShouldBe(expected);
        (endpoint.Statistics().Requests - before.Requests).ShouldBe(before.Requests, "nothing is asked twice, and nothing less than in an undisturbed run");
    }

    [Fact]
    public async Task Two_processes_on_one_sweep_share_its_shards_and_give_the_same_results()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.FromMilliseconds(80));
        var expected = await UndisturbedAsync(endpoint);
        var before = endpoint.Statistics();

        using (var first = new ProcessRun(_cli.Folder, Sweep("two.db", "two")))
        {
            await Task.WhenAny(endpoint.RequestsReachedAsync(before.Requests + 10), first.Exited);
            using var second = new ProcessRun(_cli.Folder, Sweep("two.db", "two"));
            (await first.ExitAsync()).ShouldBe(0, await first.Error);
            (await second.ExitAsync()).ShouldBe(0, await second.Error);
        }

        File.ReadAllBytes(_cli.At("two/results.jsonl")).ShouldBe(expected);
        (endpoint.Statistics().Requests - before.Requests).ShouldBe(before.Requests);
    }

    [Fact]
    public async Task At_the_cost_cap_it_stops_with_3_and_a_higher_cap_lets_it_go_on()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.FromMilliseconds(1));
        var expected = await UndisturbedAsync(endpoint);
        var before = endpoint.Statistics();

        (await _cli.RunAsync([.. Sweep("cap.db", "cap"), "--max-cost", "0.05"])).ShouldBe(3, _cli.Error);
        var spent = endpoint.Statistics().CostUsd - before.CostUsd;
        spent.ShouldBeGreaterThan(0);
        spent.ShouldBeLessThanOrEqualTo(0.05m, "the endpoint's own total never passes the cap");

        (await _cli.RunAsync(["sweep", "resume", "s1", "--max-cost", "5", "--store", _cli.At("cap.db"), "--config", _cli.At("orchestration.yaml"), "--json"])).ShouldBe(0, _cli.Error);
        File.ReadAllBytes(_cli.At("cap/results.jsonl")).ShouldBe(expected);
        var settled = JsonDocument.Parse(_cli.Out.TrimEnd().Split('\n')[^1]).RootElement.GetProperty("cost_usd").GetDecimal();
        settled.ShouldBe(endpoint.Statistics().CostUsd - before.CostUsd, "to the cent and beyond: every reply arrived whole");
    }

    [Fact]
    public async Task Unscored_outcomes_are_kept_by_a_rerun_and_asked_again_when_told()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.Zero);
        await UndisturbedAsync(endpoint);
        var before = endpoint.Statistics().Requests;

        (await _cli.RunAsync(["sweep", "resume", "s1", "--store", _cli.At("plain.db"), "--config", _cli.At("orchestration.yaml")])).ShouldBe(0, _cli.Error);
        endpoint.Statistics().Requests.ShouldBe(before, "a finished sweep asks nothing");

        (await _cli.RunAsync(["sweep", "resume", "s1", "--retry-unscored", "--store", _cli.At("plain.db"), "--config", _cli.At("orchestration.yaml")])).ShouldBe(0, _cli.Error);
        endpoint.Statistics().Requests.ShouldBe(before + GarbledPairs * 2 * 3, "three asks for each pair whose replies are unreadable, and none for the others");
    }

    // Pairs whose replies nobody can read: those that speak of this. Two judges ask three times each.
    private const string Garble = "water";
    private static readonly int GarbledPairs = File.ReadLines(Samples).Select(l => JsonDocument.Parse(l).RootElement)
        .Count(r => IsGarbled(r.GetProperty("prompt").GetString()!) || IsGarbled(r.GetProperty("answer").GetString()!));

    private static string Samples => Path.Combine(PublicData.RepositoryRoot, "samples", "pairs.jsonl");

    private static bool IsGarbled(string text) => text.Contains(Garble, StringComparison.Ordinal);

    private async Task<byte[]> UndisturbedAsync(ScriptedEndpoint endpoint)
    {
        (await _cli.RunAsync(Sweep("plain.db", "plain"))).ShouldBe(0, _cli.Error);
        var rows = _cli.Rows("plain/results.jsonl");
        rows.Length.ShouldBe(168);
        rows.Count(r => r.GetProperty("unscored").TryGetProperty("clarity@local", out _)).ShouldBe(_garbles ? GarbledPairs : 0);
        GarbledPairs.ShouldBeGreaterThan(5);
        return await File.ReadAllBytesAsync(_cli.At("plain/results.jsonl"), Cancelled);
    }

    private async Task<ScriptedEndpoint> EndpointAsync(TimeSpan latency, bool garble = true)
    {
        _garbles = garble;
        var endpoint = await ScriptedEndpoint.StartAsync(
            new ScriptedEndpointOptions
            {
                Latency = latency,
                TrackContents = true,
                Prices = new TokenPrices(0.40m, 0.10m, 1.60m, 1.60m),
                // By content and not by chance: a sweep is only comparable given the same replies.
                Respond = call => garble && IsGarbled(call.User)
                    ? new ScriptedReply { Text = "I would rather not put a number on it." }
                    : null,
            },
            cancellationToken: Cancelled);
        _cli.Write("orchestration.yaml", EndpointCommand.Configuration(endpoint.ChatEndpoint).Replace("concurrency: 64", $"concurrency: {Concurrency}", StringComparison.Ordinal).Split('\n'));
        return endpoint;
    }

    private string[] Sweep(string store, string folder) =>
    [
        "sweep", "run", "--pairs", Samples, "--judges", "relevance", "chrf", "clarity@local", "helpfulness@local",
        "--config", _cli.At("orchestration.yaml"), "--store", _cli.At(store), "--out", _cli.At(folder), "--rows-per-shard", "10", "--json",
    ];
}
