using System.Text.Json;
using System.Xml.Linq;
using Orchestration.Testing;

namespace Orchestration.Architecture.Tests.Projects;

/// <summary>What a project file and the lock file beside it say.</summary>
internal sealed class ProjectFile
{
    private static readonly string[] Roots = ["src", "tests", "benchmarks"];

    private ProjectFile(string path)
    {
        var xml = XDocument.Load(path);
        FullPath = path;
        Folder = Path.GetDirectoryName(path)!;
        Name = Path.GetFileNameWithoutExtension(path);
        Sdk = xml.Root!.Attribute("Sdk")?.Value ?? "";
        AssemblyName = xml.Descendants("AssemblyName").SingleOrDefault()?.Value ?? Name;
        ProjectReferences = [.. Includes(xml, "ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Replace('\\', '/')))];
        PackageReferences = [.. Includes(xml, "PackageReference")];
        FrameworkReferences = [.. Includes(xml, "FrameworkReference")];
        PackageElements = [.. xml.Descendants("PackageReference")];
    }

    public string FullPath { get; }

    public string Folder { get; }

    public string Name { get; }

    public string AssemblyName { get; }

    public string Sdk { get; }

    public IReadOnlyList<string> ProjectReferences { get; }

    public IReadOnlyList<string> PackageReferences { get; }

    public IReadOnlyList<string> FrameworkReferences { get; }

    public IReadOnlyList<XElement> PackageElements { get; }

    public string LockFile => Path.Combine(Folder, "packages.lock.json");

    /// <summary>Every project of the repository, by name.</summary>
    public static IReadOnlyList<ProjectFile> All { get; } =
    [
        .. Roots.Select(root => Path.Combine(PublicData.RepositoryRoot, root)).Where(Directory.Exists)
            .SelectMany(root => Directory.EnumerateDirectories(root))
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.csproj"))
            .Select(path => new ProjectFile(path))
            .OrderBy(project => project.Name, StringComparer.Ordinal),
    ];

    /// <summary>The projects of the product.</summary>
    public static IReadOnlyList<ProjectFile> Product { get; } =
        [.. All.Where(project => Path.GetFileName(Path.GetDirectoryName(project.Folder)) == "src")];

    public static ProjectFile Named(string name) => All.Single(project => project.Name == name);

    /// <summary>The names of all packages that the project restores, those of its packages included; projects are left out.</summary>
    public IReadOnlySet<string> RestoredPackages()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(LockFile));
        return json.RootElement.GetProperty("dependencies").EnumerateObject()
            .SelectMany(framework => framework.Value.EnumerateObject())
            .Where(package => package.Value.GetProperty("type").GetString() != "Project")
            .Select(package => package.Name)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    private static IEnumerable<string> Includes(XDocument xml, string element) =>
        xml.Descendants(element).Select(item => item.Attribute("Include")!.Value);
}
