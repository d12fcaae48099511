using System.Text.RegularExpressions;
using Orchestration.Core.Access;
using Orchestration.Core.Sweeps;
using Orchestration.Storage;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Operations;

/// <summary>What the guide quotes is what the program says, and what it promises of deleting is so.</summary>
public sealed partial class OperationsGuideTests
{
    [Fact]
    public void Each_of_the_twelve_things_that_go_wrong_has_a_message_that_the_program_has()
    {
        var guide = File.ReadAllText(Path.Combine(PublicData.RepositoryRoot, "docs", "operations.md"));
        var sources = string.Concat(Directory.EnumerateFiles(Path.Combine(PublicData.RepositoryRoot, "src"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        var things = Thing().Matches(guide).ToList();
        things.Select(static m => m.Groups["number"].Value).ShouldBe(Enumerable.Range(1, 12).Select(static n => $"{n}"));
        foreach (var thing in things)
        {
            // What stands for a name or a number in the guide is an ellipsis.
            foreach (var piece in thing.Groups["message"].Value.Split('…', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) sources.ShouldContain(piece, Case.Sensitive, thing.Value);
        }
    }

    [Fact]
    public async Task Old_sweeps_go_with_their_results_and_their_judgments_stay()
    {
        using var cli = new CliRun();
        var pairs = cli.Write("pairs.jsonl", """{"id":"1","prompt":"p","answer":"a b."}""");
        foreach (var name in new[] { "one", "two" }) (await cli.SweepAsync("--pairs", pairs, "--judges", name == "one" ? "readability" : "structure", "--out", cli.At(name))).Status.ShouldBe(0, cli.Error);

        (await cli.RunAsync(["sweep", "prune", "--older-than", "30", "--store", cli.At("store.db")])).ShouldBe(0);
        cli.Out.ShouldContain("0 sweeps with 0 rows deleted");
        (await cli.RunAsync(["sweep", "prune", "--older-than", "0", "--dry-run", "--store", cli.At("store.db")])).ShouldBe(0);
        cli.Out.ShouldContain("would delete sweep s1 (");
        cli.Out.ShouldContain("2 sweeps with 2 rows would be deleted");
        (await cli.RunAsync(["sweep", "show", "s1", "--store", cli.At("store.db")])).ShouldBe(0);

        (await cli.RunAsync(["sweep", "prune", "--older-than", "0", "--store", cli.At("store.db")])).ShouldBe(0);
        cli.Out.ShouldContain("2 sweeps with 2 rows deleted; bought judgments stay");
        (await cli.RunAsync(["sweep", "show", "s1", "--store", cli.At("store.db")])).ShouldBe(2);
        (await cli.RunAsync(["audit", "--store", cli.At("store.db")])).ShouldBe(0);
        cli.Out.ShouldContain("sweep.delete");
    }

    [Fact]
    public async Task A_sweep_that_is_not_done_is_left_alone_unless_it_is_asked_for()
    {
        using var cli = new CliRun();
        var pairs = cli.Write("pairs.jsonl", """{"id":"1","prompt":"p","answer":"a b."}""");
        (await cli.RunAsync(["sweep", "run", "--pairs", pairs, "--judges", "readability", "--detach", "--store", cli.At("store.db"), "--out", cli.At("out")])).ShouldBe(0, cli.Error);
        (await cli.RunAsync(["sweep", "pause", "s1", "--store", cli.At("store.db")])).ShouldBe(0, cli.Error);

        (await cli.RunAsync(["sweep", "prune", "--older-than", "0", "--store", cli.At("store.db")])).ShouldBe(0);
        cli.Out.ShouldContain("0 sweeps");
        (await cli.RunAsync(["sweep", "prune", "--older-than", "0", "--unfinished", "--store", cli.At("store.db")])).ShouldBe(0);
        cli.Out.ShouldContain("deleted sweep s1");
        (await cli.RunAsync(["sweep", "prune", "--older-than", "-1", "--store", cli.At("store.db")])).ShouldBe(2);
    }

    [GeneratedRegex(@"^(?<number>\d+)\. `(?<message>[^`]+)`", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Thing();
}
