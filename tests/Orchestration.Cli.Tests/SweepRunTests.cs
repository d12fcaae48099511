using System.Text;
using System.Text.Json;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests;

public sealed class SweepRunTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task The_last_line_with_json_is_one_object_with_the_promised_fields()
    {
        var (status, line) = await _cli.SweepAsync("--pairs", Samples("pairs.jsonl"), "--judges", "code", "--out", _cli.At("out"));

        status.ShouldBe(0);
        line.EnumerateObject().Select(p => p.Name).ShouldBe(
            ["sweep", "state", "pairs", "judgments", "scored", "unscored", "cached", "rejected", "seconds", "cost_usd"]);
        line.GetProperty("state").GetString().ShouldBe("completed");
        line.GetProperty("pairs").GetInt64().ShouldBe(168);
        line.GetProperty("judgments").GetInt64().ShouldBe(168 * 16);
        (line.GetProperty("scored").GetInt64() + line.GetProperty("unscored").GetInt64()).ShouldBe(168 * 16);
    }

    [Fact]
    public async Task Results_stand_in_input_order_with_scores_reasons_coverage_and_aggregator()
    {
        await _cli.SweepAsync("--pairs", Samples("pairs.jsonl"), "--judges", "code", "--out", _cli.At("out"));

        var rows = _cli.Rows("out/results.jsonl");
        var ids = File.ReadLines(Samples("pairs.jsonl")).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("id").GetString());
        rows.Select(r => r.GetProperty("id").GetString()).ShouldBe(ids);
        foreach (var row in rows)
        {
            row.GetProperty("aggregator").GetString().ShouldBe("mean");
            foreach (var score in row.GetProperty("scores").EnumerateObject())
                (score.Value.ValueKind == JsonValueKind.Null).ShouldBe(row.GetProperty("unscored").TryGetProperty(score.Name, out _), score.Name);
            var scored = row.GetProperty("scores").EnumerateObject().Count(s => s.Value.ValueKind == JsonValueKind.Number);
            row.GetProperty("coverage").GetDouble().ShouldBe(scored / 16.0, 1e-12);
        }
    }

    [Fact]
    public async Task Results_can_be_replayed_to_the_same_scores()
    {
        await _cli.SweepAsync("--pairs", Samples("pairs.jsonl"), "--judges", "code", "--out", _cli.At("first"));
        var (status, line) = await _cli.SweepAsync("--pairs", Samples("pairs.jsonl"), "--judges", $"replay:{_cli.At("first/results.jsonl")}", "--out", _cli.At("second"));

        status.ShouldBe(0);
        line.GetProperty("judgments").GetInt64().ShouldBe(168 * 16);
        File.ReadAllBytes(_cli.At("second/results.jsonl")).ShouldBe(File.ReadAllBytes(_cli.At("first/results.jsonl")));
    }

    [Fact]
    public async Task Bad_rows_are_named_with_line_and_reason_and_the_good_ones_are_judged()
    {
        var (status, line) = await _cli.SweepAsync("--pairs", Samples("bad-rows.jsonl"), "--judges", "relevance", "--out", _cli.At("out"));

        status.ShouldBe(0);
        line.GetProperty("pairs").GetInt64().ShouldBe(4);
        line.GetProperty("rejected").GetInt64().ShouldBe(9);
        var rejects = _cli.Rows("out/rejects.jsonl");
        rejects.Length.ShouldBe(9);
        rejects.ShouldAllBe(r => r.GetProperty("line").GetInt64() > 0 && r.GetProperty("reason").GetString() != "");
    }

    [Fact]
    public async Task A_recorded_score_off_its_stated_scale_is_unscored_and_never_clipped()
    {
        var pairs = _cli.Write("pairs.jsonl", Pair("a"), Pair("b"));
        var recorded = _cli.Write("recorded.jsonl", """{"id":"a","scores":{"j":5}}""", """{"id":"b","scores":{"j":2}}""");

        await _cli.SweepAsync("--pairs", pairs, "--judges", $"replay:{recorded}", "--scale", "j=0..4", "--out", _cli.At("out"));

        var rows = _cli.Rows("out/results.jsonl");
        rows[0].GetProperty("unscored").GetProperty("j").GetString().ShouldBe("off_scale");
        rows[0].GetProperty("score").ValueKind.ShouldBe(JsonValueKind.Null);
        rows[1].GetProperty("score").GetDouble().ShouldBe(0.5);
    }

    [Fact]
    public async Task A_recorded_judge_without_a_scale_is_left_out_of_the_mean_and_listed()
    {
        var pairs = _cli.Write("pairs.jsonl", Pair("a"));
        var recorded = _cli.Write("recorded.jsonl", """{"id":"a","scores":{"j":5}}""");

        await _cli.SweepAsync("--pairs", pairs, "--judges", $"replay:{recorded}", "--out", _cli.At("out"));

        _cli.Error.ShouldContain("no scale is stated for j");
        _cli.Rows("out/results.jsonl")[0].GetProperty("score").ValueKind.ShouldBe(JsonValueKind.Null);
        JsonDocument.Parse(File.ReadAllText(_cli.At("out/summary.json"))).RootElement.GetProperty("left_out")[0].GetString().ShouldBe("j");
    }

    [Fact]
    public async Task A_pair_that_the_recorded_file_does_not_hold_is_unscored_as_not_recorded()
    {
        var pairs = _cli.Write("pairs.jsonl", Pair("a"), Pair("b"));
        var recorded = _cli.Write("recorded.jsonl", """{"id":"b","judge":"j","score":1}""");

        await _cli.SweepAsync("--pairs", pairs, "--judges", $"replay:{recorded}", "--scale", "j=0..1", "--out", _cli.At("out"));

        _cli.Rows("out/results.jsonl")[0].GetProperty("unscored").GetProperty("j").GetString().ShouldBe("not_recorded");
    }

    [Fact]
    public async Task Standard_input_map_and_keep_are_read()
    {
        var status = await _cli.RunAsync(
            ["sweep", "run", "--pairs", "-", "--judges", "relevance", "--map", "prompt=question", "answer=response", "--keep", "lang", "--store", _cli.At("s.db"), "--out", _cli.At("out")],
            """{"id":"x","question":"What is a bee?","response":"A bee is an insect.","lang":"en"}""");

        status.ShouldBe(0, _cli.Error);
        _cli.Rows("out/results.jsonl")[0].GetProperty("lang").GetString().ShouldBe("en");
    }

    [Theory]
    [InlineData("--limit", "5")]
    [InlineData("--sample", "5")]
    public async Task Limit_and_sample_take_that_many_rows(string option, string value)
    {
        var (_, line) = await _cli.SweepAsync("--pairs", Samples("pairs.jsonl"), "--judges", "ending", option, value, "--out", _cli.At("out"));

        line.GetProperty("pairs").GetInt64().ShouldBe(5);
    }

    [Fact]
    public async Task More_unscored_than_allowed_is_exit_status_1()
    {
        string[] arguments = ["--pairs", Samples("pairs.jsonl"), "--judges", "arithmetic", "--out", _cli.At("out"), "--max-unscored"];

        (await _cli.SweepAsync([.. arguments, "139"])).Status.ShouldBe(1);
        (await _cli.SweepAsync([.. arguments, "140"])).Status.ShouldBe(0);
        (await _cli.SweepAsync([.. arguments, "80%"])).Status.ShouldBe(1);
        (await _cli.SweepAsync([.. arguments, "90%"])).Status.ShouldBe(0);
    }

    [Theory]
    [InlineData("sweep run --pairs nowhere.jsonl --judges code", "nowhere.jsonl: there is no such file")]
    [InlineData("sweep run --judges code", "--pairs")]
    [InlineData("sweep run --pairs SAMPLE --judges relevanse", "Did you mean 'relevance'?")]
    [InlineData("sweep run --pairs SAMPLE --judges truthfulness", "truthfulness@DEPLOYMENT")]
    [InlineData("sweep run --pairs SAMPLE --judges truthfulness@gpt", "No deployment is called 'gpt'")]
    [InlineData("sweep run --pairs SAMPLE --judges relevance relevance", "named twice")]
    [InlineData("sweep run --pairs SAMPLE --judges replay:gone.jsonl", "there is no file 'gone.jsonl'")]
    [InlineData("sweep run --pairs SAMPLE --judges code --limit 0", "--limit 0")]
    [InlineData("sweep run --pairs SAMPLE --judges code --scale x", "--scale x")]
    [InlineData("sweep run --pairs SAMPLE --judges code --max-unscored lots", "--max-unscored lots")]
    [InlineData("sweep show s99", "There is no sweep 's99'")]
    [InlineData("swep", "swep")]
    public async Task Bad_usage_is_exit_status_2_and_names_what_and_the_cure(string command, string message)
    {
        var arguments = command.Replace("SAMPLE", Samples("pairs.jsonl"), StringComparison.Ordinal).Split(' ');
        if (arguments[0] == "sweep") arguments = [.. arguments, "--store", _cli.At("s.db")];

        (await _cli.RunAsync(arguments)).ShouldBe(2);
        _cli.Error.ShouldContain(message);
        _cli.Error.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task List_show_export_and_cancel_do_what_they_say()
    {
        await _cli.SweepAsync("--pairs", Samples("pairs.jsonl"), "--judges", "code", "--out", _cli.At("out"));
        string[] store = ["--store", _cli.At("store.db")];

        (await _cli.RunAsync(["sweep", "list", .. store])).ShouldBe(0);
        _cli.Out.ShouldContain("168 of 168");
        (await _cli.RunAsync(["sweep", "show", "s1", .. store])).ShouldBe(0);
        _cli.Out.ShouldContain("readability");
        (await _cli.RunAsync(["sweep", "export", "s1", "--out", _cli.At("again"), .. store])).ShouldBe(0);
        File.ReadAllBytes(_cli.At("again/results.jsonl")).ShouldBe(File.ReadAllBytes(_cli.At("out/results.jsonl")));
        (await _cli.RunAsync(["sweep", "cancel", "s1", .. store])).ShouldBe(2, "it is completed: there is nothing to cancel");
    }

    [Fact]
    public async Task A_dry_run_of_free_judges_writes_nothing_and_costs_nothing()
    {
        var (status, line) = await _cli.SweepAsync("--pairs", Samples("pairs.jsonl"), "--judges", "code", "--dry-run", "--out", _cli.At("out"));

        status.ShouldBe(0);
        line.GetProperty("calls").GetInt64().ShouldBe(0);
        Directory.Exists(_cli.At("out")).ShouldBeFalse();
        (await _cli.RunAsync(["sweep", "list", "--store", _cli.At("store.db")])).ShouldBe(0);
        _cli.Out.ShouldContain("no sweeps yet");
    }

    [Fact]
    public async Task JudgeBench_files_are_read_whole_and_code_judges_compare_them()
    {
        var (status, line) = await _cli.RunJsonAsync(["compare", "run", "--comparisons", PublicData.Require("judgebench/native/pairs-gpt4o.jsonl"), "--judges", "code",
            "--store", _cli.At("store.db"), "--out", _cli.At("out"), "--json"]);

        status.ShouldBe(0, _cli.Error);
        line.GetProperty("pairs").GetInt64().ShouldBe(350);
        line.GetProperty("rejected").GetInt64().ShouldBe(0);
        _cli.Rows("out/verdicts.jsonl").Length.ShouldBe(350);
    }

    // The golden accuracies of the recorded judges on the GPT-4o pairs (correct, incorrect, ties, inconsistent, opposite).
    [Fact]
    public async Task Recorded_verdicts_replay_to_the_golden_accuracies()
    {
        var (status, _) = await _cli.RunJsonAsync(["compare", "run", "--comparisons", PublicData.Require("judgebench/native/pairs-gpt4o.jsonl"),
            "--judges", $"replay:{PublicData.Require("judgebench/verdicts-gpt4o.jsonl")}", "--store", _cli.At("store.db"), "--out", _cli.At("out"), "--json"]);

        status.ShouldBe(0, _cli.Error);
        var verdicts = JsonDocument.Parse(File.ReadAllText(_cli.At("out/summary.json"))).RootElement.GetProperty("verdicts");
        Counts("arena_hard/o1-mini-2024-09-12").ShouldBe((230, 39, 81));
        Counts("reward_model/Skywork_Skywork-Reward-Gemma-2-27B").ShouldBe((225, 122, 3));
        Counts("reward_model/internlm_internlm2-20b-reward").ShouldBe((222, 128, 0));
        Counts("reward_model/Skywork_Skywork-Reward-Llama-3.1-8B").ShouldBe((218, 131, 1));
        Counts("reward_model/Ray2333_GRM-Gemma-2B-rewardmodel-ft").ShouldBe((208, 142, 0));
        Counts("reward_model/internlm_internlm2-7b-reward").ShouldBe((208, 142, 0));

        var mini = verdicts.GetProperty("arena_hard/o1-mini-2024-09-12");
        Percent(mini, "accuracy").ShouldBe(65.71);
        Percent(mini, "half_tie_accuracy").ShouldBe(77.29);
        mini.GetProperty("inconsistent").GetInt32().ShouldBe(110);
        mini.GetProperty("opposite").GetInt32().ShouldBe(76);
        var categories = mini.GetProperty("by_category");
        Percent(categories.GetProperty("knowledge"), "accuracy").ShouldBe(58.44);
        Percent(categories.GetProperty("reasoning"), "accuracy").ShouldBe(62.24);
        Percent(categories.GetProperty("math"), "accuracy").ShouldBe(82.14);
        Percent(categories.GetProperty("coding"), "accuracy").ShouldBe(78.57);

        (int, int, int) Counts(string judge)
        {
            var tally = verdicts.GetProperty(judge);
            return (tally.GetProperty("correct").GetInt32(), tally.GetProperty("incorrect").GetInt32(), tally.GetProperty("ties").GetInt32());
        }

        static double Percent(JsonElement tally, string name) => Math.Round(tally.GetProperty(name).GetDouble() * 100, 2);
    }

    [Fact]
    public async Task The_native_output_file_replays_to_the_same_golden_accuracy()
    {
        var (status, _) = await _cli.RunJsonAsync(["compare", "run", "--comparisons", PublicData.Require("judgebench/native/pairs-gpt4o.jsonl"),
            "--judges", $"replay:{PublicData.Require("judgebench/native/output-o1-mini.jsonl")}", "--store", _cli.At("store.db"), "--out", _cli.At("out"), "--json"]);

        status.ShouldBe(0, _cli.Error);
        var judge = JsonDocument.Parse(File.ReadAllText(_cli.At("out/summary.json"))).RootElement.GetProperty("verdicts").EnumerateObject().Single().Value;
        (judge.GetProperty("correct").GetInt32(), judge.GetProperty("incorrect").GetInt32(), judge.GetProperty("ties").GetInt32()).ShouldBe((230, 39, 81));
    }

    private static string Samples(string name) => Path.Combine(PublicData.RepositoryRoot, "samples", name);

    private static string Pair(string id) => $$"""{"id":"{{id}}","prompt":"q {{id}}","answer":"a"}""";
}
