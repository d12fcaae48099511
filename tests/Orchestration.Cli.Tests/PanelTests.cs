using System.Text.Json;
using Orchestration.Cli.Endpoint;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests;

/// <summary>Panels in whole commands, over real HTTP.</summary>
public sealed class PanelTests : IDisposable
{
    private const int Rows = 40;
    private const int Members = 3;
    private const int Concurrency = 8;

    private readonly CliRun _cli = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_panel_is_listed_and_tried_out_with_what_everybody_says()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.Zero);

        (await _cli.RunAsync(["judge", "list", "--config", _cli.At("orchestration.yaml")])).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("panel debate: clarity by a debate of 2 rounds: local, local (a strict grader), local (a devil's advocate)");
        (await _cli.RunAsync(["judge", "test", "debate", "--config", _cli.At("orchestration.yaml"), "--prompt", "Why is the sky blue?", "--answer", "Air scatters blue light most."])).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("round 1, member 1: ");
        _cli.Out.ShouldContain("round 2, member 3: ");
        _cli.Out.ShouldContain("debate: ");
        _cli.Out.ShouldContain("6 calls, 0 failed attempts");
        (await _cli.RunAsync(["judge", "test", "court", "--config", _cli.At("orchestration.yaml"), "--prompt", "q", "--answer", "a", "--answer-b", "b"])).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("closing judge: ");
    }

    [Fact]
    public async Task A_sweep_by_a_panel_killed_again_and_again_ends_as_an_undisturbed_one()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.FromMilliseconds(8));
        (await _cli.RunAsync(Sweep("plain"))).ShouldBe(0, _cli.Error);
        var expected = await File.ReadAllBytesAsync(_cli.At("plain/results.jsonl"), Cancelled);
        var undisturbed = endpoint.Statistics().Requests;
        undisturbed.ShouldBe(Rows * Members * 2);
        _cli.Rows("plain/results.jsonl").ShouldAllBe(r => r.GetProperty("scores").GetProperty("debate").ValueKind == JsonValueKind.Number);

        var random = new Random(7);
        var kills = 0;
        while (true)
        {
            var at = endpoint.Statistics().Requests + random.Next(10, 70);
            using var process = new ProcessRun(_cli.Folder, Sweep("killed"));
            if (await Task.WhenAny(endpoint.RequestsReachedAsync(at), process.Exited) == process.Exited || kills == 8)
            {
                (await process.ExitAsync()).ShouldBe(0, await process.Error);
                break;
            }

            process.Kill();
            await process.Exited;
            kills++;
        }

        kills.ShouldBeGreaterThanOrEqualTo(3, "the sweep must be long enough to be killed");
        File.ReadAllBytes(_cli.At("killed/results.jsonl")).ShouldBe(expected);
        (endpoint.Statistics().Requests - undisturbed - undisturbed).ShouldBeLessThanOrEqualTo(kills * ((Concurrency * 2) + Members));
    }

    [Fact]
    public async Task A_cap_holds_for_all_calls_of_a_panel_together_and_the_sweep_goes_on_by_the_panel_it_began_with()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.FromMilliseconds(1));
        (await _cli.RunAsync([.. Sweep("cap"), "--max-cost", "0.05"])).ShouldBe(3, _cli.Error);
        var spent = endpoint.Statistics();
        spent.CostUsd.ShouldBeGreaterThan(0);
        spent.CostUsd.ShouldBeLessThanOrEqualTo(0.05m);

        WriteConfiguration(endpoint, profile: "somebody else");
        var (status, line) = await _cli.RunJsonAsync(["sweep", "resume", "s1", "--max-cost", "5", "--store", _cli.At("cap.db"), "--config", _cli.At("orchestration.yaml"), "--json"]);
        status.ShouldBe(0, _cli.Error);
        endpoint.Statistics().Requests.ShouldBe(Rows * Members * 2);
        line.GetProperty("cost_usd").GetDecimal().ShouldBe(endpoint.Statistics().CostUsd);
    }

    [Fact]
    public async Task A_dry_run_counts_every_round_of_every_member()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.Zero);
        var (status, line) = await _cli.RunJsonAsync([.. Sweep("dry"), "--dry-run"]);
        status.ShouldBe(0, _cli.Error);
        line.GetProperty("calls").GetInt64().ShouldBe(Rows * Members * 2);
        endpoint.Statistics().Requests.ShouldBe(0);
        (await _cli.RunAsync(Sweep("real"))).ShouldBe(0, _cli.Error);
        endpoint.Statistics().CostUsd.ShouldBeLessThanOrEqualTo(line.GetProperty("cost_usd_at_most").GetDecimal());
        (await _cli.RunAsync([.. Sweep("real"), "--dry-run"])).ShouldBe(0, _cli.Error);
    }

    [Fact]
    public async Task A_panel_compares_in_both_orders()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.Zero);
        var data = _cli.Write("comparisons.jsonl", """{"id":"c","prompt":"Which is greater, 9.11 or 9.9?","answer_a":"9.9, because 0.9 is more than 0.11.","answer_b":"9.11","label":"A>B"}""");

        (await _cli.RunAsync(["compare", "run", "--comparisons", data, "--judges", "court", "--config", _cli.At("orchestration.yaml"), "--store", _cli.At("c.db"), "--out", _cli.At("c")])).ShouldBe(0, _cli.Error);

        endpoint.Statistics().Requests.ShouldBe(2 * (2 + 1), "two members and the closing judge, in either order");
        _cli.Rows("c/verdicts.jsonl")[0].GetProperty("verdicts").GetProperty("court").GetArrayLength().ShouldBe(2);
    }

    private string[] Sweep(string name) =>
    [
        "sweep", "run", "--pairs", Path.Combine(PublicData.RepositoryRoot, "samples", "pairs.jsonl"), "--limit", $"{Rows}", "--judges", "relevance", "debate",
        "--config", _cli.At("orchestration.yaml"), "--store", _cli.At(name + ".db"), "--out", _cli.At(name), "--rows-per-shard", "10", "--json",
    ];

    private async Task<ScriptedEndpoint> EndpointAsync(TimeSpan latency)
    {
        var endpoint = await ScriptedEndpoint.StartAsync(
            new ScriptedEndpointOptions { Latency = latency, Prices = new TokenPrices(0.40m, 0.10m, 1.60m, 1.60m) }, cancellationToken: Cancelled);
        WriteConfiguration(endpoint, "a strict grader");
        return endpoint;
    }

    private void WriteConfiguration(ScriptedEndpoint endpoint, string profile) => _cli.Write(
        "orchestration.yaml",
        [
            .. EndpointCommand.Configuration(endpoint.ChatEndpoint).Replace("concurrency: 64", $"concurrency: {Concurrency}", StringComparison.Ordinal).Split('\n'),
            "panels:",
            "  debate:",
            "    rubric: clarity",
            $"    members: [{{deployment: local}}, {{deployment: local, profile: {profile}}}, {{deployment: local, profile: a devil's advocate}}]",
            "    rounds: 2",
            "  court:",
            "    rubric: preference",
            "    members: [{deployment: local}, {deployment: local, profile: a devil's advocate}]",
            "    final: judge",
            "    closing: {deployment: local, profile: a chairman}",
        ]);
}
