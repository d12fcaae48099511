using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Aggregators;

public sealed class ExplainCommandTests : IDisposable
{
    private const string Evil = "<script>alert('judge')</script>";

    private readonly CliRun _cli = new();

    private string Store => _cli.At("store.db");

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_version_is_explained_out_of_fold_on_its_training_rows_and_the_page_needs_nothing_else()
    {
        await TrainAsync("one", "gam", WriteRows("rows.jsonl", 40, 0));

        var (status, line) = await _cli.RunJsonAsync(["aggregator", "explain", "one", "--store", Store, "--out", _cli.At("page.html"), "--resamples", "20", "--json"]);

        status.ShouldBe(0, _cli.Error);
        var version = line.GetProperty("versions")[0];
        version.GetProperty("training_rows").GetBoolean().ShouldBeTrue();
        version.GetProperty("measured").GetString().ShouldBe("out_of_fold");
        version.GetProperty("measured_rows").GetInt32().ShouldBe(240);
        version.GetProperty("residuals").EnumerateObject().Select(static p => p.Name).ShouldBe(["art", "science & <b>"]);
        var intervals = version.GetProperty("intervals");
        intervals.GetProperty("guaranteed").GetDouble().ShouldBe(0.8, 1e-12);
        intervals.GetProperty("removed")[0].GetProperty("all").GetProperty("coverage").GetDouble().ShouldBeInRange(0.8, 1);
        intervals.GetProperty("removed")[0].GetProperty("categories").EnumerateObject().Sum(static c => c.Value.GetProperty("rows").GetInt32()).ShouldBe(240);
        intervals.GetProperty("removed").EnumerateArray().Last().GetProperty("all").GetProperty("width").GetDouble().ShouldBeGreaterThan(intervals.GetProperty("removed")[0].GetProperty("all").GetProperty("width").GetDouble());
        Page("page.html").ShouldContain("CV+ guarantees 0.8 for intervals of level 0.9");
        var judges = version.GetProperty("judges");
        judges.GetProperty("good").GetProperty("importance_low").GetDouble().ShouldBeGreaterThan(0);
        judges.GetProperty("good").GetProperty("band").GetString().ShouldBe("covariance");
        judges.GetProperty("good").GetProperty("flat").GetBoolean().ShouldBeFalse();
        judges.GetProperty("copy").GetProperty("concurvity").GetDouble().ShouldBeGreaterThan(0.5);
        var page = Page("page.html");
        page.ShouldContain("out of fold on its training rows");
        page.ShouldContain("accumulated local effect");
        page.ShouldContain(HtmlOf(Evil));
        page.ShouldNotContain("<script", Case.Insensitive);
        foreach (var id in new[] { "importance", "curves", "concurvity", "correlation", "calibration", "residuals", "contributions", "method" }) page.ShouldContain($"<section id=\"{id}\"");
        page.ShouldNotContain(">NaN<");
    }

    [Fact]
    public async Task The_same_command_writes_the_same_page_but_for_the_time_in_its_foot()
    {
        await TrainAsync("one", "trees", WriteRows("rows.jsonl", 20, 0));
        foreach (var name in new[] { "a.html", "b.html" })
            (await _cli.RunAsync(["aggregator", "explain", "one", "--store", Store, "-o", _cli.At(name), "--refits", "10", "--resamples", "5", "--seed", "4"])).ShouldBe(0, _cli.Error);
        (await _cli.RunAsync(["aggregator", "explain", "one", "--store", Store, "-o", _cli.At("c.html"), "--refits", "10", "--resamples", "5", "--seed", "5"])).ShouldBe(0, _cli.Error);

        string Body(string name) => Page(name).Split("<footer>")[0];
        Body("a.html").Equals(Body("b.html"), StringComparison.Ordinal).ShouldBeTrue();
        Body("a.html").Equals(Body("c.html"), StringComparison.Ordinal).ShouldBeFalse();
    }

    [Fact]
    public async Task On_prompts_that_the_version_has_not_seen_it_answers_itself()
    {
        await TrainAsync("one", "ridge", WriteRows("rows.jsonl", 40, 0));
        var (status, line) = await _cli.RunJsonAsync(["aggregator", "explain", "one", "--store", Store, "-s", WriteRows("other.jsonl", 12, 1000), "--out", _cli.At("page.html"), "--resamples", "5", "--json"]);

        status.ShouldBe(0, _cli.Error);
        line.GetProperty("versions")[0].GetProperty("measured").GetString().ShouldBe("unseen");
        line.GetProperty("versions")[0].GetProperty("training_rows").GetBoolean().ShouldBeFalse();
        line.GetProperty("versions")[0].GetProperty("judges").GetProperty("good").GetProperty("band").GetString().ShouldBe("none");
        line.GetProperty("notes")[0].GetString()!.ShouldContain("Give the training rows for bands");
        Page("page.html").ShouldContain("Without a band nothing is said of flatness");
        Page("page.html").ShouldNotContain("Flat from");
    }

    [Fact]
    public async Task Versions_stand_side_by_side_on_the_same_rows_with_the_chosen_pairs()
    {
        var rows = WriteRows("rows.jsonl", 30, 0);
        await TrainAsync("one", "ridge", rows);
        await TrainAsync("two", "mean-fit", rows);

        var (status, line) = await _cli.RunJsonAsync(
            ["aggregator", "explain", "one", "--compare", "two", "--store", Store, "--out", _cli.At("page.html"), "--pairs", "3-1,4-0", "--refits", "10", "--simultaneous", "--resamples", "5", "--json"]);

        status.ShouldBe(0, _cli.Error);
        line.GetProperty("simultaneous").GetBoolean().ShouldBeTrue();
        line.GetProperty("versions").GetArrayLength().ShouldBe(2);
        foreach (var version in line.GetProperty("versions").EnumerateArray())
        {
            var pairs = version.GetProperty("contributions");
            pairs.EnumerateObject().Select(static p => p.Name).ShouldBe(["3-1", "4-0"]);
            var pair = pairs.GetProperty("3-1");
            (pair.GetProperty("base").GetDouble() + pair.GetProperty("judges").EnumerateObject().Sum(static j => j.Value.GetDouble())).ShouldBe(pair.GetProperty("number").GetDouble(), 1e-9);
        }

        Page("page.html").ShouldContain("<section id=\"versions\"");
        Page("page.html").ShouldContain("is worse than");
    }

    [Fact]
    public async Task A_version_learned_from_comparisons_is_explained_in_log_odds()
    {
        var random = new Random(3);
        string Verdict(bool a) => a ? "\"A>B\"" : "\"B>A\"";
        _cli.Write("verdicts.jsonl", [.. Enumerable.Range(0, 120).Select(i =>
        {
            var better = random.Next(2) == 0;
            var right = random.NextDouble() < 0.85;
            return $$"""{"id":"c{{i}}","group":"g{{i / 3}}","label":{{Verdict(better)}},"verdicts":{"sharp":[{{Verdict(better == right)}},{{Verdict(better != right)}}],"blunt":[{{Verdict(random.Next(2) == 0)}},null]} }""";
        })]);
        (await _cli.RunAsync(["train", "--scores", _cli.At("verdicts.jsonl"), "--target", "label", "--model", "gam", "--name", "votes", "--store", Store, "--repeats", "1"])).ShouldBe(0, _cli.Error);

        var (status, line) = await _cli.RunJsonAsync(["aggregator", "explain", "votes@" + await IdAsync("votes"), "--store", Store, "--out", _cli.At("page.html"), "--resamples", "5", "--json"]);

        status.ShouldBe(0, _cli.Error);
        var version = line.GetProperty("versions")[0];
        version.GetProperty("figures").GetProperty("accuracy").GetDouble().ShouldBeGreaterThan(0.75);
        version.GetProperty("judges").GetProperty("sharp").GetProperty("importance").GetDouble().ShouldBeGreaterThan(0.1);
        foreach (var bin in version.GetProperty("calibration").EnumerateArray()) bin.GetProperty("expected").GetDouble().ShouldBeInRange(0, 1);
        Page("page.html").ShouldContain("log-odds");
        Page("page.html").ShouldContain("mean verdict");
    }

    [Fact]
    public async Task What_cannot_be_explained_is_said_with_the_cure()
    {
        var rows = WriteRows("rows.jsonl", 10, 0);
        await TrainAsync("one", "ridge", rows);

        (await _cli.RunAsync(["aggregator", "explain", "one", "--store", Store, "--pairs", "nobody", "--refits", "0", "-o", _cli.At("p.html")])).ShouldBe(2);
        _cli.Error.ShouldContain("--pairs nobody");
        (await _cli.RunAsync(["aggregator", "explain", "one", "--store", Store, "--refits", "5"])).ShouldBe(2);
        _cli.Error.ShouldContain("--refits 5: 0, or 10 to 1000");
        _cli.Write("verdicts.jsonl", """{"id":"c","group":"g","target":"A>B","verdicts":{"good":["A>B","B>A"]}}""");
        (await _cli.RunAsync(["aggregator", "explain", "one", "--store", Store, "-s", _cli.At("verdicts.jsonl")])).ShouldBe(2);
        _cli.Error.ShouldContain("Give rows of the same kind with --scores");
        _cli.Write("strangers.jsonl", """{"id":"c","group":"g","target":1,"scores":{"stranger":1}}""");
        (await _cli.RunAsync(["aggregator", "explain", "one", "--store", Store, "-s", _cli.At("strangers.jsonl")])).ShouldBe(2);
        _cli.Error.ShouldContain("None of the judges");
        File.Delete(rows);
        (await _cli.RunAsync(["aggregator", "explain", "one", "--store", Store])).ShouldBe(2);
        _cli.Error.ShouldContain("Name rows with human scores with --scores");
    }

    [Fact]
    public async Task Thirty_six_recorded_judges_fit_on_one_page()
    {
        var rows = PublicData.Require("summeval/overall.jsonl");
        (await _cli.RunAsync(["train", "--scores", rows, "--target", "target", "--scale", "*=1..5", "--model", "ridge", "--name", "all", "--store", Store, "--repeats", "1"])).ShouldBe(0, _cli.Error);
        var (status, line) = await _cli.RunJsonAsync(["aggregator", "explain", await IdAsync("all"), "--store", Store, "--out", _cli.At("page.html"), "--resamples", "5", "--refits", "10", "--json"]);

        status.ShouldBe(0, _cli.Error);
        line.GetProperty("versions")[0].GetProperty("judges").EnumerateObject().Count().ShouldBe(36);
        line.GetProperty("versions")[0].GetProperty("effective_channels").GetDouble().ShouldBe(13.547516017231585, 1e-9);
        new FileInfo(_cli.At("page.html")).Length.ShouldBeLessThan(3_000_000);
        Page("page.html").Split("<section class=\"card\">").Length.ShouldBeGreaterThan(36);
    }

    private async Task TrainAsync(string name, string model, string rows)
    {
        (await _cli.RunAsync(["train", "--scores", rows, "--target", "target", "--scale", "*=0..1", "--model", model, "--name", name, "--store", Store, "--repeats", "1"])).ShouldBe(0, _cli.Error);
        (await _cli.RunAsync(["aggregator", "activate", await IdAsync(name), "--force", "--reason", "for the test", "--store", Store])).ShouldBe(0, _cli.Error);
    }

    private async Task<string> IdAsync(string name) =>
        (await _cli.RunJsonAsync(["aggregator", "list", name, "--store", Store, "--json"])).Line.GetProperty("versions")[0].GetProperty("version").GetString()!;

    private string Page(string name)
    {
        var html = File.ReadAllText(_cli.At(name));
        foreach (var elsewhere in new[] { "http://", "https://", "src=", "<link", "url(", "@import" }) html.ShouldNotContain(elsewhere, Case.Insensitive);
        foreach (var svg in html.Split("<svg viewBox").Skip(1)) XElement.Parse("<svg viewBox" + svg.Split("</svg>")[0] + "</svg>");
        return html;
    }

    private static string HtmlOf(string text) => text.Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal);

    /// <summary>Six rows a prompt; one judge that is right, a copy of it with noise, one of chance whose name is an attack, one that is missing now and then.</summary>
    private string WriteRows(string name, int prompts, int from)
    {
        var random = new Random(from + 1);
        return _cli.Write(name, [.. Enumerable.Range(from * 6, prompts * 6).Select(i =>
        {
            var good = random.NextDouble();
            var copy = Math.Clamp(good + 0.1 * (random.NextDouble() - 0.5), 0, 1);
            var seldom = random.NextDouble() < 0.2 ? "null" : Text(random.NextDouble());
            return $$"""{"id":"{{i / 6}}-{{i % 6}}","group":"p{{i / 6}}","category":"{{(i / 6 % 2 == 0 ? "art" : "science & <b>")}}","target":{{Text(4 * good * good + 0.3 * random.NextDouble())}},"scores":{"good":{{Text(good)}},"copy":{{Text(copy)}},"{{Evil}}":{{Text(random.NextDouble())}},"seldom":{{seldom}} } }""";
        })]);
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
