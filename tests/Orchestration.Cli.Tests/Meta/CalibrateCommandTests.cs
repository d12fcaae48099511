using System.Globalization;
using System.Text.Json;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Meta;

public sealed class CalibrateCommandTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Recorded_policies_are_valued_and_the_one_that_the_calibration_does_not_carry_over_to_is_refused()
    {
        string[] arguments = ["meta", "calibrate", "--scores", PublicData.Require("cje/draws.jsonl"), "--probe", PublicData.Require("cje/probe.jsonl"), "--judge", "judge", "--target", "oracle", "--policy", "policy"];

        var (status, line) = await _cli.RunJsonAsync([.. arguments, "--output", _cli.At("page.html"), "--write", _cli.At("rows.jsonl"), "--json"]);

        status.ShouldBe(1, _cli.Error);
        line.GetProperty("labels").GetInt32().ShouldBe(480);
        var policies = line.GetProperty("policies").EnumerateArray().ToDictionary(static p => p.GetProperty("policy").GetString()!);
        policies["unhelpful"].GetProperty("refused").GetString().ShouldBe("does_not_transfer");
        policies["unhelpful"].GetProperty("value").GetDouble().ShouldBe(0.14, 0.02, "what its own labels say");
        policies["clone"].GetProperty("refused").ValueKind.ShouldBe(JsonValueKind.Null);
        policies["clone"].GetProperty("probe").GetProperty("transfers").GetBoolean().ShouldBeTrue();
        policies["base"].GetProperty("probe").ValueKind.ShouldBe(JsonValueKind.Null);
        foreach (var name in new[] { "base", "clone", "parallel_universe_prompt" })
            policies[name].GetProperty("value").GetDouble().ShouldBeInRange(policies[name].GetProperty("lower").GetDouble(), policies[name].GetProperty("upper").GetDouble());
        var readings = line.GetProperty("readings").EnumerateArray().ToDictionary(static r => r.GetProperty("score").GetString()!);
        readings["isotonic"].GetProperty("rmse").GetDouble().ShouldBeLessThan(readings["raw"].GetProperty("rmse").GetDouble());
        readings["quantile"].GetProperty("wasserstein").GetDouble().ShouldBeLessThan(readings["isotonic"].GetProperty("wasserstein").GetDouble());
        _cli.Out.ShouldContain("the calibration does not carry over");
        (await File.ReadAllTextAsync(_cli.At("page.html"), TestContext.Current.CancellationToken)).ShouldContain("The calibrator");
        var rows = _cli.Rows("rows.jsonl");
        rows.Length.ShouldBe(4000);
        rows.Where(static r => r.GetProperty("policy").GetString() == "clone").Average(static r => r.GetProperty("calibrated").GetDouble()).ShouldBe(policies["clone"].GetProperty("calibrated").GetDouble(), 1e-9);
    }

    [Fact]
    public async Task Without_a_probe_values_are_said_to_hold_only_if_the_calibration_carries_over_and_the_order_of_a_lower_is_better_judge_is_turned()
    {
        var random = new Random(1);
        string Row(int i, string policy, bool labelled)
        {
            var badness = random.Next(20);
            var label = labelled ? (1 - badness / 20.0 + 0.1 * random.NextDouble()).ToString(CultureInfo.InvariantCulture) : "null";
            return $$"""{"id":"{{policy}}{{i}}","group":"g{{i}}","model":"{{policy}}","scores":{"toxic":{{badness}} },"human":{{label}} }""";
        }

        var file = _cli.Write("rows.jsonl", [.. Enumerable.Range(0, 200).Select(i => Row(i, "a", i < 80)), .. Enumerable.Range(0, 200).Select(i => Row(i, "b", false)), """{"id":"c","model":"a","scores":{"toxic":null}}""", "{"]);
        var (status, line) = await _cli.RunJsonAsync(["meta", "calibrate", "--scores", file, "--judge", "scores.toxic", "--target", "human", "--policy", "model", "--lower-is-better", "--json"]);

        status.ShouldBe(0, _cli.Error);
        _cli.Error.ShouldContain("1 rows rejected");
        _cli.Error.ShouldContain("1 answers have no score");
        _cli.Out.ShouldContain("hold if the calibration carries over");
        var calibrator = line.GetProperty("calibrator");
        calibrator.GetProperty("scores")[0].GetDouble().ShouldBe(19, "the worst score stands for the lowest label");
        calibrator.GetProperty("values").EnumerateArray().Last().GetDouble().ShouldBeGreaterThan(0.9);
        line.GetProperty("policies")[1].GetProperty("rests_on").GetString().ShouldBe("borrowed_labels");
    }

    [Fact]
    public async Task What_cannot_be_calibrated_is_told_with_the_cure()
    {
        var file = _cli.Write("few.jsonl", [.. Enumerable.Range(0, 30).Select(static i => $$"""{"id":"r{{i}}","s":{{i}},"y":{{(i < 10 ? "1" : "null")}} }""")]);
        (await _cli.RunAsync(["meta", "calibrate", "--scores", file, "--judge", "s", "--target", "y"])).ShouldBe(2);
        _cli.Error.ShouldContain("10 prompts have both a score in 's' and a label in 'y'; calibrating needs 20");
        (await _cli.RunAsync(["meta", "calibrate", "--scores", file, "--judge", "s", "--target", "y", "--level", "1.5"])).ShouldBe(2);
        _cli.Error.ShouldContain("--level 1.5");
        (await _cli.RunAsync(["meta", "calibrate", "--scores", file, "--judge", "s", "--target", "y", "--policy", "model"])).ShouldBe(2);
        _cli.Error.ShouldContain("There is no value in 'model'");
    }
}
