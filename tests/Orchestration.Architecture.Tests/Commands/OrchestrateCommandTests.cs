using Shouldly;
using Xunit;

namespace Orchestration.Architecture.Tests.Commands;

public sealed class OrchestrateCommandTests
{
    [Fact]
    public async Task The_first_run_builds_and_the_next_starts_at_once_and_in_silence()
    {
        using var folder = new ScriptFolder();

        var first = await folder.OrchestrateAsync();
        var second = await folder.OrchestrateAsync();

        first.Status.ShouldBe(0);
        first.Errors.ShouldBe("orchestrate: building…\n");
        first.Output.ShouldContain("builds/1\n");
        second.ShouldBe(first with { Errors = "" });
        folder.DotnetCalls.ShouldHaveSingleItem().ShouldStartWith("publish src/Orchestration.Cli -c Release");
    }

    [Theory]
    [InlineData("src/One/One.cs")]
    [InlineData("rubrics/one.md")]
    [InlineData("samples/one.jsonl")]
    [InlineData("Directory.Build.props")]
    [InlineData("global.json")]
    [InlineData("BannedSymbols.txt")]
    public async Task A_source_newer_than_the_build_is_built_in(string source)
    {
        using var folder = new ScriptFolder();
        await folder.OrchestrateAsync();

        folder.Edit(source);

        (await folder.OrchestrateAsync()).Output.ShouldContain("builds/2\n");
    }

    [Fact]
    public async Task A_source_that_is_gone_is_built_out()
    {
        using var folder = new ScriptFolder();
        await folder.OrchestrateAsync();

        File.Delete(folder.Repository("src/One/Two.cs"));

        (await folder.OrchestrateAsync()).Output.ShouldContain("builds/2\n");
    }

    [Fact]
    public async Task What_a_developers_own_build_writes_is_no_source()
    {
        using var folder = new ScriptFolder();
        foreach (var built in new[] { "src/One/bin/Release", "src/One/obj" }) Directory.CreateDirectory(folder.Repository(built));
        await folder.OrchestrateAsync();

        File.WriteAllText(folder.Repository("src/One/obj/One.AssemblyInfo.cs"), "");
        folder.Edit("src/One/obj/One.AssemblyInfo.cs");

        (await folder.OrchestrateAsync()).Output.ShouldContain("builds/1\n");
    }

    [Fact]
    public async Task Arguments_input_and_current_folder_are_the_callers_also_through_links()
    {
        using var folder = new ScriptFolder();
        File.CreateSymbolicLink(Path.Combine(folder.Root, "home/absolute"), folder.Repository("orchestrate"));
        Directory.CreateDirectory(Path.Combine(folder.Root, "home/links"));
        var relative = Path.Combine(folder.Root, "home/links/relative");
        File.CreateSymbolicLink(relative, "../absolute");

        // The first run builds: the build must not read what the command is to read.
        var outcome = await ScriptFolder.EndAsync(folder.Start(relative, "sweep run", "", "*", "--a=\"b\""), "three lines");

        outcome.Output.ShouldBe(
            $"build {folder.Repository("artifacts/orchestrate/builds/1")}\nin {Path.Combine(folder.Root, "elsewhere")}\n"
            + "argument <sweep run>\nargument <>\nargument <*>\nargument <--a=\"b\">\nread three lines\n");
    }

    [Fact]
    public async Task A_build_that_fails_says_why_and_runs_nothing()
    {
        using var folder = new ScriptFolder();
        await folder.OrchestrateAsync();
        folder.Edit("src/One/One.cs");
        File.WriteAllText(folder.Fake("broken-publish"), "");

        var outcome = await folder.OrchestrateAsync();

        outcome.Status.ShouldBe(70);
        outcome.Output.ShouldBeEmpty();
        outcome.Errors.ShouldContain("error CS0000: broken on purpose");
        File.Delete(folder.Fake("broken-publish"));
        (await folder.OrchestrateAsync()).Output.ShouldContain("builds/2\n");
    }

    [Fact]
    public async Task Without_the_compiler_ahead_of_time_it_still_builds()
    {
        using var folder = new ScriptFolder();
        File.WriteAllText(folder.Fake("no-crossgen"), "");

        var outcome = await folder.OrchestrateAsync();

        outcome.Status.ShouldBe(0);
        outcome.Errors.ShouldBe("orchestrate: building…\n");
        folder.DotnetCalls.Count.ShouldBe(2);
        folder.DotnetCalls[1].ShouldNotContain("ReadyToRun");
    }

    [Fact]
    public async Task Two_at_once_build_once_and_both_run()
    {
        using var folder = new ScriptFolder();

        var outcomes = await Task.WhenAll(folder.OrchestrateAsync("a"), folder.OrchestrateAsync("b"), folder.OrchestrateAsync("c"));

        outcomes.Select(outcome => outcome.Status).ShouldBe([0, 0, 0]);
        outcomes.ShouldAllBe(outcome => outcome.Output.Contains("builds/1\n"));
        folder.DotnetCalls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_build_that_somebody_runs_is_kept_and_taken_away_afterwards()
    {
        using var folder = new ScriptFolder();
        File.WriteAllText(folder.Fake("publish-cat"), "");
        var running = folder.Start(folder.Repository("orchestrate"));
        await running.StandardInput.WriteLineAsync("started");
        await running.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        (await running.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("started");

        for (var build = 2; build <= 4; build++)
        {
            folder.Edit("src/One/One.cs");
            await folder.OrchestrateAsync();
        }

        Builds(folder).ShouldBe(["1", "3", "4"], "Kept: the one that runs, the newest and the one before.");
        (await ScriptFolder.EndAsync(running, "goes on")).Output.ShouldBe("goes on");

        folder.Edit("src/One/One.cs");
        await folder.OrchestrateAsync();
        Builds(folder).ShouldBe(["4", "5"]);
    }

    [Fact]
    public async Task Without_the_sdk_it_says_what_to_install()
    {
        using var folder = new ScriptFolder();
        File.WriteAllText(folder.Fake("version"), "8.0.404");
        var script = folder.Repository("eng/dotnet.sh");
        File.WriteAllText(script, File.ReadAllText(script).Replace("/usr/", "/no-such-folder/"));

        var outcome = await folder.OrchestrateAsync();

        outcome.Status.ShouldBe(70);
        outcome.Errors.ShouldStartWith("The .NET 10 SDK is needed and is not on this machine (found: 8.0.404).");
        outcome.Errors.ShouldContain("dotnet-sdk-10.0");
    }

    private static IEnumerable<string?> Builds(ScriptFolder folder) =>
        Directory.GetDirectories(folder.Repository("artifacts/orchestrate/builds")).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
