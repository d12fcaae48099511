using System.Text.Json;
using Orchestration.Cli.Endpoint;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Labels;

public sealed class LabelSimulateTests : IDisposable
{
    private const int Pairs = 40;

    private readonly CliRun _cli = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Ratings_of_personas_are_bought_once_and_their_mark_survives_into_training_showing_and_checks()
    {
        await using var endpoint = await EndpointAsync();
        var (status, line) = await _cli.RunJsonAsync(Label());
        status.ShouldBe(0, _cli.Error);
        (line.GetProperty("simulated").GetBoolean(), line.GetProperty("rated").GetInt32(), line.GetProperty("bought").GetInt32()).ShouldBe((true, 2 * Pairs, 2 * Pairs));
        var requests = endpoint.Statistics().Requests;
        requests.ShouldBe(2 * Pairs);
        foreach (var row in _cli.Rows("labels/ratings.jsonl"))
        {
            row.GetProperty("simulated").GetBoolean().ShouldBeTrue();
            row.GetProperty("target").GetDouble().ShouldBe(row.GetProperty("ratings").EnumerateObject().Average(static r => r.Value.GetDouble()), 1e-12);
            row.GetProperty("ratings").EnumerateObject().Select(static r => r.Name).ShouldBe(["strict", "kind"]);
        }

        (status, line) = await _cli.RunJsonAsync(Label());
        (status, line.GetProperty("from_store").GetInt32(), endpoint.Statistics().Requests).ShouldBe((0, 2 * Pairs, requests), "a second run buys nothing");

        // Cheap scores of the same pairs, labelled by the personas, learned from.
        (await _cli.RunAsync(["sweep", "run", "--pairs", _cli.At("pairs.jsonl"), "--judges", "relevance", "length-fit", "--out", _cli.At("swept"), "--store", _cli.At("store.db"), "--config", _cli.At("orchestration.yaml")])).ShouldBe(0, _cli.Error);
        (await _cli.RunAsync([.. Label(), "--results", _cli.At("swept/results.jsonl")])).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain($"{Pairs} results labelled");
        _cli.Rows("labels/labelled.jsonl").ShouldAllBe(static r => r.GetProperty("simulated").GetBoolean() && r.GetProperty("scores").ValueKind == JsonValueKind.Object);

        (status, line) = await _cli.RunJsonAsync(["train", "--scores", _cli.At("labels/labelled.jsonl"), "--target", "target", "--name", "sim", "--model", "ridge", "--store", _cli.At("store.db"), "--json"]);
        status.ShouldBeOneOf(0, 1);
        line.GetProperty("simulated_targets").GetInt32().ShouldBe(Pairs);
        _cli.Out.ShouldContain($"SIMULATED: {Pairs} of {Pairs} targets");
        (await _cli.RunAsync(["aggregator", "show", line.GetProperty("version").GetString()!, "--store", _cli.At("store.db")])).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("SIMULATED");
        (_, line) = await _cli.RunJsonAsync(["meta", "calibrate", "--scores", _cli.At("labels/labelled.jsonl"), "--judge", "scores.relevance", "--target", "target", "--json"]);
        line.GetProperty("simulated_rows").GetInt32().ShouldBe(Pairs);
        _cli.Out.ShouldContain("SIMULATED: the labels of");
        (_, line) = await _cli.RunJsonAsync(["meta", "agreement", "--ratings", _cli.At("labels/ratings.jsonl"), "--resamples", "40", "--json"]);
        line.GetProperty("simulated_rows").GetInt32().ShouldBe(Pairs);
    }

    [Fact]
    public async Task A_target_that_people_gave_is_kept_and_gets_no_mark()
    {
        await using var endpoint = await EndpointAsync();
        var results = _cli.Write("results.jsonl", """{"id":"p0","group":"g","scores":{"a":1},"target":3.5}""", """{"id":"p1","group":"g","scores":{"a":1}}""", """{"id":"stranger","scores":{"a":1}}""");
        (await _cli.RunAsync([.. Label(), "--results", results])).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("1 results labelled");
        var rows = _cli.Rows("labels/labelled.jsonl");
        (rows[0].GetProperty("target").GetDouble(), rows[0].TryGetProperty("simulated", out _)).ShouldBe((3.5, false));
        rows[1].GetProperty("simulated").GetBoolean().ShouldBeTrue();
        rows[2].TryGetProperty("target", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task What_is_wrong_with_personas_or_rubric_is_said_at_once_with_its_line()
    {
        await using var endpoint = await EndpointAsync();
        _cli.Write("personas.yaml", "personas:", "  - name: Strict One", "    profile: x", "  - name: b");
        (await _cli.RunAsync(Label())).ShouldBe(ExitStatus.BadInput);
        _cli.Error.ShouldContain("'Strict One' is no name");
        _cli.Error.ShouldContain("profile");
        (await _cli.RunAsync(["label", "simulate", "--pairs", _cli.At("pairs.jsonl"), "--judge", "preference@local", "--out", _cli.At("x"), "--config", _cli.At("orchestration.yaml"), "--store", _cli.At("store.db")])).ShouldBe(ExitStatus.BadInput);
        _cli.Error.ShouldContain("compares two answers");
        endpoint.Statistics().Requests.ShouldBe(0);
    }

    private string[] Label() =>
        ["label", "simulate", "--pairs", _cli.At("pairs.jsonl"), "--judge", "clarity@local", "--personas", _cli.At("personas.yaml"), "--out", _cli.At("labels"), "--config", _cli.At("orchestration.yaml"), "--store", _cli.At("store.db"), "--json"];

    private async Task<ScriptedEndpoint> EndpointAsync()
    {
        var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Prices = new TokenPrices(0.40m, 0.10m, 1.60m, 1.60m) }, cancellationToken: Cancelled);
        _cli.Write("orchestration.yaml", EndpointCommand.Configuration(endpoint.ChatEndpoint));
        _cli.Write("personas.yaml", "personas:", "  - name: strict", "    profile: You forgive nothing.", "  - name: kind", "    profile: You forgive everything.");
        _cli.Write("pairs.jsonl", [.. Enumerable.Range(0, Pairs).Select(static n => JsonSerializer.Serialize(new { id = $"p{n}", prompt = $"Why does tide number {n} come and go?", answer = string.Join(' ', Enumerable.Repeat("The moon pulls the water and the earth turns below it.", 1 + (n % 7))) }))]);
        return endpoint;
    }
}
