using System.Text.Json;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Meta;

public sealed class ReportCommandTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_report_has_a_section_for_each_check_its_inputs_allow_and_says_why_others_are_missing()
    {
        var page = _cli.At("out/report.html");
        var (status, line) = await _cli.RunJsonAsync(["meta", "report", "--verdicts", Verdicts(), "--ratings", Ratings(), "--scores", Scores(), "--target", "human", "--by", "kind", "--judge", "nowhere", "--resamples", "40", "--html", page, "--json"]);

        status.ShouldBe(ExitStatus.Completed);
        line.GetProperty("checks").EnumerateArray().Select(c => c.GetProperty("check").GetString()).ShouldBe(["judgebench", "ensemble", "agreement", "truth", "diversity", "groups"]);
        var missing = line.GetProperty("not_made").EnumerateArray().ToDictionary(m => m.GetProperty("check").GetString()!, m => m.GetProperty("reason").GetString()!);
        missing["calibrate"].ShouldContain("0 prompts have both a score in 'nowhere'");
        missing["rank"].ShouldBe("not asked for; it needs --rankings");
        var html = await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken);
        foreach (var id in (string[])["summary", "judgebench", "ensemble", "agreement", "truth", "diversity", "groups", "not-made"]) html.ShouldContain($"<section id=\"{id}\"");
        html.ShouldContain("<script>alert(1)</script>".Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal), Case.Sensitive, "a judge's name is data");
        html.ShouldNotContain("<script");
        html.ShouldContain("Raters who agree need not be right");
    }

    [Fact]
    public async Task What_a_check_wrote_with_json_becomes_the_very_section_it_had_on_its_own_page()
    {
        var own = _cli.At("own.html");
        (await _cli.RunAsync(["meta", "judgebench", "--verdicts", Verdicts(), "--resamples", "40", "--html", own, "--json"])).ShouldBe(ExitStatus.Completed);
        var saved = _cli.Write("saved.json", _cli.Out);
        var report = _cli.At("report.html");
        var (status, line) = await _cli.RunJsonAsync(["meta", "report", "--checks", saved, "--ratings", Ratings(), "--resamples", "40", "--html", report, "--json"]);

        status.ShouldBe(ExitStatus.Completed);
        line.GetProperty("checks").EnumerateArray().Select(c => c.GetProperty("check").GetString()).ShouldBe(["agreement", "truth", "judgebench"]);
        Section(await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken)).ShouldBe(Section(await File.ReadAllTextAsync(own, TestContext.Current.CancellationToken)));
        line.GetProperty("not_made").EnumerateArray().ShouldNotContain(m => m.GetProperty("check").GetString() == "judgebench");

        static string Section(string html) => html[html.IndexOf("<section id=\"judgebench\"", StringComparison.Ordinal)..][..html[html.IndexOf("<section id=\"judgebench\"", StringComparison.Ordinal)..].IndexOf("</section>", StringComparison.Ordinal)];
    }

    [Theory]
    [InlineData("""{"rows":3}""", "has no check in it")]
    [InlineData("""{"section":{"check":"a b","title":"t"}}""", "no name of a check")]
    [InlineData("""{"section":{"check":"a","title":"t","parts":[{"table":{"columns":[{"head":"x","is_number":false}],"rows":[["1","2"]]}}]}}""", "more or fewer cells")]
    [InlineData("""{"section":{"check":"a","title":"t","meaning":[null]}}""", "holds null")]
    [InlineData("""{"section":{"check":"a","title":"t","parts":[{"chart":{"kind":"pie","title":"x"}}]}}""", "cannot be read")]
    [InlineData("""{"section":{"check":"a"}}""", "cannot be read")]
    public async Task A_saved_check_that_cannot_be_read_is_named_with_its_line(string text, string expected)
    {
        var file = _cli.Write("saved.json", "a table, say", text);
        (await _cli.RunAsync(["meta", "report", "--checks", file, "--html", _cli.At("r.html")])).ShouldBe(ExitStatus.BadInput);
        _cli.Error.ShouldContain(expected);
        _cli.Error.ShouldContain("saved.json");
        File.Exists(_cli.At("r.html")).ShouldBeFalse();
    }

    [Fact]
    public async Task Without_any_input_there_is_no_page_and_the_message_names_the_options()
    {
        (await _cli.RunAsync(["meta", "report", "--html", _cli.At("r.html")])).ShouldBe(ExitStatus.BadInput);
        _cli.Error.ShouldContain("Name inputs with --verdicts");
    }

    private string Verdicts() => _cli.Write("verdicts.jsonl", [.. Enumerable.Range(0, 30).Select(i =>
        $$$"""{"id":"{{{i}}}","label":"{{{(i % 3 == 0 ? "A>B" : "B>A")}}}","category":"{{{(i % 2 == 0 ? "even" : "odd")}}}","verdicts":{"good":["{{{(i % 3 == 0 ? "A>B" : "B>A")}}}","{{{(i % 3 == 0 ? "B>A" : "A>B")}}}"],"<script>alert(1)</script>":["A>B","A>B"]}}""")]);

    private string Ratings() => _cli.Write("ratings.jsonl", [.. Enumerable.Range(0, 40).Select(i =>
        $$$"""{"id":"{{{i}}}","ratings":{"p":"{{{i % 2}}}","q":"{{{(i % 5 == 0 ? 1 - i % 2 : i % 2)}}}"},"truth":"{{{i % 2}}}"}""")]);

    private string Scores() => _cli.Write("scores.jsonl", [.. Enumerable.Range(0, 60).Select(i => JsonSerializer.Serialize(new
    {
        id = $"r{i}",
        group = $"g{i / 2}",
        kind = i % 4 < 2 ? "x" : "y",
        scores = new { a = i * 7 % 11 / 10.0, b = i * 5 % 13 / 12.0 },
        human = i * 7 % 11 / 10.0 + i * 5 % 13 / 12.0 + i % 3 / 10.0,
    }))]);
}
