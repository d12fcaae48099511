using System.Text.Json;
using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Meta;

/// <summary><c>meta consistency</c> in whole commands, over real HTTP.</summary>
public sealed class ConsistencyCommandTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Every_probe_of_a_steady_judge_says_the_same_and_a_second_run_buys_nothing()
    {
        await using var endpoint = await LiveChecks.EndpointAsync(_cli, new ScriptedEndpointOptions { Quality = static m => LiveChecks.Quality(m), JudgeNoise = 0 });
        string[] command = LiveChecks.Meta(_cli, "consistency", "--data", LiveChecks.Pairs(_cli, 4, 3), "--judges", "preference@local", "helpfulness@local", "relevance");

        var (status, line) = await _cli.RunJsonAsync(command);

        status.ShouldBe(0, _cli.Error);
        var lines = Lines(line);
        foreach (var probe in new[] { "order", "repeat", "rubric", "question", "surface" }) Value(lines[("preference@local", probe, null)]).ShouldBe(1, probe);
        Value(lines[("helpfulness@local", "rubric", null)]).ShouldBe(0, "the scripted judge draws a little of a score from the very words of its rubric");
        foreach (var probe in new[] { "repeat", "question", "surface" })
        {
            Value(lines[("helpfulness@local", probe, null)]).ShouldBe(1, probe);
            lines[("helpfulness@local", probe, null)].GetProperty("apart").GetProperty("value").GetDouble().ShouldBe(0);
        }

        lines.ContainsKey(("relevance", "repeat", null)).ShouldBeFalse();
        line.GetProperty("left_out").EnumerateArray().Select(static l => l.GetProperty("judge").GetString()).ShouldContain("relevance (repeat)");
        lines[("preference@local", "repeat", null)].GetProperty("judgments").GetInt32().ShouldBe(4 * 3 * 2 * 2, "three comparisons a prompt, two orders, asked twice more");
        var cycles = line.GetProperty("cycles").EnumerateArray().Single();
        (cycles.GetProperty("triples").GetInt32() + cycles.GetProperty("undecided").GetInt32()).ShouldBe(4);

        var asked = endpoint.Statistics().Requests;
        (await _cli.RunJsonAsync(command)).Line.GetRawText().ShouldBe(line.GetRawText());
        endpoint.Statistics().Requests.ShouldBe(asked);
    }

    [Fact]
    public async Task A_judge_that_follows_the_place_and_changes_its_mind_is_seen_to()
    {
        // Asked again, every second question gets the other verdict.
        await using var endpoint = await LiveChecks.EndpointAsync(_cli, new ScriptedEndpointOptions
        {
            TrackContents = true,
            Respond = static call => new ScriptedReply { Text = call.Attempt > 1 && call.ContentHash % 2 == 0 ? "[[B>A]]" : "[[A>B]]" },
        });
        var data = LiveChecks.Comparisons(_cli, 30);
        var (_, first) = await _cli.RunJsonAsync(LiveChecks.Meta(_cli, "consistency", "--data", data, "--judges", "preference@local", "--probes", "order"));
        first.GetProperty("section").GetProperty("headline").GetString()!.ShouldMatch("^Least steady: .+, which says the same [0-9.]+% .+ of the time when ");
        Value(Lines(first)[("preference@local", "order", null)]).ShouldBe(0, "whatever stands first is preferred");
        var (status, line) = await _cli.RunJsonAsync(LiveChecks.Meta(_cli, "consistency", "--data", data, "--judges", "preference@local", "--probes", "order,repeat", "--repeats", "2"));

        status.ShouldBe(0, _cli.Error);
        var lines = Lines(line);
        Value(lines[("preference@local", "order", null)]).ShouldBe(0);
        Value(lines[("preference@local", "repeat", null)]).ShouldBe(0.5, 0.25);
        lines.Count.ShouldBe(2);
        endpoint.Statistics().Requests.ShouldBe(30 * 2 * 2);
    }

    [Fact]
    public async Task What_cannot_be_read_is_counted_and_is_neither_agreement_nor_flip()
    {
        await using var endpoint = await LiveChecks.EndpointAsync(_cli, new ScriptedEndpointOptions
        {
            Quality = static m => LiveChecks.Quality(m),
            JudgeNoise = 0,
            RetryAfter = TimeSpan.FromMilliseconds(1),
            FirstAttempts = [ScriptedFault.TooManyRequests],
            Faults = new Dictionary<ScriptedFault, double> { [ScriptedFault.ContentFilter] = 0.25 },
        });
        var (status, line) = await _cli.RunJsonAsync(LiveChecks.Meta(_cli, "consistency", "--data", LiveChecks.Comparisons(_cli, 20), "--judges", "preference@local", "--probes", "order,question"));

        status.ShouldBe(0, _cli.Error);
        foreach (var one in Lines(line).Values)
        {
            one.GetProperty("unscored").GetInt32().ShouldBeGreaterThan(0);
            Value(one).ShouldBe(1);
        }
    }

    [Fact]
    public async Task A_rubric_in_other_words_is_read_from_a_file_and_must_score_on_the_same_scale()
    {
        await using var endpoint = await LiveChecks.EndpointAsync(_cli, new ScriptedEndpointOptions { Quality = static m => LiveChecks.Quality(m), JudgeNoise = 0 });
        var own = _cli.Write("shorter.md", "---", "id: shorter", "title: Better answer", "protocol: compare", "reply: verdict", "needs-reference: false", "---", "", "Say which answer serves the person better.");
        var data = LiveChecks.Comparisons(_cli, 5);

        var (status, line) = await _cli.RunJsonAsync(LiveChecks.Meta(_cli, "consistency", "--data", data, "--judges", "preference@local", "--probes", "rubric", "--reworded", $"preference={own}"));
        status.ShouldBe(0, _cli.Error);
        Lines(line).Keys.ShouldContain(("preference@local", "rubric", "shorter"));
        endpoint.Statistics().Requests.ShouldBe(5 * 2 * 2);

        (await _cli.RunAsync(LiveChecks.Meta(_cli, "consistency", "--data", data, "--judges", "helpfulness@local", "--reworded", $"helpfulness={own}"))).ShouldBe(2);
        _cli.Error.ShouldContain("is not the same rubric in other words");
    }

    [Fact]
    public async Task Recorded_runs_of_the_same_judges_are_held_against_each_other()
    {
        string[] Rows(double shift) => [.. Enumerable.Range(0, 20).Select(i => FormattableString.Invariant($$"""{"id":"r{{i}}","group":"g{{i / 2}}","scores":{"steady":{{i % 5}},"moody":{{i % 5 + (i % 4 == 0 ? shift : 0)}} },"unscored":{} }"""))];
        var (first, second) = (_cli.Write("first.jsonl", Rows(0)), _cli.Write("second.jsonl", Rows(-1)));

        var (status, line) = await _cli.RunJsonAsync(["meta", "consistency", "--results", first, second, "--scale", "*=-1..4", "--resamples", "200", "--json"]);

        status.ShouldBe(0, _cli.Error);
        var lines = Lines(line);
        Value(lines[("steady", "repeat", null)]).ShouldBe(1);
        Value(lines[("moody", "repeat", null)]).ShouldBe(0.75);
        lines[("moody", "repeat", null)].GetProperty("apart").GetProperty("value").GetDouble().ShouldBe(0.25 * 0.2, 1e-9);
        (await _cli.RunAsync(["meta", "consistency", "--results", first])).ShouldBe(2);
        _cli.Error.ShouldContain("need a second file");
    }

    [Fact]
    public async Task Recorded_verdicts_of_JudgeBench_have_its_own_110_inconsistent_ones()
    {
        var file = PublicData.Require("judgebench/verdicts-gpt4o.jsonl");
        const string Judge = "arena_hard/o1-mini-2024-09-12";

        var (_, consistency) = await _cli.RunJsonAsync(["meta", "consistency", "--verdicts", file, "--resamples", "100", "--json"]);
        Value(Lines(consistency)[(Judge, "order", null)]).ShouldBe(240 / 350.0, 1e-12);
        var (_, bias) = await _cli.RunJsonAsync(["meta", "bias", "--verdicts", file, "--resamples", "100", "--json"]);
        var position = bias.GetProperty("lines").EnumerateArray().Single(static l => l.GetProperty("judge").GetString() == Judge);
        position.GetProperty("flips").GetProperty("value").GetDouble().ShouldBe(110 / 350.0, 1e-12);
        position.GetProperty("sure").GetBoolean().ShouldBeTrue();
    }

    private static Dictionary<(string Judge, string Probe, string? Variant), JsonElement> Lines(JsonElement line) =>
        line.GetProperty("lines").EnumerateArray().ToDictionary(static l => (l.GetProperty("judge").GetString()!, l.GetProperty("probe").GetString()!, l.GetProperty("variant").GetString()));

    private static double Value(JsonElement line) => line.GetProperty("same").GetProperty("value").GetDouble();
}
