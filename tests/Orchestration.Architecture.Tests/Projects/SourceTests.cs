using System.Text.RegularExpressions;
using System.Xml.Linq;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Architecture.Tests.Projects;

public sealed partial class SourceTests
{
    private static readonly string[] VagueNames = ["Utils", "Utilities", "Helper", "Helpers", "Common", "Manager"];

    [Fact]
    public void Nothing_in_the_product_is_left_undone() =>
        Lines(Unfinished()).ShouldBeEmpty("Finish it, or leave it out.");

    [Theory]
    [InlineData("// TODO: later", true)]
    [InlineData("throw new NotImplementedException();", true)]
    [InlineData("// FIXME", true)]
    [InlineData("/// The verdict todos are counted.", false)]
    [InlineData("throw new NotSupportedException();", false)]
    public void What_is_left_undone_is_known_by_its_words(string line, bool undone) => Unfinished().IsMatch(line).ShouldBe(undone);

    [Fact]
    public void No_folder_or_file_is_named_after_nothing_in_particular() =>
        SourceFiles()
            .Where(file => Path.GetRelativePath(PublicData.RepositoryRoot, file)
                .Split(Path.DirectorySeparatorChar, '.')
                .Any(part => VagueNames.Any(vague => part.EndsWith(vague, StringComparison.Ordinal))))
            .ShouldBeEmpty("Name it after the feature it belongs to.");

    [Fact]
    public void No_source_of_the_product_silences_the_rule_that_public_members_are_documented() =>
        Lines(Undocumented()).ShouldBeEmpty("CS1591 stays on: say shapes, units, ranges and errors in an XML comment, or make the member internal.");

    /// <summary>The compiler holds the rule itself (CS1591, warnings are errors); it only looks where a documentation file is written.</summary>
    [Theory]
    [InlineData("Orchestration.Learning")]
    [InlineData("Orchestration.Core")]
    public void The_compiler_writes_and_so_checks_the_documentation(string assembly)
    {
        var path = Path.Combine(AppContext.BaseDirectory, assembly + ".xml");

        File.Exists(path).ShouldBeTrue("GenerateDocumentationFile is off.");
        XDocument.Load(path).Descendants("member").ShouldNotBeEmpty();
        File.ReadAllText(Path.Combine(PublicData.RepositoryRoot, ".editorconfig")).ShouldContain("dotnet_diagnostic.CS1591.severity = warning");
        File.ReadAllText(Path.Combine(PublicData.RepositoryRoot, "Directory.Build.props"))
            .ShouldContain("<TreatWarningsAsErrors>true</TreatWarningsAsErrors>");
    }

    private static List<string> Lines(Regex pattern) =>
    [
        .. from file in SourceFiles()
           from line in File.ReadLines(file).Select((text, index) => (Text: text, Number: index + 1))
           where pattern.IsMatch(line.Text)
           select $"{Path.GetRelativePath(PublicData.RepositoryRoot, file)}:{line.Number}: {line.Text.Trim()}",
    ];

    private static IEnumerable<string> SourceFiles()
    {
        var built = new[] { "bin", "obj" };
        return ProjectFile.Product
            .SelectMany(project => Directory.EnumerateFiles(project.Folder, "*", SearchOption.AllDirectories)
                .Where(file => !built.Contains(Path.GetRelativePath(project.Folder, file).Split(Path.DirectorySeparatorChar)[0])))
            .Where(file => Path.GetExtension(file) is ".cs" or ".csproj" or ".props" or ".targets");
    }

    [GeneratedRegex(@"\b(TODO|FIXME|NotImplementedException)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\b(CS)?1591\b|GenerateDocumentationFile", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex Undocumented();
}
