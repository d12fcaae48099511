using Shouldly;
using Xunit;

namespace Orchestration.Architecture.Tests.Commands;

public sealed class TestCommandTests
{
    [Fact]
    public async Task The_last_line_adds_up_what_the_projects_reported()
    {
        using var folder = new ScriptFolder();
        AddProject(folder, "One.Tests", passed: 3, failed: 0, skipped: 0, errors: 0);
        AddProject(folder, "Two.Tests", passed: 40, failed: 0, skipped: 0, errors: 0);

        var outcome = await folder.TestAsync();

        outcome.Status.ShouldBe(0);
        LastLine(outcome).ShouldBe("43 passed, 0 failed");
        folder.DotnetCalls.Select(call => call.Split(' ')[0]).ShouldBe(["restore", "build", "format"]);
    }

    [Fact]
    public async Task Skipped_tests_are_counted_where_there_are_some_and_their_reason_is_said_once()
    {
        using var folder = new ScriptFolder();
        AddProject(folder, "One.Tests", passed: 3, failed: 0, skipped: 2, errors: 0);

        var outcome = await folder.TestAsync();

        outcome.Status.ShouldBe(0);
        LastLine(outcome).ShouldBe("3 passed, 0 failed, 2 skipped");
        outcome.Output.Split("skipped: no such data").Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_failed_test_fails_the_run_and_is_shown()
    {
        using var folder = new ScriptFolder();
        AddProject(folder, "One.Tests", passed: 3, failed: 1, skipped: 0, errors: 1, status: 1);
        AddProject(folder, "Two.Tests", passed: 4, failed: 0, skipped: 0, errors: 0);

        var outcome = await folder.TestAsync();

        outcome.Status.ShouldBe(1);
        LastLine(outcome).ShouldBe("7 passed, 2 failed");
        outcome.Output.ShouldContain("said on standard output");
    }

    [Fact]
    public async Task A_test_process_that_dies_without_a_report_is_a_failure()
    {
        using var folder = new ScriptFolder();
        AddProject(folder, "One.Tests", passed: 3, failed: 0, skipped: 0, errors: 0);
        folder.WriteProgram(folder.Repository("tests/Two.Tests/bin/Release/net10.0/Two.Tests"), "#!/usr/bin/env bash\necho boom\nexit 134\n");
        AddProjectFile(folder, "Two.Tests");

        var outcome = await folder.TestAsync();

        outcome.Status.ShouldBe(1);
        LastLine(outcome).ShouldBe("3 passed, 1 failed");
        outcome.Output.ShouldContain("exit status 134");
        outcome.Output.ShouldContain("boom");
    }

    [Fact]
    public async Task A_test_process_that_fails_after_a_clean_report_is_a_failure()
    {
        using var folder = new ScriptFolder();
        AddProject(folder, "One.Tests", passed: 3, failed: 0, skipped: 0, errors: 0, status: 139);

        LastLine(await folder.TestAsync()).ShouldBe("3 passed, 1 failed");
    }

    [Fact]
    public async Task Nothing_run_is_not_a_pass()
    {
        using var folder = new ScriptFolder();
        AddProject(folder, "One.Tests", passed: 0, failed: 0, skipped: 0, errors: 0);

        var outcome = await folder.TestAsync();

        outcome.Status.ShouldBe(1);
        LastLine(outcome).ShouldBe("0 passed, 0 failed");
    }

    [Theory]
    [InlineData("restore", "0 passed, 1 failed")]
    [InlineData("build", "0 passed, 1 failed")]
    [InlineData("format", "3 passed, 1 failed")]
    public async Task A_step_that_fails_is_shown_and_counts_as_one_failed(string step, string lastLine)
    {
        using var folder = new ScriptFolder();
        AddProject(folder, "One.Tests", passed: 3, failed: 0, skipped: 0, errors: 0);
        File.WriteAllText(folder.Fake("broken-" + step), "");

        var outcome = await folder.TestAsync();

        outcome.Status.ShouldBe(1);
        outcome.Output.ShouldContain("error CS0000: broken on purpose");
        LastLine(outcome).ShouldBe(lastLine);
    }

    [Fact]
    public async Task Words_choose_the_projects_to_build_and_run()
    {
        using var folder = new ScriptFolder();
        AddProject(folder, "One.Tests", passed: 3, failed: 0, skipped: 0, errors: 0);
        AddProject(folder, "Two.Tests", passed: 40, failed: 0, skipped: 0, errors: 0);

        LastLine(await folder.TestAsync("two")).ShouldBe("40 passed, 0 failed");
        folder.DotnetCalls.ShouldHaveSingleItem().ShouldStartWith("build tests/Two.Tests ");

        var none = await folder.TestAsync("three");
        none.Status.ShouldBe(1);
        none.Errors.ShouldContain("One.Tests");
        LastLine(none).ShouldBe("0 passed, 0 failed");
    }

    private static string LastLine(ScriptFolder.Outcome outcome) => outcome.Output.TrimEnd('\n').Split('\n')[^1];

    private static void AddProjectFile(ScriptFolder folder, string name) =>
        File.WriteAllText(folder.Repository($"tests/{name}/{name}.csproj"), """<PackageReference Include="xunit.v3" />""");

    /// <summary>A test program that reports these counts in the framework's form.</summary>
    private static void AddProject(ScriptFolder folder, string name, int passed, int failed, int skipped, int errors, int status = 0)
    {
        var skips = string.Concat(Enumerable.Repeat("<test result=\"Skip\"><reason><![CDATA[no such data]]></reason></test>", skipped));
        folder.WriteProgram(folder.Repository($"tests/{name}/bin/Release/net10.0/{name}"), $"""
            #!/usr/bin/env bash
            echo "said on standard output"
            while [[ $1 != -xml ]]; do shift; done
            cat >"$2" <<'END'
            <?xml version="1.0"?><assemblies schema-version="3"><assembly environment="64-bit" id="1" errors="{errors}" failed="{failed}" not-run="0" passed="{passed}" skipped="{skipped}" total="{passed + failed + skipped}"><collection failed="9" passed="9">{skips}</collection></assembly></assemblies>
            END
            exit {status}
            """);
        AddProjectFile(folder, name);
    }
}
