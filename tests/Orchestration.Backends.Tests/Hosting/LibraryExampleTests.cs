using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Hosting;

/// <summary>What docs/design/library.md shows is what runs.</summary>
public sealed class LibraryExampleTests
{
    [Fact]
    public async Task The_example_runs()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions(), cancellationToken: TestContext.Current.CancellationToken);

        var (answer, judgment) = await LibraryExample.RunAsync($"--Orchestration:deployments:gpt:endpoint={endpoint.ChatEndpoint}", "--Orchestration:deployments:gpt:model=gpt-4.1-mini");

        answer.ShouldNotBeEmpty();
        judgment.IsScored.ShouldBeTrue(judgment.Reason);
        endpoint.Statistics().Requests.ShouldBe(2);
    }

    [Fact]
    public void The_page_shows_it_line_by_line()
    {
        var source = File.ReadAllLines(Path.Combine(PublicData.RepositoryRoot, "tests", "Orchestration.Backends.Tests", "Hosting", "LibraryExample.cs"));
        var example = source.SkipWhile(line => line.Trim() != "// example").Skip(1).TakeWhile(line => line.Trim() != "// end").Select(line => line.Length > 8 ? line[8..] : "").ToArray();
        example.Length.ShouldBeGreaterThan(10);

        var page = File.ReadAllText(Path.Combine(PublicData.RepositoryRoot, "docs", "design", "library.md"));

        page.ShouldContain(string.Join('\n', example).Trim(), Case.Sensitive);
    }
}
