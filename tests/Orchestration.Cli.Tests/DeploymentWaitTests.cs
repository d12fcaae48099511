using System.Text.Json;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests;

/// <summary>What a person sees of endpoints that wait, and of money.</summary>
public sealed class DeploymentWaitTests : IDisposable
{
    private readonly CliRun _cli = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_sweep_waits_out_an_outage_says_so_and_scores_every_pair()
    {
        var requests = 0;
        var isMended = false;
        await using var endpoint = await StartAsync(
            new ScriptedEndpointOptions
            {
                Respond = _ => Interlocked.Increment(ref requests) > 10 && !Volatile.Read(ref isMended) ? new ScriptedReply { Fault = ScriptedFault.Overloaded } : null,
                RetryAfter = TimeSpan.FromMilliseconds(50),
                TrackContents = true,
            },
            "{concurrency: 4}");
        var pairs = _cli.Write("pairs.jsonl", Enumerable.Range(0, 60).Select(i => $$"""{"id":"p{{i}}","prompt":"Question {{i}}?","answer":"Answer {{i}}."}""").ToArray());
        var running = _cli.RunAsync(["sweep", "run", "--pairs", pairs, "--judges", "helpfulness@local", "--config", _cli.At("orchestration.yaml"), "--store", _cli.At("store.db"), "--out", _cli.At("out"), "--json"]);
        while (!running.IsCompleted && !_cli.ErrorSoFar.Contains("waiting: deployment 'local'", StringComparison.Ordinal)) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        Volatile.Write(ref isMended, true);

        (await running).ShouldBe(0, _cli.Error);
        _cli.Error.ShouldContain("does not work: 503");
        _cli.Error.ShouldContain("Ctrl-C interrupts it");
        using var line = JsonDocument.Parse(_cli.Out.TrimEnd().Split('\n')[^1]);
        line.RootElement.GetProperty("scored").GetInt64().ShouldBe(60);
        endpoint.Statistics().RepeatedDeliveries.ShouldBe(0);
    }

    [Fact]
    public async Task Money_is_shown_by_sweep_judge_and_deployment_and_is_the_endpoints_own()
    {
        await using var endpoint = await StartAsync(new ScriptedEndpointOptions { Prices = new TokenPrices(0.40m, 0.10m, 1.60m, 1.60m) }, "{concurrency: 4}, prices: {input: 0.40, cached: 0.10, output: 1.60}");
        var pairs = _cli.Write("pairs.jsonl", Enumerable.Range(0, 5).Select(i => $$"""{"id":"p{{i}}","prompt":"Question {{i}}?","answer":"Answer {{i}}."}""").ToArray());
        (await _cli.RunAsync(["sweep", "run", "--pairs", pairs, "--judges", "helpfulness@local", "clarity@local", "--config", _cli.At("orchestration.yaml"), "--store", _cli.At("store.db"), "--out", _cli.At("out")])).ShouldBe(0, _cli.Error);

        (await _cli.RunAsync(["cost", "--json", "--store", _cli.At("store.db")])).ShouldBe(0, _cli.Error);
        var lines = _cli.Out.TrimEnd().Split('\n')[^3..].Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        lines.Select(l => l.TryGetProperty("judge", out var judge) ? judge.GetString() : "total").ShouldBe(["clarity@local", "helpfulness@local", "total"]);
        lines[2].GetProperty("calls").GetInt64().ShouldBe(10);
        lines[2].GetProperty("settled_usd").GetDecimal().ShouldBe(endpoint.Statistics().CostUsd);
        lines[2].GetProperty("settled_usd").GetDecimal().ShouldBe(lines[0].GetProperty("settled_usd").GetDecimal() + lines[1].GetProperty("settled_usd").GetDecimal());

        (await _cli.RunAsync(["cost", "s1", "--by", "deployment", "--store", _cli.At("store.db")])).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("local");
        (await _cli.RunAsync(["cost", "s9", "--store", _cli.At("store.db")])).ShouldBe(2);
        _cli.Error.ShouldContain("no sweep 's9'");

        using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_cli.At("out"), "summary.json"), Cancel));
        summary.RootElement.GetProperty("cost").GetArrayLength().ShouldBe(2);
        summary.RootElement.GetProperty("served")[0].GetProperty("calls").GetInt64().ShouldBe(10);
    }

    private async Task<ScriptedEndpoint> StartAsync(ScriptedEndpointOptions options, string limits)
    {
        var endpoint = await ScriptedEndpoint.StartAsync(options, cancellationToken: Cancel);
        _cli.Write("orchestration.yaml", $"deployments:\n  local: {{endpoint: \"{endpoint.ChatEndpoint}\", model: scripted, limits: {limits}}}");
        return endpoint;
    }
}
