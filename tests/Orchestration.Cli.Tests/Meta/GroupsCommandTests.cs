using System.Globalization;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Meta;

public sealed class GroupsCommandTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_judge_that_favours_a_category_is_found_and_a_fair_one_is_not()
    {
        var (status, line) = await _cli.RunJsonAsync(
            ["meta", "groups", "--scores", Rows(), "--target", "human", "--by", "category", "--scale", "*=0..1", "--target-scale", "0..1", "--judge-groups", "kind=partial", "strict=fair,harsh", "--json"]);

        status.ShouldBe(0, _cli.Error);
        var gaps = line.GetProperty("gaps").EnumerateArray().ToDictionary(static g => (g.GetProperty("what").GetString()!, g.GetProperty("part").GetString()));

        // Three judges in three categories, one distance of groups of judges overall and in three categories.
        gaps.Count.ShouldBe(13);
        var sure = gaps.Where(static g => g.Value.GetProperty("sure").GetBoolean()).Select(static g => g.Key).ToArray();
        sure.ShouldContain(("kind − strict", null));
        foreach (var category in new[] { "code", "prose", "maths" })
        {
            // Held against the others, among them code, the other two come off worse.
            sure.ShouldContain(("partial", category));
            sure.ShouldContain(("kind − strict", category));
        }

        sure.Length.ShouldBe(7, "the fair and the harsh judge treat categories alike");
        gaps[("partial", "prose")].GetProperty("gap").GetDouble().ShouldBe(-0.075, 0.03);
        gaps[("partial", "code")].GetProperty("gap").GetDouble().ShouldBe(0.15, 0.03);
        gaps[("kind − strict", null)].GetProperty("mean").GetDouble().ShouldBe(0.10, 0.03);
        gaps.Values.ShouldAllBe(static g => g.GetProperty("p_corrected").GetDouble() >= g.GetProperty("p").GetDouble());
        line.GetProperty("left_out").EnumerateArray().Single().GetString().ShouldBe("rare");
        _cli.Out.ShouldContain("partial scores 'code' 0.");
        _cli.Out.ShouldContain("7 of 13 gaps are sure");
    }

    [Fact]
    public async Task Groups_that_are_all_too_small_are_named_and_no_empty_drawing_or_table_stands_for_them()
    {
        var page = _cli.At("groups.html");
        var (status, line) = await _cli.RunJsonAsync(["meta", "groups", "--scores", Rows(), "--target", "human", "--by", "category", "--min-prompts", "5000", "--html", page, "--json"]);

        status.ShouldBe(0, _cli.Error);
        line.GetProperty("gaps").GetArrayLength().ShouldBe(0);
        _cli.Out.ShouldContain("No gap could be looked at");
        _cli.Out.ShouldNotContain("0 of 0");
        var html = await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken);
        html.ShouldContain("with fewer than 5000 prompts");
        html.ShouldNotContain("<svg");
        html.ShouldNotContain("corrected p");
    }

    [Fact]
    public async Task What_cannot_be_compared_is_told_with_the_cure()
    {
        (await _cli.RunAsync(["meta", "groups", "--scores", Rows(), "--target", "human"])).ShouldBe(2);
        _cli.Error.ShouldContain("There is nothing to compare. Name a field");
        (await _cli.RunAsync(["meta", "groups", "--scores", Rows(), "--target", "human", "--judge-groups", "a=nobody", "b=fair"])).ShouldBe(2);
        _cli.Error.ShouldContain("no judge 'nobody'");
        var same = _cli.Write("same.jsonl", [.. Enumerable.Range(0, 30).Select(static i => $$"""{"id":"r{{i}}","scores":{"a":{{i}} },"human":1,"c":"x"}""")]);
        (await _cli.RunAsync(["meta", "groups", "--scores", same, "--target", "human", "--by", "c"])).ShouldBe(2);
        _cli.Error.ShouldContain("All human scores are the same");
    }

    private string Rows()
    {
        var random = new Random(7);
        string[] categories = ["code", "prose", "maths"];
        return _cli.Write("rows.jsonl", [.. Enumerable.Range(0, 360).Select(i =>
        {
            var category = i < 6 ? "rare" : categories[i / 2 % 3];
            var truth = 0.3 + 0.4 * random.NextDouble();
            string Near(double by) => (truth + by + 0.1 * (random.NextDouble() - 0.5)).ToString("R", CultureInfo.InvariantCulture);
            return $$"""{"id":"r{{i}}","group":"g{{i / 2}}","category":"{{category}}","human":{{Near(0)}},"scores":{"fair":{{Near(0)}},"harsh":{{Near(-0.1)}},"partial":{{Near(category == "code" ? 0.15 : 0)}} } }""";
        })]);
    }
}
