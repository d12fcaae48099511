using System.Globalization;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Routing;

/// <summary><c>route train</c> and <c>route eval</c> with embeddings from an endpoint: bought once, within a cap, gone on with after a stop.</summary>
public sealed class RouteEmbeddingTests : IDisposable
{
    private readonly CliRun _cli = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Training_buys_each_prompt_once_and_evaluating_buys_nothing_more()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { EmbeddingDimensions = 48 }, cancellationToken: Stop);
        var matrix = Given(endpoint);

        var (status, line) = await _cli.RunJsonAsync(["route", "train", "--matrix", matrix, "--out", _cli.At("m.bin"), "--embeddings", "vectors", "--max-cost", "1", "--config", _cli.At("orchestration.yaml"), "--store", _cli.At("s.db"), "--json"]);

        status.ShouldBe(0, _cli.Error);
        line.GetProperty("embeddings").GetRawText().ShouldBe("""{"deployment":"vectors","model":"acme/small-vectors","dimensions":48}""");
        _cli.Error.ShouldContain("120 embeddings of 48 numbers bought now, 0 from the store");
        _cli.Out.ShouldContain("'orchestrate serve' asks it for each request");
        endpoint.Statistics().EmbeddedTexts.ShouldBe(120);

        (status, line) = await _cli.RunJsonAsync(["route", "eval", "--matrix", matrix, "--embeddings", "vectors", "--config", _cli.At("orchestration.yaml"), "--store", _cli.At("s.db"), "--resamples", "50", "--json"]);
        status.ShouldBe(0, _cli.Error);
        _cli.Error.ShouldContain("0 embeddings of 48 numbers bought now, 120 from the store");
        endpoint.Statistics().EmbeddedTexts.ShouldBe(120);
        line.GetProperty("quality").GetDouble().ShouldBeGreaterThan(line.GetProperty("baselines").GetProperty("best_single").GetDouble() + 0.2);
    }

    [Fact]
    public async Task A_model_that_looks_at_embeddings_is_explained_replayed_and_valued_from_a_log_with_its_own_deployment()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { EmbeddingDimensions = 48 }, cancellationToken: Stop);
        var matrix = Given(endpoint);
        string[] world = ["--config", _cli.At("orchestration.yaml"), "--store", _cli.At("s.db")];
        (await _cli.RunAsync(["route", "train", "--matrix", matrix, "--out", _cli.At("m.bin"), "--embeddings", "vectors", .. world])).ShouldBe(0, _cli.Error);

        // A prompt that nobody embedded yet is bought, once.
        string[] explain = ["route", "explain", "--model", _cli.At("m.bin"), "--prompt", "loop compile return array", .. world];
        var (status, line) = await _cli.RunJsonAsync([.. explain, "--embeddings", "vectors", "--json"]);
        status.ShouldBe(0, _cli.Error);
        line.GetProperty("expert").GetString().ShouldBe("coder");
        line.GetProperty("abstained").GetBoolean().ShouldBeFalse();
        endpoint.Statistics().EmbeddedTexts.ShouldBe(121);
        (await _cli.RunAsync([.. explain, "--embeddings", "vectors"])).ShouldBe(0, _cli.Error);
        endpoint.Statistics().EmbeddedTexts.ShouldBe(121);

        (await _cli.RunAsync(explain)).ShouldBe(2);
        _cli.Error.ShouldContain("looks at prompts through embeddings by 'vectors', which are bought: name it with --embeddings vectors");
        (await _cli.RunAsync([.. explain, "--embeddings", "others"])).ShouldBe(2);
        _cli.Error.ShouldContain("and not by 'others'");

        // Rows of the matrix are in the store.
        string[] replay = ["route", "replay", "--matrix", matrix, "--runs", "2", .. world];
        (status, line) = await _cli.RunJsonAsync([.. replay, "--model", _cli.At("m.bin"), "--embeddings", "vectors", "--json"]);
        status.ShouldBe(0, _cli.Error);
        endpoint.Statistics().EmbeddedTexts.ShouldBe(121);
        line.GetProperty("reward").GetProperty("mean").GetDouble().ShouldBeGreaterThan(line.GetProperty("baselines").GetProperty("best_single").GetProperty("mean").GetDouble() + 0.1, "it sees by the embedding whose prompt it is");
        (await _cli.RunAsync([.. replay, "--embeddings", "vectors"])).ShouldBe(2);
        _cli.Error.ShouldContain("nothing here was trained on embeddings");

        (status, line) = await _cli.RunJsonAsync(["route", "eval", "--ledger", Log(), "--policy", "learned", "--embeddings", "vectors", "--json", .. world]);
        status.ShouldBe(0, _cli.Error);
        endpoint.Statistics().EmbeddedTexts.ShouldBe(121);
        var values = line.GetProperty("policies").EnumerateArray().ToDictionary(static v => v.GetProperty("policy").GetString()!, static v => v.GetProperty("doubly_robust").GetProperty("value").GetDouble());
        values["learned"].ShouldBeGreaterThan(Math.Max(values["always coder"], values["always poet"]) + 0.2);
        (await _cli.RunAsync(["route", "eval", "--ledger", _cli.At("log.jsonl"), "--policy", "learned", .. world])).ShouldBe(2);
        _cli.Error.ShouldContain("--policy learned looks at prompts through embeddings by 'vectors'");

        // The deployment serves another model now: its numbers mean something else, and none are bought.
        _cli.Write("orchestration.yaml", (await File.ReadAllTextAsync(_cli.At("orchestration.yaml"), Stop)).Replace("acme/small-vectors", "acme/large-vectors", StringComparison.Ordinal));
        (await _cli.RunAsync([.. explain, "--embeddings", "vectors"])).ShouldBe(2);
        _cli.Error.ShouldContain("was trained on embeddings of 'acme/small-vectors', and deployment 'vectors' is configured with 'acme/large-vectors'");
        endpoint.Statistics().EmbeddedTexts.ShouldBe(121);
    }

    [Fact]
    public async Task A_cap_stops_it_with_status_3_and_a_dry_run_buys_nothing()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        var matrix = Given(endpoint);
        string[] Train(params string[] more) => ["route", "train", "--matrix", matrix, "--out", _cli.At("m.bin"), "--embeddings", "vectors", "--config", _cli.At("orchestration.yaml"), "--store", _cli.At("s.db"), .. more];

        (await _cli.RunAsync(Train("--dry-run"))).ShouldBe(0, _cli.Error);
        _cli.Error.ShouldContain("embeddings of 120 prompts of 'vectors'");
        (await _cli.RunAsync(Train("--max-cost", "0.000001"))).ShouldBe(ExitStatus.Capped, _cli.Error);
        _cli.Error.ShouldContain("with a higher --max-cost");
        endpoint.Statistics().EmbeddedTexts.ShouldBe(0);
        File.Exists(_cli.At("m.bin")).ShouldBeFalse();
        (await _cli.RunAsync(Train("--max-cost", "1"))).ShouldBe(0, _cli.Error);

        (await _cli.RunAsync(["route", "train", "--matrix", matrix, "--out", _cli.At("m.bin"), "--max-cost", "1"])).ShouldBe(2);
        _cli.Error.ShouldContain("--max-cost is about what --embeddings buys");
        (await _cli.RunAsync(["route", "train", "--matrix", matrix, "--out", _cli.At("m.bin"), "--embeddings", "nobody", "--config", _cli.At("orchestration.yaml"), "--store", _cli.At("s.db")])).ShouldBe(2);
        _cli.Error.ShouldContain("nobody");
    }

    [Fact]
    public async Task Interrupted_it_keeps_what_was_bought_and_the_same_command_goes_on()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Latency = TimeSpan.FromMilliseconds(300) }, cancellationToken: Stop);
        var matrix = Given(endpoint, 400);
        string[] train = ["route", "train", "--matrix", matrix, "--out", _cli.At("m.bin"), "--embeddings", "vectors", "--concurrency", "1", "--config", _cli.At("orchestration.yaml"), "--store", _cli.At("s.db")];
        using (var run = new ProcessRun(_cli.Folder, train))
        {
            await endpoint.RequestsReachedAsync(2);
            run.Interrupt();
            (await run.ExitAsync()).ShouldBe(ExitStatus.Interrupted, run.ErrorSoFar);
            (await run.Error).ShouldContain("the same command goes on");
        }

        var bought = endpoint.Statistics().EmbeddedTexts;
        bought.ShouldBeLessThan(400);
        File.Exists(_cli.At("m.bin")).ShouldBeFalse();
        (await _cli.RunAsync(train)).ShouldBe(0, _cli.Error);
        _cli.Error.ShouldContain(string.Create(CultureInfo.InvariantCulture, $"{400 - bought} embeddings of 64 numbers bought now, {bought} from the store"));
        endpoint.Statistics().EmbeddedTexts.ShouldBe(400, "nothing was bought twice");
        File.Exists(_cli.At("m.bin")).ShouldBeTrue();
    }

    private string Given(ScriptedEndpoint endpoint, int rows = 120)
    {
        _cli.Write("orchestration.yaml", "deployments:", $"  vectors: {{endpoint: '{endpoint.ChatEndpoint}', model: acme/small-vectors, prices: {{input: 0.02, output: 0}}}}",
            "experts:", "  coder: {deployment: vectors}", "  poet: {deployment: vectors}",
            "router:", "  default: poet", "  policies:", "    learned: {rule: best, model: m.bin}");
        return _cli.Write("matrix.jsonl", [.. Prompts(rows).Select((prompt, i) => string.Create(
            CultureInfo.InvariantCulture,
            $$$"""{"id":"{{{i}}}","prompt":"{{{prompt}}}","group":"{{{(i % 2 == 0 ? "code" : "verse")}}}","quality":{"coder":{{{(i % 2 == 0 ? 0.9 : 0.2)}}},"poet":{{{(i % 2 == 0 ? 0.3 : 0.9)}}}}}"""))]);
    }

    /// <summary>The matrix's prompts, sent to either expert by the toss of a coin.</summary>
    private string Log() => _cli.Write("log.jsonl", [.. Prompts(120).Select(static (prompt, i) =>
    {
        var isCoder = i % 4 < 2;
        return string.Create(
            CultureInfo.InvariantCulture,
            $$$"""{"id":"{{{i}}}","prompt":"{{{prompt}}}","expert":"{{{(isCoder ? "coder" : "poet")}}}","probability":0.5,"candidates":[{"expert":"coder","probability":0.5},{"expert":"poet","probability":0.5}],"reward":{{{(i % 2 == 0) switch { true => isCoder ? 0.9 : 0.3, false => isCoder ? 0.2 : 0.9 }}}}}""");
    })]);

    private static string[] Prompts(int rows)
    {
        var random = new Random(5);
        string[][] words = [["def", "return", "loop", "array", "compile"], ["moon", "verse", "rhyme", "river", "sorrow"]];
        return [.. Enumerable.Range(0, rows).Select(i => string.Create(CultureInfo.InvariantCulture, $"{string.Join(' ', Enumerable.Range(0, 6).Select(_ => words[i % 2][random.Next(5)]))} {i}"))];
    }
}
