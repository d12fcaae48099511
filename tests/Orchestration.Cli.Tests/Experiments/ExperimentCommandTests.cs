using System.Globalization;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Experiments;

public sealed class ExperimentCommandTests : IDisposable
{
    private static readonly string[] Quick = ["--model", "mean,ridge", "--folds", "3", "--repeats", "1", "--seed", "4", "--scale", "*=1..5", "--target-scale", "1..5"];

    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("contamination", "--shares", "0.5", "--draws", "2", "--attacks", "inverted,random")]
    [InlineData("poisoning", "--shares", "0.5", "--draws", "2", "--attacks", "stepped")]
    [InlineData("shift", "--shifts", "bottom-heavy,scores-up")]
    [InlineData("stability", "--resamples", "3")]
    [InlineData("ablation", "--judge-groups", "pair=good,poor")]
    [InlineData("gaming", "--bounded", "ridge", "--bounds", "0.05")]
    [InlineData("targets")]
    public async Task Each_experiment_prints_a_table_and_writes_a_page_and_the_object_that_it_prints(string kind, params string[] options)
    {
        string[] target = kind == "targets" ? ["--targets", "raters[0],raters[1]"] : ["--target", "labels.human"];
        string[] arguments = ["experiment", kind, "--scores", WriteRows(), .. target, .. Quick, .. options, "--json", "--output"];

        var (status, line) = await _cli.RunJsonAsync([.. arguments, _cli.At("one")]);

        status.ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("mean-fit", Case.Sensitive, "it is always among the models");
        line.GetProperty("experiment").GetString().ShouldBe(kind);
        line.GetProperty("settings").GetProperty("seed").GetString().ShouldBe("4");
        line.GetProperty("meaning").GetArrayLength().ShouldBeGreaterThan(0);
        var row = line.GetProperty("rows")[1];
        foreach (var field in new[] { "condition", "column", "model", "figure", "value", "se", "lower", "upper" }) row.TryGetProperty(field, out _).ShouldBeTrue(field);
        var written = await File.ReadAllTextAsync(_cli.At($"one/experiment-{kind}.json"), TestContext.Current.CancellationToken);
        JsonSerializer.Serialize(JsonDocument.Parse(written).RootElement).ShouldBe(JsonSerializer.Serialize(line));
        (await File.ReadAllTextAsync(_cli.At($"one/experiment-{kind}.html"), TestContext.Current.CancellationToken)).ShouldStartWith("<!DOCTYPE html>");

        (await _cli.RunAsync([.. arguments, _cli.At("two.html")])).ShouldBe(0, _cli.Error);
        (await File.ReadAllTextAsync(_cli.At("two.json"), TestContext.Current.CancellationToken)).ShouldBe(written, "the same seed gives the same bytes");
        File.Exists(_cli.At("two.html")).ShouldBeTrue();
    }

    [Fact]
    public async Task What_cannot_be_done_is_told_with_the_cure_and_nothing_is_written()
    {
        var rows = WriteRows();
        async Task ShouldSay(string what, params string[] arguments)
        {
            (await _cli.RunAsync(["experiment", .. arguments, "--scores", rows, "--output", _cli.At("none")])).ShouldBe(2);
            _cli.Error.ShouldContain(what);
        }

        await ShouldSay("--attacks upside-down: there is none of that name. There are: inverted, noisy, biased, random.", "contamination", "--target", "labels.human", "--attacks", "upside-down");
        await ShouldSay("--shares 1.5: a share, 0 to 1.", "poisoning", "--target", "labels.human", "--shares", "0.1,1.5");
        await ShouldSay("there is no such model", "shift", "--target", "labels.human", "--model", "magic");
        await ShouldSay("no judge 'nobody'", "ablation", "--target", "labels.human", "--judge-groups", "x=nobody");
        await ShouldSay("has a value in 'labels.robot'", "stability", "--target", "labels.robot");
        await ShouldSay("agreement needs two", "targets", "--targets", "labels.human");
        await ShouldSay("--bounded trees", "gaming", "--target", "labels.human", "--bounded", "trees");
        Directory.EnumerateFiles(_cli.At("none")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Bad_rows_are_told_and_comparisons_are_refused()
    {
        var rows = WriteRows();
        await File.AppendAllTextAsync(rows, "{\"id\":\"bad\"\n", TestContext.Current.CancellationToken);
        (await _cli.RunAsync(["experiment", "gaming", "--scores", rows, "--target", "labels.human", .. Quick, "--output", _cli.At("out"), "--rejects", _cli.At("rejects.jsonl")])).ShouldBe(0, _cli.Error);
        _cli.Error.ShouldContain("1 rows rejected");
        (await File.ReadAllTextAsync(_cli.At("rejects.jsonl"), TestContext.Current.CancellationToken)).ShouldContain("invalid_json");

        var verdicts = _cli.Write("verdicts.jsonl", [.. Enumerable.Range(0, 6).Select(i => $$"""{"id":"c{{i}}","group":"g{{i}}","label":"A>B","verdicts":{"j":["A>B","B>A"]} }""")]);
        (await _cli.RunAsync(["experiment", "gaming", "--scores", verdicts, "--target", "label", "--output", _cli.At("out")])).ShouldBe(2);
        _cli.Error.ShouldContain("comparisons have no human score");
    }

    private string WriteRows()
    {
        var random = new Random(1);
        var lines = new string[90];
        for (var i = 0; i < lines.Length; i++)
        {
            var truth = 1 + 4 * random.NextDouble();
            string Near(double by) => Math.Round(Math.Clamp(truth + by * (random.NextDouble() - 0.5), 1, 5), 1).ToString(CultureInfo.InvariantCulture);
            var (good, fair, poor) = (Near(0.6), Near(2), Near(6));
            lines[i] = $$"""{"id":"r{{i}}","group":"g{{i / 3}}","scores":{"good":{{good}},"fair":{{fair}},"poor":{{poor}} },"labels":{"human":{{Near(1)}} },"raters":[{{Near(1)}},{{Near(2)}}] }""";
        }

        return _cli.Write("rows.jsonl", lines);
    }
}
