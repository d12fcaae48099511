using Orchestration.Cli.Endpoint;
using Orchestration.Core.Rubrics;
using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests;

public sealed class OtherCommandTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Without_arguments_it_says_what_there_is()
    {
        (await _cli.RunAsync([])).ShouldBe(0);
        foreach (var command in new[] { "sweep", "compare", "rubric", "judge", "endpoint", "demo" }) _cli.Out.ShouldContain(command);
    }

    [Fact]
    public async Task Rubrics_are_listed_and_shown_with_their_versions()
    {
        var rubric = RubricLibrary.Builtin.Find("truthfulness");

        (await _cli.RunAsync(["rubric", "list"])).ShouldBe(0);
        _cli.Out.ShouldContain(rubric.Version[..12]);
        (await _cli.RunAsync(["rubric", "show", "truthfulness"])).ShouldBe(0);
        _cli.Out.ShouldContain(rubric.Version);
        _cli.Out.ShouldContain("## Bands");
        (await _cli.RunAsync(["rubric", "show", "truthfulnes"])).ShouldBe(2);
        _cli.Error.ShouldContain("Did you mean 'truthfulness'?");
    }

    [Fact]
    public async Task A_changed_word_is_found_by_verify_and_accepted_by_lock()
    {
        var folder = _cli.At("rubrics");
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(PublicData.RepositoryRoot, "rubrics", "clarity.md"), Path.Combine(folder, "clarity.md"));
        (await _cli.RunAsync(["rubric", "lock", folder])).ShouldBe(0);
        (await _cli.RunAsync(["rubric", "verify", folder])).ShouldBe(0);

        var text = await File.ReadAllTextAsync(Path.Combine(folder, "clarity.md"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "clarity.md"), text.Replace(" is ", " was ", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        (await _cli.RunAsync(["rubric", "verify", folder])).ShouldBe(1);
        _cli.Error.ShouldContain("clarity");
        (await _cli.RunAsync(["rubric", "lock", folder])).ShouldBe(0);
        (await _cli.RunAsync(["rubric", "verify", folder])).ShouldBe(0);
    }

    [Fact]
    public async Task The_committed_rubrics_are_as_locked()
    {
        (await _cli.RunAsync(["rubric", "verify", Path.Combine(PublicData.RepositoryRoot, "rubrics")])).ShouldBe(0, _cli.Error);
    }

    [Fact]
    public async Task A_code_judge_is_asked_once_without_a_store()
    {
        (await _cli.RunAsync(["judge", "test", "exact-match", "--prompt", "2+2?", "--answer", "4", "--reference", "4"])).ShouldBe(0);
        _cli.Out.ShouldContain("exact-match: 1 on 0–1, mapped 1");
        (await _cli.RunAsync(["judge", "test", "exact-match", "--prompt", "2+2?", "--answer", "4"])).ShouldBe(1);
        _cli.Out.ShouldContain("unscored (no_reference)");
    }

    [Fact]
    public async Task A_model_judge_is_asked_once_and_says_what_it_cost()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        var config = _cli.Write("orchestration.yaml", EndpointCommand.Configuration(endpoint.ChatEndpoint).Split('\n'));

        (await _cli.RunAsync(["judge", "test", "clarity@local", "--config", config, "--prompt", "Why is the sky blue?", "--answer", "Air scatters blue light most."])).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("clarity@local: ");
        _cli.Out.ShouldContain("rationale: ");
        _cli.Out.ShouldContain("1 calls, 0 failed attempts");
        (await _cli.RunAsync(["judge", "test", "preference@local", "--config", config, "--prompt", "q", "--answer", "a"])).ShouldBe(2);
        _cli.Error.ShouldContain("--answer-b");
    }

    [Fact]
    public async Task Judges_and_deployments_are_listed_and_no_key_is_shown()
    {
        var config = _cli.Write(
            "orchestration.yaml",
            "deployments:", "  gpt: {endpoint: 'https://api.example/v1', model: gpt-4.1-mini, key-env: SECRET_OF_THE_TEST}", "judge-sets:", "  quick: [relevance, clarity@gpt]");
        Environment.SetEnvironmentVariable("SECRET_OF_THE_TEST", "sk-very-secret");

        (await _cli.RunAsync(["judge", "list", "--config", config])).ShouldBe(0);

        _cli.Out.ShouldContain("rouge-l");
        _cli.Out.ShouldContain("RUBRIC@gpt");
        _cli.Out.ShouldContain("judge set quick");
        (_cli.Out + _cli.Error).ShouldNotContain("sk-very-secret");
    }

    [Fact]
    public async Task The_demo_tells_its_story_offline_and_twice()
    {
        for (var time = 0; time < 2; time++)
        {
            (await _cli.RunAsync(["demo", "--out", _cli.At("demo")])).ShouldBe(0, _cli.Error);
            _cli.Out.ShouldContain("calls made by the second run, counted at the endpoint: 0");
            _cli.Out.ShouldContain("To try next:");
        }

        foreach (var file in new[] { "pairs/results.jsonl", "pairs/summary.json", "comparisons/verdicts.jsonl", "bad/rejects.jsonl" })
            File.Exists(_cli.At(Path.Combine("demo", file))).ShouldBeTrue(file);
    }

    [Fact]
    public async Task A_cap_without_a_price_is_refused()
    {
        var config = _cli.Write("orchestration.yaml", "deployments:", "  free: {endpoint: 'http://127.0.0.1:9/v1', model: m}");
        var pairs = _cli.Write("pairs.jsonl", """{"id":"a","prompt":"q","answer":"a"}""");

        (await _cli.RunAsync(["sweep", "run", "--pairs", pairs, "--judges", "clarity@free", "--config", config, "--max-cost", "1", "--store", _cli.At("s.db")])).ShouldBe(2);
        _cli.Error.ShouldContain("has no prices");
    }

    [Fact]
    public async Task A_wrong_key_stops_the_sweep_with_one_message_and_it_can_go_on()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { ApiKey = "right" }, cancellationToken: TestContext.Current.CancellationToken);
        var config = _cli.Write("orchestration.yaml", EndpointCommand.Configuration(endpoint.ChatEndpoint).Split('\n'));
        string[] sweep = ["sweep", "run", "--pairs", Path.Combine(PublicData.RepositoryRoot, "samples", "pairs.jsonl"), "--judges", "clarity@local", "--config", config, "--store", _cli.At("s.db"), "--out", _cli.At("out")];

        (await _cli.RunAsync(sweep)).ShouldBe(2);
        _cli.Error.ShouldContain("local");
        _cli.Error.ShouldContain("orchestrate sweep resume s1");
        endpoint.Statistics().Requests.ShouldBeLessThan(168 + 1);

        _cli.Write("orchestration.yaml", [.. EndpointCommand.Configuration(endpoint.ChatEndpoint).Split('\n'), "    key-env: KEY_OF_THE_TEST"]);
        Environment.SetEnvironmentVariable("KEY_OF_THE_TEST", "right");
        (await _cli.RunAsync(sweep)).ShouldBe(0, _cli.Error);
        _cli.Error.ShouldContain("going on with it");
    }

    [Fact]
    public async Task One_changed_word_of_a_rubric_buys_exactly_its_judgments_again()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        var sweep = WriteRubricSweep(endpoint);

        (await _cli.RunAsync(sweep)).ShouldBe(0, _cli.Error);
        endpoint.Statistics().Requests.ShouldBe(2 * 20);
        ChangeAWord("clarity");
        (await _cli.RunAsync(sweep)).ShouldBe(0, _cli.Error);

        endpoint.Statistics().Requests.ShouldBe(3 * 20, "clarity for each pair, and helpfulness for none");
    }

    [Fact]
    public async Task A_resumed_sweep_judges_by_the_rubrics_it_began_with()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        var sweep = WriteRubricSweep(endpoint);
        (await _cli.RunAsync([.. sweep, "--max-cost", "0.03"])).ShouldBe(3, _cli.Error);
        var bought = endpoint.Statistics().Requests;
        bought.ShouldBeInRange(1, 39);

        ChangeAWord("clarity");
        (await _cli.RunAsync(["sweep", "resume", "s1", "--max-cost", "1", "--config", _cli.At("orchestration.yaml"), "--store", _cli.At("s.db")])).ShouldBe(0, _cli.Error);

        endpoint.Statistics().Requests.ShouldBe(2 * 20, "what was bought under the first text still holds");
    }

    private string[] WriteRubricSweep(ScriptedEndpoint endpoint)
    {
        Directory.CreateDirectory(_cli.At("rubrics"));
        foreach (var rubric in new[] { "clarity.md", "helpfulness.md" })
            File.Copy(Path.Combine(PublicData.RepositoryRoot, "rubrics", rubric), _cli.At($"rubrics/{rubric}"));
        var config = _cli.Write("orchestration.yaml", ["rubrics: [./rubrics]", .. EndpointCommand.Configuration(endpoint.ChatEndpoint).Split('\n')]);
        return ["sweep", "run", "--pairs", Path.Combine(PublicData.RepositoryRoot, "samples", "pairs.jsonl"), "--limit", "20", "--judges", "clarity@local", "helpfulness@local",
            "--config", config, "--store", _cli.At("s.db"), "--out", _cli.At("out")];
    }

    private void ChangeAWord(string rubric)
    {
        var path = _cli.At($"rubrics/{rubric}.md");
        var text = File.ReadAllText(path);
        var changed = text.Replace("## What is scored", "## What is scored here", StringComparison.Ordinal);
        if (changed == text) throw new InvalidOperationException($"{path} has no such heading to change.");
        File.WriteAllText(path, changed);
    }
}
