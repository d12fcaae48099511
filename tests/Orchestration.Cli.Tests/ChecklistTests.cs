using System.Text.Json;
using Orchestration.Cli.Endpoint;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests;

/// <summary>Checklists, references, critiques and exemplars in whole commands, over real HTTP.</summary>
public sealed class ChecklistTests : IDisposable
{
    private const int Rows = 30;
    private const string Judge = "reply-checklist@local";

    private static readonly string[] Source =
    [
        "---", "id: reply", "title: A reply", "protocol: score", "reply: checklist", "reference: optional", "---", "", "The answer replies to a question.", "", "## Checklist", "",
        "### says-something", "The answer says something to the point.", "", "### explains", "", "- points: 2", "", "The answer explains it.", "",
        "### agrees", "", "- when: has reference", "", "The answer agrees with the reference.", "",
    ];

    private readonly CliRun _cli = new();

    public ChecklistTests() => Directory.CreateDirectory(_cli.At("rubrics"));

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_checklist_is_compiled_locked_and_held_to_what_it_was()
    {
        var source = _cli.Write("rubrics/reply.md", Source);
        var bundle = _cli.At("rubrics/reply-checklist.bundle.json");
        (await _cli.RunAsync(["rubric", "compile", source])).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("3 criteria, 4 points");
        _cli.Out.ShouldContain("judge by reply-checklist@DEPLOYMENT");
        var bytes = await File.ReadAllBytesAsync(bundle, Cancelled);
        (await _cli.RunAsync(["rubric", "compile", source])).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("is unchanged in");

        (await _cli.RunAsync(["rubric", "lock", _cli.At("rubrics")])).ShouldBe(0, _cli.Error);
        (await _cli.RunAsync(["rubric", "verify", _cli.At("rubrics")])).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("2 rubrics are as locked");
        (await _cli.RunAsync(["rubric", "show", "reply-checklist", "--folder", _cli.At("rubrics")])).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("agrees: 1, when has reference\nThe answer agrees with the reference.");

        _cli.Write("rubrics/reply.md", [.. Source.Select(l => l.Replace("to the point", "to the question", StringComparison.Ordinal))]);
        (await _cli.RunAsync(["rubric", "verify", _cli.At("rubrics")])).ShouldBe(1);
        _cli.Error.ShouldContain("'reply' (reply.md) was changed since 'reply-checklist' was compiled from it");
        (await _cli.RunAsync(["rubric", "compile", source])).ShouldBe(2);
        _cli.Error.ShouldContain("a new judge, whose judgments are made, and paid, anew. Add --replace");
        (await File.ReadAllBytesAsync(bundle, Cancelled)).ShouldBe(bytes);
        (await _cli.RunAsync(["rubric", "compile", source, "--replace"])).ShouldBe(0, _cli.Error);
        (await File.ReadAllBytesAsync(bundle, Cancelled)).ShouldNotBe(bytes);

        var shipped = Path.Combine(PublicData.RepositoryRoot, "rubrics", "clarity.md");
        (await _cli.RunAsync(["rubric", "compile", source, shipped, "--output", _cli.At("elsewhere")])).ShouldBe(2);
        _cli.Error.ShouldMatch("clarity\\.md:[0-9]+: there are no criteria to compile: add a section '## Checklist'");
        Directory.Exists(_cli.At("elsewhere")).ShouldBeFalse("all of them are compiled, or none");
    }

    [Fact]
    public async Task A_sweep_counts_voided_points_keeps_what_was_said_and_is_not_bought_twice()
    {
        await using var endpoint = await EndpointAsync(new Dictionary<ScriptedFault, double> { [ScriptedFault.FabricatedQuote] = 0.5 });
        await CompileAsync();
        (await _cli.RunAsync(["sweep", "run", .. Sweep("first", Judge), "--rationales"])).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldMatch("reply-checklist@local: [0-9]+ points voided, because what was quoted does not stand in the answer");
        var asked = endpoint.Statistics().Requests;
        asked.ShouldBe(Rows);

        var said = _cli.Rows("first/rationales.jsonl");
        said.Length.ShouldBe(Rows);
        said.Select(r => r.GetProperty("id").GetString()).ShouldBe(_cli.Rows("first/results.jsonl").Select(r => r.GetProperty("id").GetString()));
        var voided = said.Where(r => r.TryGetProperty("voided", out _)).ToArray();
        voided.Length.ShouldBeInRange(3, Rows - 1);
        voided.ShouldAllBe(r => r.GetProperty("rationale").GetString()!.Contains("; voided: " + r.GetProperty("voided")[0].GetString(), StringComparison.Ordinal));
        var summary = Summary("first");
        summary.GetProperty("judges")[0].GetProperty("voided").GetInt64().ShouldBe(voided.Sum(r => r.GetProperty("voided").GetArrayLength()));

        (await _cli.RunAsync(["sweep", "run", .. Sweep("second", Judge)])).ShouldBe(0, _cli.Error);
        endpoint.Statistics().Requests.ShouldBe(asked, "everything is in the store");
        File.ReadAllText(_cli.At("second/results.jsonl")).ShouldBe(File.ReadAllText(_cli.At("first/results.jsonl")));
        Summary("second").GetProperty("judges")[0].GetProperty("voided").GetInt64().ShouldBe(summary.GetProperty("judges")[0].GetProperty("voided").GetInt64());
        File.Exists(_cli.At("second/rationales.jsonl")).ShouldBeFalse();

        (await _cli.RunAsync(["sweep", "export", "s1", "--store", _cli.At("store.db"), "--out", _cli.At("again"), "--rationales", "--config", _cli.At("orchestration.yaml")])).ShouldBe(0, _cli.Error);
        File.ReadAllText(_cli.At("again/rationales.jsonl")).ShouldBe(File.ReadAllText(_cli.At("first/rationales.jsonl")));
        var (status, dry) = await _cli.SweepAsync([.. Sweep("dry", Judge)[..^2], "--dry-run"]);
        status.ShouldBe(0, _cli.Error);
        dry.GetProperty("cached").GetInt64().ShouldBe(Rows);
        dry.GetProperty("calls").GetInt64().ShouldBe(0);
    }

    [Fact]
    public async Task With_and_without_the_reference_are_two_judges_of_one_rubric()
    {
        await using var endpoint = await EndpointAsync();
        await CompileAsync();
        (await _cli.RunAsync(["sweep", "run", .. Sweep("both", "reply-checklist:reference=both@local")])).ShouldBe(0, _cli.Error);

        var scores = _cli.Rows("both/results.jsonl")[0].GetProperty("scores");
        scores.EnumerateObject().Select(s => s.Name).ShouldBe(["reply-checklist@local", "reply-checklist:reference=drop@local"], ignoreOrder: true);
        endpoint.Statistics().Requests.ShouldBe(2 * Rows);
        var (status, line) = await _cli.SweepAsync([.. Sweep("dry", "reply-checklist:reference=both@local")[..^2], "--dry-run"]);
        status.ShouldBe(0, _cli.Error);
        line.GetProperty("cached").GetInt64().ShouldBe(2 * Rows);
    }

    [Fact]
    public async Task Exemplars_are_frozen_with_the_sweep_that_is_resumed_without_their_file()
    {
        await using var endpoint = await EndpointAsync();
        _cli.Write("graded.jsonl", [.. Enumerable.Range(0, 20).Select(i => $$"""{"prompt":"Why is the answer to question {{i}} what it is?","answer":"Because of reason {{i}}.","target":{{1 + (i % 5)}}}""")]);
        const string Spec = "clarity:exemplars=graded@local";
        (await _cli.RunAsync(["judge", "list", "--config", _cli.At("orchestration.yaml")])).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("exemplars graded: the nearest 2 of ");
        var (_, dry) = await _cli.SweepAsync([.. Sweep("dry", Spec)[..^2], "--dry-run"]);
        (await _cli.RunAsync(["sweep", "run", .. Sweep("frozen", Spec), "--max-cost", "0.02"])).ShouldBe(3, _cli.Error);
        endpoint.Statistics().Requests.ShouldBeLessThan(Rows);

        File.Delete(_cli.At("graded.jsonl"));
        var (status, line) = await _cli.RunJsonAsync(["sweep", "resume", "s1", "--max-cost", "5", "--store", _cli.At("store.db"), "--config", _cli.At("orchestration.yaml"), "--json"]);
        status.ShouldBe(0, _cli.Error);
        line.GetProperty("scored").GetInt64().ShouldBe(Rows);
        endpoint.Statistics().Requests.ShouldBe(Rows);
        endpoint.Statistics().CostUsd.ShouldBeLessThanOrEqualTo(dry.GetProperty("cost_usd_at_most").GetDecimal());
        var exemplars = Summary("frozen").GetProperty("judges")[0].GetProperty("exemplars");
        (exemplars.GetProperty("rows").GetInt32(), exemplars.GetProperty("shown").GetInt32()).ShouldBe((20, 2));

        (await _cli.RunAsync(["sweep", "run", .. Sweep("gone", Spec)])).ShouldBe(2);
        _cli.Error.ShouldContain("graded.jsonl");
        (await _cli.RunAsync(["sweep", "run", .. Sweep("gone", "clarity:exemplars=grade@local")])).ShouldBe(2);
        _cli.Error.ShouldContain("Did you mean 'graded'?");
    }

    [Fact]
    public async Task A_judge_is_tried_out_with_context_and_shows_what_it_checked()
    {
        await using var endpoint = await EndpointAsync();
        await CompileAsync();
        string[] test = ["judge", "test", Judge, "--config", _cli.At("orchestration.yaml"), "--prompt", "Why is the sky blue?", "--answer", "Air scatters blue light most.", "--context", "Rayleigh", "--category", "physics"];
        (await _cli.RunAsync(test)).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldMatch("rationale: [0-9] of 3 points\n");
        (await _cli.RunAsync([.. test, "--reference", "Scattering."])).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldMatch("rationale: [0-9] of 4 points\n");

        (await _cli.RunAsync([.. test[..2], "reply@local", .. test[3..]])).ShouldBe(2);
        _cli.Error.ShouldContain("is a checklist that has not been compiled: run 'orchestrate rubric compile");
    }

    [Fact]
    public async Task Critiques_of_comparisons_are_written_for_both_orders()
    {
        await using var endpoint = await EndpointAsync();
        _cli.Write("rubrics/critic.md", "---", "id: critic", "title: Critic", "protocol: compare", "reply: critique", "---", "Which is better?");
        var data = _cli.Write("comparisons.jsonl", """{"id":"c","prompt":"Which is greater, 9.11 or 9.9?","answer_a":"9.9, because 0.9 is more than 0.11.","answer_b":"9.11","label":"A>B"}""");
        (await _cli.RunAsync(["compare", "run", "--comparisons", data, "--judges", "critic@local", "--config", _cli.At("orchestration.yaml"), "--store", _cli.At("c.db"), "--out", _cli.At("c"), "--rationales"])).ShouldBe(0, _cli.Error);

        var said = _cli.Rows("c/rationales.jsonl");
        said.Select(r => r.GetProperty("asked").GetString()).ShouldBe(["as_shown", "swapped"]);
        said.ShouldAllBe(r => r.GetProperty("rationale").GetString()!.StartsWith("Answer A: ", StringComparison.Ordinal));
    }

    private async Task CompileAsync() => (await _cli.RunAsync(["rubric", "compile", _cli.Write("rubrics/reply.md", Source)])).ShouldBe(0, _cli.Error);

    private JsonElement Summary(string folder) => JsonDocument.Parse(File.ReadAllText(_cli.At(folder + "/summary.json"))).RootElement;

    private string[] Sweep(string name, string judge) =>
    [
        "--pairs", Path.Combine(PublicData.RepositoryRoot, "samples", "pairs.jsonl"), "--limit", $"{Rows}", "--judges", judge,
        "--config", _cli.At("orchestration.yaml"), "--out", _cli.At(name), "--rows-per-shard", "10", "--store", _cli.At("store.db"),
    ];

    private async Task<ScriptedEndpoint> EndpointAsync(Dictionary<ScriptedFault, double>? faults = null)
    {
        var endpoint = await ScriptedEndpoint.StartAsync(
            new ScriptedEndpointOptions { Faults = faults ?? [], Prices = new TokenPrices(0.40m, 0.10m, 1.60m, 1.60m) }, cancellationToken: Cancelled);
        _cli.Write(
            "orchestration.yaml",
            [
                .. EndpointCommand.Configuration(endpoint.ChatEndpoint).Replace("concurrency: 64", "concurrency: 4", StringComparison.Ordinal).Split('\n'),
                "rubrics: [./rubrics]",
                "exemplars:",
                "  graded: {file: graded.jsonl, count: 2, scale: {min: 1, max: 5}}",
            ]);
        return endpoint;
    }
}
