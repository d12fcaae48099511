using System.Text.Json;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Meta;

public sealed class NextAndSurrogateTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Next_writes_comparisons_that_were_not_made_and_expects_more_of_them_than_of_drawn_ones()
    {
        // Four models, a much better known pair (x, y), and z hardly known; every model answered prompts 0–19.
        var rows = _cli.Write("rows.jsonl", [.. Enumerable.Range(0, 60).Select(static i => Comparison(i % 12, i % 5 == 0 ? "y" : "x", i % 5 == 0 ? "x" : "y")), Comparison(0, "z", "x"), Comparison(1, "w", "z"), Comparison(2, "y", "w"), Comparison(3, "x", "z")]);
        var answers = _cli.Write("answers.jsonl", [.. Enumerable.Range(0, 20).SelectMany(static p => new[] { "x", "y", "z", "w" }.Select(m => JsonSerializer.Serialize(new { prompt = $"prompt {p}", group = $"g{p}", answer = $"{m} says {p}", source = m })))]);
        var (status, line) = await _cli.RunJsonAsync(["meta", "next", "--rows", rows, "--answers", answers, "--count", "25", "--out", _cli.At("next.jsonl"), "--html", _cli.At("next.html"), "--json"]);
        status.ShouldBe(0, _cli.Error);
        line.GetProperty("expected_reach").GetDouble().ShouldBeLessThan(line.GetProperty("expected_reach_drawn").GetDouble());
        line.GetProperty("spread").GetDouble().ShouldBeGreaterThanOrEqualTo(1);
        var chosen = _cli.Rows("next.jsonl");
        chosen.Length.ShouldBe(25);
        chosen.Count(static c => Models(c) == "x y").ShouldBeLessThan(4, "that pair is known");
        chosen.Select(static c => Models(c) + c.GetProperty("group").GetString()).Distinct().Count().ShouldBe(25);
        chosen.Any(static c => Models(c) == "x z" && c.GetProperty("group").GetString() == "g0").ShouldBeFalse("it was made already");
        foreach (var one in chosen)
        {
            one.GetProperty("answer_a").GetString().ShouldStartWith(one.GetProperty("model_a").GetString() + " says ");
            one.GetProperty("answer_b").GetString().ShouldStartWith(one.GetProperty("model_b").GetString() + " says ");
        }

        chosen.Select(static c => c.GetProperty("group").GetString()).Distinct().Count().ShouldBeGreaterThan(15, "many prompts tell more than few");
        (await _cli.RunAsync(["meta", "next", "--rows", rows, "--together", "3", "--count", "4", "--out", _cli.At("three.jsonl")])).ShouldBe(0, _cli.Error);
        _cli.Rows("three.jsonl").ShouldAllBe(static r => r.GetProperty("models").GetArrayLength() == 3);
        (await _cli.RunAsync(["meta", "next"])).ShouldBe(ExitStatus.BadInput);
        _cli.Error.ShouldContain("--rows");

        static string Models(JsonElement c) => string.Join(' ', new[] { c.GetProperty("model_a").GetString()!, c.GetProperty("model_b").GetString()! }.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Next_chooses_labels_where_none_are()
    {
        var file = _cli.Write("results.jsonl", [.. Enumerable.Range(0, 60).Select(static i => $$$"""{"id":"r{{{i}}}","group":"g{{{i / 2}}}","scores":{"a":{{{i}}},"b":{{{i * 7 % 60}}}},"human":{{{(i < 20 ? "1." + i : "null")}}}}""")]);
        var (status, line) = await _cli.RunJsonAsync(["meta", "next", "--scores", file, "--target", "human", "--count", "8", "--out", _cli.At("label.jsonl"), "--json"]);
        status.ShouldBe(0, _cli.Error);
        (line.GetProperty("labelled").GetInt32(), line.GetProperty("rows").GetInt32()).ShouldBe((20, 60));
        var chosen = _cli.Rows("label.jsonl");
        chosen.Select(static c => c.GetProperty("group").GetString()).Distinct().Count().ShouldBe(8);
        foreach (var one in chosen) int.Parse(one.GetProperty("id").GetString()![1..], System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(20);
    }

    [Fact]
    public async Task A_surrogate_says_what_it_spares_in_calls_and_money_and_one_that_is_no_good_says_so()
    {
        var random = new Random(1);
        var lines = new List<string>();
        for (var i = 0; i < 300; i++)
        {
            var (relevance, noise) = (random.NextDouble(), random.NextDouble());
            lines.Add(JsonSerializer.Serialize(new { id = $"r{i}", group = $"g{i / 3}", scores = new Dictionary<string, double> { ["relevance"] = relevance, ["ending"] = i % 2, ["gpt-4.1"] = 1 + 4 * relevance + 0.1 * noise, ["random"] = 5 * noise } }));
        }

        var file = _cli.Write("results.jsonl", [.. lines]);
        var (status, line) = await _cli.RunJsonAsync(["meta", "surrogate", "--scores", file, "--costly", "gpt-4.1", "--price", "0.002", "--model", "ridge", "--resamples", "100", "--html", _cli.At("s.html"), "--json"]);
        status.ShouldBe(0, _cli.Error);
        line.GetProperty("from").EnumerateArray().Select(static f => f.GetString()).ShouldBe(["relevance", "ending"], "the code judges, and not the other");
        line.GetProperty("useful").GetBoolean().ShouldBeTrue();
        line.GetProperty("spared").GetProperty("value").GetDouble().ShouldBeGreaterThan(0.9);
        line.GetProperty("saved_usd_per_1000").GetProperty("value").GetDouble().ShouldBe(2 * line.GetProperty("spared").GetProperty("value").GetDouble(), 1e-9);
        _cli.Out.ShouldContain("of the calls of gpt-4.1 can be spared");

        (status, line) = await _cli.RunJsonAsync(["meta", "surrogate", "--scores", file, "--costly", "random", "--from", "relevance,ending", "--model", "ridge", "--resamples", "100", "--json"]);
        (status, line.GetProperty("useful").GetBoolean()).ShouldBe((ExitStatus.Unsatisfied, false));
        _cli.Out.ShouldContain("NO GOOD");
        _cli.Out.ShouldContain("state the price of a call with --price");
        (await _cli.RunAsync(["meta", "surrogate", "--scores", file, "--costly", "random", "--from", "nobody"])).ShouldBe(ExitStatus.BadInput);
        _cli.Error.ShouldContain("--from nobody: the rows have no scores of it");
        (await _cli.RunAsync(["meta", "report", "--scores", file, "--costly", "gpt-4.1", "--resamples", "40", "--html", _cli.At("r.html")])).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("surrogate: ");
    }

    [Fact]
    public async Task Calibration_by_a_refitting_bootstrap_keeps_the_value_and_says_where_its_interval_comes_from()
    {
        var random = new Random(2);
        var file = _cli.Write("rows.jsonl", [.. Enumerable.Range(0, 200).Select(i =>
        {
            var score = random.NextDouble();
            return JsonSerializer.Serialize(new { id = $"r{i}", group = $"g{i / 2}", judge = score, human = i < 120 ? score * score + 0.1 * random.NextDouble() : (double?)null });
        })]);
        string[] ask = ["meta", "calibrate", "--scores", file, "--judge", "judge", "--target", "human", "--json"];
        var (_, plain) = await _cli.RunJsonAsync(ask);
        var (status, drawn) = await _cli.RunJsonAsync([.. ask, "--interval", "bootstrap", "--resamples", "60"]);
        status.ShouldBe(0, _cli.Error);
        (plain.GetProperty("interval").GetString(), drawn.GetProperty("interval").GetString()).ShouldBe(("influence", "bootstrap"));
        var (one, other) = (plain.GetProperty("policies")[0], drawn.GetProperty("policies")[0]);
        other.GetProperty("value").GetDouble().ShouldBe(one.GetProperty("value").GetDouble());
        (other.GetProperty("se").GetDouble() / one.GetProperty("se").GetDouble()).ShouldBeInRange(0.6, 1.6);
        other.GetProperty("lower").GetDouble().ShouldNotBe(one.GetProperty("lower").GetDouble());
    }

    private static string Comparison(int prompt, string better, string worse) => $$"""{"group":"g{{prompt}}","model_a":"{{better}}","model_b":"{{worse}}","label":"A>B"}""";
}
