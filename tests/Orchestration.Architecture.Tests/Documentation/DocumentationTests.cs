using System.Text.RegularExpressions;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Architecture.Tests.Documentation;

public sealed partial class DocumentationTests
{
    private static readonly string[] Folders = ["docs", "samples", "rubrics", "benchmarks"];

    [Fact]
    public void Every_link_between_our_pages_leads_somewhere()
    {
        var links = Pages().SelectMany(page => Links(File.ReadAllText(page)).Select(link => (Page: page, Link: link))).ToList();

        links.Count.ShouldBeGreaterThan(5);
        links.Where(link => !Path.Exists(Path.Combine(Path.GetDirectoryName(link.Page)!, link.Link)))
            .Select(link => $"{Path.GetRelativePath(PublicData.RepositoryRoot, link.Page)}: {link.Link}")
            .ShouldBeEmpty();
    }

    [Fact]
    public void Every_page_of_the_documentation_stands_in_its_index()
    {
        var docs = Path.Combine(PublicData.RepositoryRoot, "docs");
        var index = Path.Combine(docs, "README.md");

        Directory.EnumerateFiles(docs, "*.md", SearchOption.AllDirectories)
            .Where(page => page != index)
            .Select(page => Path.GetRelativePath(docs, page).Replace('\\', '/'))
            .ShouldBeSubsetOf(Links(File.ReadAllText(index)), "A page that docs/README.md does not name is not found.");
    }

    [Fact]
    public void Links_are_told_from_addresses_anchors_and_examples() =>
        Links("See [a](one.md), [b](two/three.md#part), [c](https://example.org/x.md), [d](#part).\n```\n[e](four.md)\n```\n`[f](five.md)` [g](six.md)")
            .ShouldBe(["one.md", "two/three.md", "six.md"]);

    private static IEnumerable<string> Pages() =>
        Directory.EnumerateFiles(PublicData.RepositoryRoot, "*.md")
            .Concat(Folders.Select(folder => Path.Combine(PublicData.RepositoryRoot, folder)).Where(Directory.Exists)
                .SelectMany(folder => Directory.EnumerateFiles(folder, "*.md", SearchOption.AllDirectories)))
            .Where(page => !page.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    /// <summary>The relative links of a page, without those in code.</summary>
    private static List<string> Links(string page)
    {
        var prose = Code().Replace(page, "");
        return [.. Link().Matches(prose).Select(match => match.Groups["path"].Value).Where(path => !path.Contains(':', StringComparison.Ordinal))];
    }

    [GeneratedRegex(@"\]\((?<path>[^)#\s]+)(#[^)\s]*)?\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^(?<fence>`{3,})[^`]*?$.*?^\k<fence>\s*?$|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex Code();
}
