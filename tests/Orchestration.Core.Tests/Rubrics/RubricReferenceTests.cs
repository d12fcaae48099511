using Orchestration.Core.Rubrics;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Rubrics;

/// <summary>What docs/reference/rubric-format.md shows is what the code does.</summary>
public sealed class RubricReferenceTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(PublicData.RepositoryRoot, "docs", "reference", "rubric-format.md"));

    private static readonly Rubric Example = RubricFile.Parse("summary-quality.md", Between("````markdown\n", "````"));

    [Fact]
    public void The_example_has_the_canonical_content_and_the_version_that_the_page_states()
    {
        RubricVersion.Content(Example).ShouldStartWith(Between("```text\n", "```"));
        Page.ShouldContain($"its version is `{Example.Version}`");
        Page.ShouldContain($"\"version\": \"{Example.Version}\"");
        Example.Dimensions.Select(d => d.Name).ShouldBe(["coverage", "distortion"]);
    }

    [Fact]
    public void Every_word_of_the_format_stands_on_the_page()
    {
        var words = RubricNames.ReplyForms.Select(r => r.Name)
            .Concat(RubricNames.Protocols.Select(p => p.Name))
            .Concat(RubricNames.Directions.Select(d => d.Name));

        foreach (var word in words) Page.ShouldContain($"`{word}`");
    }

    private static string Between(string start, string end)
    {
        var from = Page.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return Page[from..Page.IndexOf(end, from, StringComparison.Ordinal)];
    }
}
