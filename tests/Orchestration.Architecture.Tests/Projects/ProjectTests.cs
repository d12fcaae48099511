using System.Text.RegularExpressions;
using System.Xml.Linq;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Architecture.Tests.Projects;

public sealed partial class ProjectTests
{
    public static TheoryData<string> Projects => [.. ProjectFile.All.Select(project => project.Name)];

    [Fact]
    public void Every_package_is_pinned_to_one_exact_version()
    {
        var file = XDocument.Load(Path.Combine(PublicData.RepositoryRoot, "Directory.Packages.props"));
        var packages = file.Descendants("PackageVersion").ToList();

        // The packages of Orleans have one version, which whoever builds against another says in one place.
        var orleans = file.Descendants("OrleansVersion").Single().Value;
        packages.Count.ShouldBeGreaterThan(10);
        packages.Where(package => !ExactVersion().IsMatch((package.Attribute("Version")?.Value ?? "").Replace("$(OrleansVersion)", orleans, StringComparison.Ordinal)))
            .Select(package => package.ToString())
            .ShouldBeEmpty("A floating version is another build tomorrow: name one version, such as 1.2.3.");
    }

    [Theory]
    [InlineData("1.2.3", true)]
    [InlineData("1.2.3.4", true)]
    [InlineData("1.2.3-preview.1", true)]
    [InlineData("1.2.*", false)]
    [InlineData("*", false)]
    [InlineData("[1.2.3,2.0.0)", false)]
    [InlineData("1.2.3-*", false)]
    [InlineData("", false)]
    public void An_exact_version_is_told_from_a_floating_one(string version, bool exact) => ExactVersion().IsMatch(version).ShouldBe(exact);

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_project_names_a_version_of_its_own(string name) =>
        ProjectFile.Named(name).PackageElements
            .Where(package => package.Attribute("Version") is not null || package.Attribute("VersionOverride") is not null)
            .Select(package => package.ToString())
            .ShouldBeEmpty("Versions stand in Directory.Packages.props alone.");

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_project_but_those_of_orleans_has_a_lock_file(string name) =>
        File.Exists(ProjectFile.Named(name).LockFile).ShouldBe(
            !name.StartsWith("Orchestration.Orleans", StringComparison.Ordinal), "Run: dotnet restore --force-evaluate, and commit packages.lock.json.");

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_project_but_those_of_orleans_is_in_the_solution(string name)
    {
        var project = ProjectFile.Named(name);
        var solution = File.ReadAllText(Path.Combine(PublicData.RepositoryRoot, "Orchestration.sln")).Replace('\\', '/');
        var path = Path.GetRelativePath(PublicData.RepositoryRoot, project.FullPath).Replace('\\', '/');

        solution.Contains($"\"{path}\"", StringComparison.Ordinal).ShouldBe(!name.StartsWith("Orchestration.Orleans", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^\d+\.\d+\.\d+(\.\d+)?(-[0-9A-Za-z]+([.-][0-9A-Za-z]+)*)?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex ExactVersion();
}
