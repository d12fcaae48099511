using System.Text.Json;
using Orchestration.Simulation;
using Orchestration.Storage;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Meta;

/// <summary><c>meta bias</c> in whole commands, over real HTTP.</summary>
public sealed class BiasCommandTests : IDisposable
{
    private static readonly Dictionary<string, double> Planted = new() { ["authority"] = 0.3, ["instruction"] = 0.3, ["length"] = 0.3 };

    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Biases_are_found_in_comparisons_where_they_were_planted_and_nowhere_else_and_mitigations_help_where_they_should()
    {
        await using var endpoint = await LiveChecks.EndpointAsync(_cli, new ScriptedEndpointOptions { Quality = static m => LiveChecks.Quality(m), JudgeNoise = 0.02, Biases = Planted, PositionBias = 0.15, BiasAfterRevision = 0.1 });
        string[] command = LiveChecks.Meta(_cli, "bias", "--data", LiveChecks.Comparisons(_cli, 24), "--judges", "preference@local");

        var (status, line) = await _cli.RunJsonAsync(command);

        status.ShouldBe(0, _cli.Error);
        var lines = Lines(line);
        lines.Count.ShouldBe(14, "thirteen injections into answers, and position; no judge here reads a reference");
        lines.Where(static l => l.Value.GetProperty("sure").GetBoolean()).Select(static l => l.Key.Bias).Where(static b => b != "formatting").Order().ShouldBe(["authority", "instruction", "length", "position"]);
        foreach (var bias in Planted.Keys) Value(lines[("preference@local", bias)], "shift").ShouldBeGreaterThan(0.15);
        lines[("preference@local", "sentiment")].GetProperty("flips").GetProperty("value").GetDouble().ShouldBeLessThan(0.15);

        Mitigation(lines[("preference@local", "position")], "both orders").GetProperty("remaining").GetProperty("value").GetDouble().ShouldBe(0);
        Mitigation(lines[("preference@local", "length")], "length control").GetProperty("helps").GetBoolean().ShouldBeTrue();
        foreach (var bias in new[] { "position", "authority", "instruction", "length" })
        {
            var revision = Mitigation(lines[("preference@local", bias)], "revision");
            revision.GetProperty("helps").GetBoolean().ShouldBeTrue(bias);
            Math.Abs(revision.GetProperty("remaining").GetProperty("value").GetDouble()).ShouldBeLessThan(Math.Abs(Value(lines[("preference@local", bias)], "shift")) / 2, bias);
        }

        // The marks of a list are characters too: a judge that counts them is moved by them, and length control takes some of that out.
        Mitigation(lines[("preference@local", "formatting")], "length control").GetProperty("helps").GetBoolean().ShouldBeTrue();
        _cli.Out.ShouldContain("preference@local prefers the first place");

        var asked = endpoint.Statistics().Requests;
        var (again, second) = await _cli.RunJsonAsync(command);
        again.ShouldBe(0, _cli.Error);
        endpoint.Statistics().Requests.ShouldBe(asked, "the second run buys nothing");
        _cli.Error.ShouldContain(": 0 calls to buy");
        second.GetRawText().ShouldBe(line.GetRawText());
    }

    [Fact]
    public async Task Scores_that_move_for_length_and_an_erring_reference_are_found_and_a_fair_judge_is_left_in_peace()
    {
        await using var endpoint = await LiveChecks.EndpointAsync(_cli, new ScriptedEndpointOptions
        {
            Quality = static m => LiveChecks.Quality(m),
            JudgeNoise = 0.04,
            Biases = new Dictionary<string, double> { ["length"] = 0.2, ["reference-error"] = 0.3, ["named-model"] = -0.2 },
            BiasAfterRevision = 0,
        });
        var (status, line) = await _cli.RunJsonAsync(LiveChecks.Meta(_cli, "bias", "--data", LiveChecks.Pairs(_cli, 20, 2), "--judges", "correctness@local", "numeric-match", "preference@local"));

        status.ShouldBe(0, _cli.Error);
        _cli.Error.ShouldContain("preference@local takes no part: it compares two answers");
        line.GetProperty("left_out")[0].GetProperty("judge").GetString().ShouldBe("preference@local");
        var lines = Lines(line);
        lines.Where(static l => l.Key.Judge == "correctness@local" && l.Value.GetProperty("sure").GetBoolean()).Select(static l => l.Key.Bias).Order().ShouldBe(["length", "named-model", "reference-error"]);
        Value(lines[("correctness@local", "reference-error")], "shift").ShouldBeLessThan(-0.1);
        Value(lines[("correctness@local", "named-model")], "shift").ShouldBe(-0.2, 0.05);
        Mitigation(lines[("correctness@local", "length")], "length control").GetProperty("remaining").GetProperty("value").GetDouble().ShouldBe(0, 0.03);
        Mitigation(lines[("correctness@local", "named-model")], "revision").GetProperty("helps").GetBoolean().ShouldBeTrue();

        // A code judge is a judge: its numbers do not care for tone, and its reference does.
        lines[("numeric-match", "sentiment")].GetProperty("shift").GetProperty("upper").GetDouble().ShouldBe(0);
        lines[("numeric-match", "sentiment")].GetProperty("mitigations").GetArrayLength().ShouldBe(0, "nothing can be pointed out to code");
        lines.Values.ShouldAllBe(static l => l.GetProperty("p_corrected").GetDouble() >= l.GetProperty("p").GetDouble());
    }

    [Fact]
    public async Task A_429_is_waited_out_and_what_has_no_judgment_is_counted_and_is_never_a_flip()
    {
        await using var endpoint = await LiveChecks.EndpointAsync(_cli, new ScriptedEndpointOptions
        {
            Quality = static m => LiveChecks.Quality(m),
            JudgeNoise = 0,
            RetryAfter = TimeSpan.FromMilliseconds(1),
            Faults = new Dictionary<ScriptedFault, double> { [ScriptedFault.TooManyRequests] = 0.05, [ScriptedFault.GarbageText] = 0.2, [ScriptedFault.ContentFilter] = 0.15 },
        });
        var (status, line) = await _cli.RunJsonAsync(LiveChecks.Meta(_cli, "bias", "--data", LiveChecks.Comparisons(_cli, 12), "--judges", "preference@local", "--biases", "position,sentiment,flattery", "--no-revision"));

        status.ShouldBe(0, _cli.Error);
        endpoint.Statistics().Requests.ShouldBeGreaterThan(12 * 5 * 2);
        foreach (var one in Lines(line).Values)
        {
            one.GetProperty("unscored").GetInt32().ShouldBeGreaterThan(0);
            (one.GetProperty("rows").GetInt32() + one.GetProperty("unscored").GetInt32()).ShouldBe(12);
            Value(one, "flips").ShouldBe(0);
            Value(one, "shift").ShouldBe(0);
            one.GetProperty("p").GetDouble().ShouldBe(1);
        }

        _cli.Out.ShouldContain("none is a flip");
    }

    [Fact]
    public async Task A_cap_stops_the_check_and_a_higher_one_goes_on_without_buying_anything_twice()
    {
        await using var endpoint = await LiveChecks.EndpointAsync(_cli, new ScriptedEndpointOptions { Quality = static m => LiveChecks.Quality(m) });
        string[] command = LiveChecks.Meta(_cli, "bias", "--data", LiveChecks.Comparisons(_cli, 12), "--judges", "preference@local", "--biases", "sentiment,authority,position", "--no-revision");

        (await _cli.RunAsync([.. command, "--dry-run"])).ShouldBe(0, _cli.Error);
        endpoint.Statistics().Requests.ShouldBe(0);
        JsonDocument.Parse(_cli.Out).RootElement.GetProperty("calls").GetInt32().ShouldBe(12 * 5 * 2);
        (await _cli.RunAsync([.. command, "--max-cost", "0.03"])).ShouldBe(3, _cli.Error);
        _cli.Error.ShouldContain("a higher --max-cost");
        endpoint.Statistics().CostUsd.ShouldBeInRange(0.0001m, 0.03m);
        var (status, _) = await _cli.RunJsonAsync([.. command, "--max-cost", "5"]);

        status.ShouldBe(0, _cli.Error);
        endpoint.Statistics().Requests.ShouldBe(12 * 5 * 2);
    }

    [Fact]
    public async Task A_check_killed_in_the_middle_goes_on_with_the_same_command_to_the_same_figures()
    {
        await using var endpoint = await LiveChecks.EndpointAsync(_cli, new ScriptedEndpointOptions { Quality = static m => LiveChecks.Quality(m), Latency = TimeSpan.FromMilliseconds(10) });
        string[] command = LiveChecks.Meta(_cli, "bias", "--data", LiveChecks.Comparisons(_cli, 12), "--judges", "preference@local", "--biases", "sentiment,authority,position", "--concurrency", "4");
        using (var process = new ProcessRun(_cli.Folder, command))
        {
            await Task.WhenAny(endpoint.RequestsReachedAsync(60), process.Exited);
            process.Kill();
            await process.Exited;
        }

        var (status, line) = await _cli.RunJsonAsync(command);

        status.ShouldBe(0, _cli.Error);
        _cli.Error.ShouldContain("going on with it");
        await KeptOnceAsync(command, line);

        // Each of the two judges has twice its deployment's four items in work for each of the two orders, and of each at most one call that is not stored yet.
        endpoint.Statistics().Requests.ShouldBeInRange(12 * 5 * 2 * 2, (12 * 5 * 2 * 2) + (2 * 2 * 2 * 4));
        Lines(line).Count.ShouldBe(3);
    }

    /// <summary>What the command found is in the store, once, as it was told; and the same command again leaves it so.</summary>
    private async Task KeptOnceAsync(string[] command, JsonElement line)
    {
        for (var again = 0; again < 2; again++)
        {
            await using (var store = await StoreLocation.OpenAsync(_cli.At("store.db"), TimeProvider.System, _cli.At("spool"), static _ => { }, TestContext.Current.CancellationToken))
            {
                var kept = (await store.Checks.ListAsync(10, TestContext.Current.CancellationToken)).ShouldHaveSingleItem();
                kept.Check.ShouldBe("bias");
                JsonDocument.Parse(kept.Result).RootElement.GetProperty("lines").GetRawText().ShouldBe(line.GetProperty("lines").GetRawText());
            }

            if (again == 0) (await _cli.RunAsync(command)).ShouldBe(0, _cli.Error);
        }
    }

    [Fact]
    public async Task Preference_for_the_own_family_is_the_excess_over_human_scores_and_over_judges_of_other_families()
    {
        // Answers of gpt are the better ones, and people say so: a judge that agrees has no excess, however much it prefers them.
        var random = new Random(3);
        var results = _cli.Write("results.jsonl", [.. Enumerable.Range(0, 120).Select(i =>
        {
            var own = i % 2 == 0;
            var human = (own ? 0.7 : 0.4) + (random.NextDouble() * 0.2);
            var (partial, fair, other) = (Math.Min(1, human + (own ? 0.15 : 0)), human + (random.NextDouble() * 0.05), human + (random.NextDouble() * 0.05));
            return FormattableString.Invariant($$"""{"id":"r{{i}}","group":"g{{i / 4}}","source":"{{(own ? "gpt-4o" : "llama-3-8b")}}","target":{{human}},"scores":{"partial@gpt-4o":{{partial}},"fair@gpt-4o":{{fair}},"other@claude-3":{{other}} } }""");
        })]);

        var (status, line) = await _cli.RunJsonAsync(["meta", "bias", "--results", results, "--scale", "*=0..1", "--target-scale", "0..1", "--resamples", "200", "--json"]);

        status.ShouldBe(0, _cli.Error);
        var lines = line.GetProperty("lines").EnumerateArray().Where(static l => l.GetProperty("judge").GetString()!.EndsWith("@gpt-4o", StringComparison.Ordinal)).ToArray();
        lines.Length.ShouldBe(4, "two judges, against people and against the judge of another family");
        foreach (var one in lines)
        {
            var isPartial = one.GetProperty("judge").GetString() == "partial@gpt-4o";
            one.GetProperty("sure").GetBoolean().ShouldBe(isPartial);
            Value(one, "shift").ShouldBe(isPartial ? 0.15 : 0, 0.03);
        }

        _cli.Out.ShouldContain("puts its own family's answers above others");
    }

    [Fact]
    public async Task What_cannot_be_done_is_told_with_the_cure()
    {
        var data = LiveChecks.Comparisons(_cli, 2);
        (await _cli.RunAsync(["meta", "bias"])).ShouldBe(2);
        _cli.Error.ShouldContain("Give --data with --judges");
        (await _cli.RunAsync(["meta", "bias", "--data", data])).ShouldBe(2);
        _cli.Error.ShouldContain("name the judges to ask");
        (await _cli.RunAsync(["meta", "bias", "--data", data, "--judges", "relevance", "--biases", "lenght"])).ShouldBe(2);
        _cli.Error.ShouldContain("there is no such bias. Known: position, length");
        (await _cli.RunAsync(["meta", "bias", "--data", _cli.At("none.jsonl"), "--judges", "relevance"])).ShouldBe(2);
        _cli.Error.ShouldContain("there is no such file");
        var mixed = _cli.Write("bad.jsonl", """{"id":"x","prompt":"p"}""", """{"id":"y","prompt":"p","answer_a":"a"}""");
        (await _cli.RunAsync(["meta", "bias", "--data", mixed, "--judges", "relevance", "--store", _cli.At("s.db")])).ShouldBe(2);
        _cli.Error.ShouldContain("bad.jsonl, line 1: There is no field 'answer'");
        (await _cli.RunAsync(["meta", "bias", "--data", data, "--judges", $"replay:{data}", "--store", _cli.At("s.db")])).ShouldBe(2);
        _cli.Error.ShouldContain("No judge can take part. replay:");
    }

    private static Dictionary<(string Judge, string Bias), JsonElement> Lines(JsonElement line) =>
        line.GetProperty("lines").EnumerateArray().ToDictionary(static l => (l.GetProperty("judge").GetString()!, l.GetProperty("bias").GetString()!));

    private static double Value(JsonElement line, string figure) => line.GetProperty(figure).GetProperty("value").GetDouble();

    private static JsonElement Mitigation(JsonElement line, string name) => line.GetProperty("mitigations").EnumerateArray().Single(m => m.GetProperty("name").GetString() == name);
}
