using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests;

/// <summary>A command makes only itself at start; help makes all.</summary>
public sealed class CommandTableTests
{
    private static readonly CliContext Context = new() { Out = TextWriter.Null, Error = TextWriter.Null, StandardInput = Stream.Null };

    [Fact]
    public void Each_command_is_found_by_its_own_name_alone()
    {
        var all = CommandLine.Wanted(["--help"], Context, []).Select(static c => c.Name).ToList();
        all.Count.ShouldBeGreaterThanOrEqualTo(20);
        foreach (var name in all) CommandLine.Wanted([name, "x"], Context, []).ShouldHaveSingleItem().Name.ShouldBe(name);
        CommandLine.Wanted(["--version"], Context, []).ShouldBeEmpty();
        CommandLine.Wanted(["swep"], Context, []).Count().ShouldBe(all.Count);
    }

    [Fact]
    public async Task A_slip_is_answered_with_the_command_that_it_resembles()
    {
        using var cli = new CliRun();
        (await cli.RunAsync(["swep", "list"])).ShouldBe(2);
        cli.Error.ShouldContain("swep");
        (await cli.RunAsync(["--version"])).ShouldBe(0);
        cli.Out.Trim().ShouldMatch(@"^\d+\.\d+\.\d+$");
    }
}
