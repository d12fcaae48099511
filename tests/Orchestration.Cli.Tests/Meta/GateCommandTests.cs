using System.Globalization;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Meta;

public sealed class GateCommandTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData(0.0, 0, "pass")]
    [InlineData(-0.3, 1, "fail")]
    [InlineData(-0.05, 4, "undecided")]
    public async Task The_exit_status_is_the_verdict(double shift, int expected, string verdict)
    {
        var (old, fresh) = (Rows("old.jsonl", 0), Rows("new.jsonl", shift));
        var thresholds = Thresholds("gates:", "- {name: quality, field: score, margin: 0.05}", "- {name: enough, field: score, at-least: 0.1}");

        var (status, line) = await _cli.RunJsonAsync(["meta", "gate", "--thresholds", thresholds, "--candidate", fresh, "--baseline", old, "--json"]);

        status.ShouldBe(expected, _cli.Error);
        line.GetProperty("verdict").GetString().ShouldBe(verdict);
        var gate = line.GetProperty("gates")[0];
        gate.GetProperty("verdict").GetString().ShouldBe(verdict);
        gate.GetProperty("difference").GetDouble().ShouldBe(shift, 0.01);
        (gate.GetProperty("items").GetInt32(), gate.GetProperty("prompts").GetInt32(), gate.GetProperty("missing").GetInt32()).ShouldBe((200, 100, 0));
        line.GetProperty("gates")[1].GetProperty("verdict").GetString().ShouldBe("pass");
        if (expected == 4) gate.GetProperty("items_needed_if_equal").GetDouble().ShouldBeGreaterThan(0);
        (_cli.Out.Contains("would be decided", StringComparison.Ordinal)).ShouldBe(expected == 4);
    }

    [Fact]
    public async Task Several_thresholds_widen_the_bounds_of_each()
    {
        var (old, fresh) = (Rows("old.jsonl", 0), Rows("new.jsonl", 0));
        async Task<double> Lower(params string[] gates)
        {
            var (_, line) = await _cli.RunJsonAsync(["meta", "gate", "-t", Thresholds(["gates:", .. gates]), "-s", fresh, "-b", old, "--json"]);
            return line.GetProperty("gates")[0].GetProperty("lower").GetDouble();
        }

        var alone = await Lower("- {name: a, field: score, margin: 1}");
        var ofFive = await Lower([.. Enumerable.Range(0, 5).Select(static i => $"- {{name: g{i}, field: score, margin: 1}}")]);

        // Student's t with 99 degrees of freedom at 99.5% over that at 97.5%, the mean difference being 0 but for rounding of what is written.
        (ofFive / alone).ShouldBe(2.6264 / 1.9842, 0.03);
    }

    [Fact]
    public async Task What_is_missing_is_not_passed_over()
    {
        var old = Rows("old.jsonl", 0);
        var lines = await File.ReadAllLinesAsync(Rows("new.jsonl", 0.3), TestContext.Current.CancellationToken);
        var fresh = _cli.Write("short.jsonl", [.. lines.Skip(30)]);
        var thresholds = Thresholds("gates:", "- {name: quality, field: score, margin: 0.05}");

        var (status, line) = await _cli.RunJsonAsync(["meta", "gate", "-t", thresholds, "-s", fresh, "-b", old, "--json"]);

        status.ShouldBe(4, "30 of 200 answers are not there, though the others are better");
        line.GetProperty("gates")[0].GetProperty("missing").GetInt32().ShouldBe(30);
        line.GetProperty("gates")[0].GetProperty("too_much_missing").GetBoolean().ShouldBeTrue();
        _cli.Out.ShouldContain("30 of 200 items lack a value");
        (await _cli.RunAsync(["meta", "gate", "-t", Thresholds("max-missing: 0.2", "gates:", "- {name: quality, field: score, margin: 0.05}"), "-s", fresh, "-b", old])).ShouldBe(0);
    }

    [Fact]
    public async Task A_gate_may_look_at_some_rows_and_at_a_field_whose_lower_value_is_better()
    {
        var (old, fresh) = (Rows("old.jsonl", 0), Rows("new.jsonl", -0.3));
        var thresholds = Thresholds("gates:", "- name: maths", "  field: score", "  margin: 0.02", "  better: lower", "  where: {field: category, is: maths}", "- {name: low, field: score, at-most: 0.9}");
        var (status, line) = await _cli.RunJsonAsync(["meta", "gate", "-t", thresholds, "-s", fresh, "-b", old, "--json"]);
        status.ShouldBe(0, _cli.Error);
        line.GetProperty("gates")[0].GetProperty("items").GetInt32().ShouldBe(100);
        line.GetProperty("gates")[0].GetProperty("difference").GetDouble().ShouldBe(0.3, 0.02);
    }

    [Fact]
    public async Task A_file_of_thresholds_that_cannot_be_is_told_with_its_lines()
    {
        var rows = Rows("rows.jsonl", 0);
        async Task<string> Said(params string[] lines)
        {
            (await _cli.RunAsync(["meta", "gate", "-t", Thresholds(lines), "-s", rows, "-b", rows])).ShouldBe(2);
            return _cli.Error;
        }

        var said = await Said("level: 2", "gates:", "- {name: a, field: score}", "- {name: b, margin: 0}", "- {name: c, field: score, margin: -1, mragin: 0}");
        foreach (var what in new[] { "thresholds.yaml:1: level is '2'", "thresholds.yaml:3: gates[0].margin is missing", "thresholds.yaml:4: gates[1].field is missing", "Did you mean 'margin'?" }) said.ShouldContain(what);
        (await Said("gates: []")).ShouldContain("empty list of gates");
        (await Said("gates:", "- {name: a, field: nothing, at-least: 1}")).ShouldContain("No item has a value for 'a'");
        (await Said("gates:", "- {name: a, field: score, margin: 0, at-least: 1, at-most: 2}")).ShouldContain("stands beside at-least");
        (await _cli.RunAsync(["meta", "gate", "-t", Thresholds("gates:", "- {field: score, margin: 0}"), "-s", rows])).ShouldBe(2);
        _cli.Error.ShouldContain("Name its results with --baseline");
    }

    private string Thresholds(params string[] lines) => _cli.Write("thresholds.yaml", lines);

    /// <summary>200 answers to 100 prompts; what is added of noise has mean 0 and depends on the file's name.</summary>
    private string Rows(string name, double shift)
    {
        var random = new Random(name.Length);
        double[] noise = [.. Enumerable.Range(0, 100).Select(_ => 0.4 * (random.NextDouble() - 0.5))];
        return _cli.Write(name, [.. Enumerable.Range(0, 200).Select(i =>
            $$"""{"id":"r{{i}}","group":"g{{i / 2}}","category":"{{(i < 100 ? "maths" : "prose")}}","score":{{(0.7 + shift + (name == "old.jsonl" ? 0 : i < 100 ? noise[i] : -noise[i - 100])).ToString("R", CultureInfo.InvariantCulture)}} }""")]);
    }
}
