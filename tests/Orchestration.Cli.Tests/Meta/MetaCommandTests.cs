using System.Text.Json;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Meta;

public sealed class MetaCommandTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task JudgeBench_of_recorded_verdicts_has_the_published_figures()
    {
        var (status, line) = await _cli.RunJsonAsync(["meta", "judgebench", "--verdicts", PublicData.Require("judgebench/verdicts-gpt4o.jsonl"), "--resamples", "100", "--json"]);

        status.ShouldBe(ExitStatus.Completed);
        var judge = line.GetProperty("judges").GetProperty("arena_hard/o1-mini-2024-09-12");
        judge.GetProperty("accuracy").GetDouble().ShouldBe(0.6571, 5e-5);
        judge.GetProperty("half_tie_accuracy").GetDouble().ShouldBe(0.7729, 5e-5);
        Counts(judge).ShouldBe((230, 39, 81, 0, 110));
        judge.GetProperty("by_category").GetProperty("knowledge").GetProperty("accuracy").GetDouble().ShouldBe(0.5844, 5e-5);
        var bounds = judge.GetProperty("interval");
        bounds[0].GetDouble().ShouldBe(0.606, 0.002);
        bounds[1].GetDouble().ShouldBe(0.705, 0.002);
        _cli.Out.ShouldContain("o1-mini-2024-09-12 prefers the answer shown first: 58 of its 76 contradictions");
    }

    [Fact]
    public async Task An_ensemble_worse_than_its_best_judge_is_said_to_be()
    {
        var (status, line) = await _cli.RunJsonAsync(["meta", "ensemble", "--verdicts", PublicData.Require("judgebench/verdicts-gpt4o.jsonl"), "--draws", "2", "--json"]);

        status.ShouldBe(ExitStatus.Completed);
        line.GetProperty("best_judge").GetString().ShouldBe("arena_hard/o1-mini-2024-09-12");
        line.GetProperty("ensembles").GetProperty("mean of z-scores").GetProperty("half_tie_accuracy").GetDouble().ShouldBe(0.7114, 5e-5);
        _cli.Out.ShouldContain("majority is WORSE than arena_hard/o1-mini-2024-09-12");
        _cli.Out.ShouldContain("on categories it has not learned from");
        _cli.Out.ShouldContain("UNSAFE: the free learned vote turns");
    }

    [Fact]
    public async Task Agreement_shows_judges_beside_annotators_and_gives_no_verdict_from_three()
    {
        var (status, line) = await _cli.RunJsonAsync(["meta", "agreement", "--ratings", PublicData.Require("agreement/pandalm.jsonl"), "--resamples", "100", "--json"]);

        status.ShouldBe(ExitStatus.Completed);
        line.GetProperty("fleiss_kappa").GetProperty("value").GetDouble().ShouldBe(0.864, 5e-4);
        line.GetProperty("pairs").EnumerateArray().Select(p => Math.Round(p.GetProperty("kappa").GetProperty("value").GetDouble(), 3)).ShouldBe([0.852, 0.879, 0.862]);
        var judge = line.GetProperty("judges").GetProperty("gpt-3.5");
        judge.GetProperty("macro_f1").GetProperty("value").GetDouble().ShouldBe(0.5755, 5e-5);
        judge.GetProperty("verdict").GetString().ShouldBe("no verdict");
        _cli.Out.ShouldContain("no verdict from 3 annotators (it takes 5)");
    }

    [Fact]
    public async Task Truth_stands_beside_the_majority_and_is_written_for_every_item()
    {
        var (status, line) = await _cli.RunJsonAsync(["meta", "truth", "--ratings", PublicData.Require("crowd/duck.jsonl"), "--resamples", "100", "--out", _cli.At("truths.jsonl"), "--json"]);

        status.ShouldBe(ExitStatus.Completed);
        line.GetProperty("majority_accuracy").GetProperty("value").GetDouble().ShouldBe(0.7593, 5e-5);
        line.GetProperty("dawid_skene_accuracy").GetProperty("value").GetDouble().ShouldBe(0.8981, 5e-5);
        line.GetProperty("effective_votes").GetDouble().ShouldBeInRange(2, 20);
        _cli.Out.ShouldContain("votes are worth");
        var rows = _cli.Rows("truths.jsonl");
        rows.Length.ShouldBe(108);
        rows.Count(r => r.GetProperty("majority").GetString() != r.GetProperty("truth").GetString()).ShouldBe(line.GetProperty("changed_by_model").GetInt32());
    }

    [Fact]
    public async Task Raters_that_copy_one_another_are_warned_of()
    {
        var random = new Random(3);
        _cli.Write("r.jsonl", [.. Enumerable.Range(0, 400).Select(i =>
        {
            var (truth, copied) = (random.Next(2), random.Next(2));
            int Say(double right) => random.NextDouble() < right ? truth : 1 - truth;
            var leader = random.NextDouble() < 0.6 ? truth : copied;
            return $$$"""{"id":"{{{i}}}","truth":{{{truth}}},"ratings":{"a":{{{leader}}},"b":{{{leader}}},"c":{{{Say(0.75)}}},"d":{{{Say(0.75)}}},"e":{{{Say(0.75)}}}}}""";
        })]);
        (await _cli.RunAsync(["meta", "truth", "--ratings", _cli.At("r.jsonl"), "--resamples", "50"])).ShouldBe(ExitStatus.Completed);
        _cli.Out.ShouldContain("WARNING: 1 of 10 pairs of raters agree more than independent errors explain");
        _cli.Out.ShouldMatch(@"a and b +│? *400 +│? *100\.00%");
    }

    [Fact]
    public async Task Models_are_ranked_by_comparisons_with_bounds_anchors_and_what_it_takes_to_tell_them_apart()
    {
        Battles("b.jsonl");
        var (status, line) = await _cli.RunJsonAsync(["meta", "rank", "--rows", _cli.At("b.jsonl"), "--anchor", "middle", "--resamples", "60", "--json"]);

        status.ShouldBe(ExitStatus.Completed);
        var ranking = line.GetProperty("ranking").EnumerateArray().ToArray();
        ranking.Select(r => r.GetProperty("model").GetString()).ShouldBe(["best", "middle", "worst"]);
        ranking.Select(r => r.GetProperty("rank").GetInt32()).ShouldBe([1, 2, 3]);
        ranking[0].GetProperty("strength").GetProperty("lower").GetDouble().ShouldBeGreaterThan(ranking[1].GetProperty("strength").GetProperty("upper").GetDouble());
        ranking[0].GetProperty("comparisons_to_tell_from_next").GetDouble().ShouldBeInRange(5, 300);
        line.GetProperty("best_anchor").GetString().ShouldBe("middle");
        var rate = line.GetProperty("against").GetProperty("models").GetProperty("best");
        rate.GetProperty("win_rate").GetProperty("value").GetDouble().ShouldBeGreaterThan(0.6);
        rate.GetProperty("length_adjusted_win_rate").GetProperty("value").GetDouble().ShouldBeInRange(0.5, 0.9);

        (await _cli.RunAsync(["meta", "rank", "--rows", _cli.At("b.jsonl"), "--style", "--resamples", "40"])).ShouldBe(ExitStatus.Completed);
        _cli.Out.ShouldContain("with style taken out");
        _cli.Out.ShouldContain("does not differ in these rows", Case.Sensitive, "no answer has a header");
        (await _cli.RunAsync(["meta", "rank", "--rows", _cli.At("b.jsonl"), "--anchor", "nobody"])).ShouldBe(ExitStatus.BadInput);
        _cli.Error.ShouldContain("--anchor nobody: no row of");
    }

    [Fact]
    public async Task Models_are_ranked_over_metrics_by_plackett_luce_borda_and_kemeny()
    {
        _cli.Write("m.jsonl", """{"scores":{"x":3,"y":2,"z":1}}""", """{"scores":{"x":3,"z":1}}""", """{"ranking":["y","x","z"]}""", """{"scores":{"z":9,"y":5}}""", """{"ranking":[["x","y"],"z"]}""");
        var (status, line) = await _cli.RunJsonAsync(["meta", "rank", "--rows", _cli.At("m.jsonl"), "--resamples", "50", "--json"]);

        status.ShouldBe(ExitStatus.Completed);
        line.GetProperty("kemeny").GetProperty("exact").GetBoolean().ShouldBeTrue();
        line.GetProperty("kemeny").GetProperty("order").EnumerateArray().Last().GetString().ShouldBe("z");
        line.GetProperty("ranking").EnumerateArray().Single(r => r.GetProperty("model").GetString() == "x").GetProperty("borda").GetProperty("value").GetDouble().ShouldBe(0.8125, 1e-12);
    }

    [Fact]
    public async Task Models_that_were_never_compared_are_not_ranked()
    {
        _cli.Write("b.jsonl", """{"model_a":"a","model_b":"b","label":"A>B"}""", """{"model_a":"c","model_b":"d","label":"A>B"}""");
        (await _cli.RunAsync(["meta", "rank", "--rows", _cli.At("b.jsonl")])).ShouldBe(ExitStatus.BadInput);
        _cli.Error.ShouldContain("fall into 2 parts that were never compared: a, b | c, d");
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_line()
    {
        Battles("b.jsonl");
        string[] arguments = ["meta", "rank", "--rows", _cli.At("b.jsonl"), "--resamples", "40", "--seed", "7", "--json"];
        var (_, one) = await _cli.RunJsonAsync(arguments);
        var (_, two) = await _cli.RunJsonAsync(arguments);
        two.GetRawText().ShouldBe(one.GetRawText());
        var (_, other) = await _cli.RunJsonAsync([.. arguments[..^2], "8", "--json"]);
        other.GetRawText().ShouldNotBe(one.GetRawText());
    }

    [Fact]
    public async Task Bad_rows_and_bad_options_are_answered_with_their_place_and_cure()
    {
        _cli.Write("r.jsonl", """{"id":"1","ratings":{"p":"yes","q":"no"}}""", """{"id":"1","ratings":{"p":"yes"}}""", """{"id":"2","ratings":{"p":"no","q":"no"}}""");
        (await _cli.RunAsync(["meta", "agreement", "--ratings", _cli.At("r.jsonl"), "--resamples", "50", "--rejects", _cli.At("bad.jsonl")])).ShouldBe(ExitStatus.Completed);
        _cli.Error.ShouldContain("1 bad row left out; the first: ");
        _cli.Error.ShouldContain("line 2: The id '1'");
        _cli.Rows("bad.jsonl")[0].GetProperty("reason").GetString().ShouldBe("duplicate_id");
        (await _cli.RunAsync(["meta", "agreement", "--ratings", _cli.At("r.jsonl"), "--resamples", "3"])).ShouldBe(ExitStatus.BadInput);
        _cli.Error.ShouldContain("--resamples 3: 20 to");
        (await _cli.RunAsync(["meta", "judgebench", "--verdicts", _cli.At("none.jsonl")])).ShouldBe(ExitStatus.BadInput);
        _cli.Error.ShouldContain("There is no file");
    }

    private void Battles(string name)
    {
        var random = new Random(2);
        string[] models = ["best", "middle", "worst"];
        _cli.Write(name, [.. Enumerable.Range(0, 900).Select(i =>
        {
            var (a, b) = (i % 3, (i + 1) % 3);
            var (longA, longB) = (random.Next(5, 50), random.Next(5, 50));
            var logit = 0.8 * (b - a) + (longA - longB) / 50.0;
            var label = random.Next(8) == 0 ? "A=B" : random.NextDouble() < 1 / (1 + Math.Exp(-logit)) ? "A>B" : "B>A";
            return $$"""{"group":"{{i / 2}}","model_a":"{{models[a]}}","model_b":"{{models[b]}}","label":"{{label}}","answer_a":"{{new string('x', longA)}}","answer_b":"{{new string('y', longB)}}"}""";
        })]);
    }

    private static (int, int, int, int, int) Counts(JsonElement judge) => (
        judge.GetProperty("correct").GetInt32(), judge.GetProperty("incorrect").GetInt32(), judge.GetProperty("ties").GetInt32(), judge.GetProperty("unreadable").GetInt32(), judge.GetProperty("inconsistent").GetInt32());
}
