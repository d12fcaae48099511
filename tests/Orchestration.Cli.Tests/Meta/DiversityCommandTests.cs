using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Meta;

public sealed class DiversityCommandTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Recorded_judges_are_fewer_than_they_seem_and_fewer_would_do()
    {
        string[] arguments = ["meta", "diversity", "--scores", PublicData.Require("summeval/coherence.jsonl"), "--target", "target", "--scale", "*=1..5", "--repeats", "1", "--json"];

        var (status, line) = await _cli.RunJsonAsync(arguments);

        status.ShouldBe(0, _cli.Error);
        line.GetProperty("judges").GetArrayLength().ShouldBe(9);
        var channels = line.GetProperty("channels");
        channels.GetProperty("value").GetDouble().ShouldBeInRange(2, 8);
        channels.GetProperty("lower").GetDouble().ShouldBeLessThan(channels.GetProperty("value").GetDouble());
        line.GetProperty("tree").GetArrayLength().ShouldBe(8);
        var subset = line.GetProperty("subset");
        subset.GetProperty("judges").GetArrayLength().ShouldBeInRange(1, 8);

        // Ridge explains .301 of these rows under grouped folds; another draw of folds moves that by about a hundredth.
        subset.GetProperty("r2_full").GetProperty("value").GetDouble().ShouldBe(0.301, 0.015);
        subset.GetProperty("r2_subset").GetProperty("value").GetDouble().ShouldBeInRange(0.25, 0.31);
        subset.GetProperty("by_size")[8].GetDouble().ShouldBe(subset.GetProperty("r2_full").GetProperty("value").GetDouble());
        _cli.Out.ShouldContain("independent ones would");
        (await _cli.RunJsonAsync(arguments)).Line.ToString().ShouldBe(line.ToString(), "the same seed gives the same numbers");
    }

    [Fact]
    public async Task What_cannot_be_measured_is_told_with_the_cure()
    {
        var few = _cli.Write("few.jsonl", [.. Enumerable.Range(0, 8).Select(static i => $$"""{"id":"r{{i}}","group":"g{{i}}","scores":{"a":{{i}},"b":{{i * i % 5}} },"y":{{i}} }""")]);
        (await _cli.RunAsync(["meta", "diversity", "--scores", few, "--target", "y"])).ShouldBe(2);
        _cli.Error.ShouldContain("There are 8 prompts; 5 folds inside 5 folds need 10 at least");
        (await _cli.RunAsync(["meta", "diversity", "--scores", few, "--target", "y", "--model", "magic"])).ShouldBe(2);
        (await _cli.RunAsync(["meta", "diversity", "--scores", few, "--target", "y", "--keep", "0"])).ShouldBe(2);
        _cli.Error.ShouldContain("--keep 0");
    }
}
