using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Architecture.Tests.Projects;

/// <summary>THIRD-PARTY-NOTICES.md names exactly the packages that are shipped, with the versions of the lock file and the licences that they state.</summary>
public sealed class NoticesTests
{
    private const string Accept = "ORCHESTRATION_ACCEPT_NOTICES";

    // Part of the build alone.
    private static readonly string[] NotShipped = ["Meziantou.Analyzer", "Microsoft.CodeAnalysis.BannedApiAnalyzers"];

    // What is kept in the sources and served as it is: name and version, by folder.
    private static readonly Dictionary<string, string> Served = new(StringComparer.Ordinal) { ["uplot"] = "uPlot 1.6.32" };

    [Fact]
    public void The_notices_are_those_of_the_packages_in_the_lock_file()
    {
        var file = Path.Combine(PublicData.RepositoryRoot, "THIRD-PARTY-NOTICES.md");
        var text = Notices();
        if (Environment.GetEnvironmentVariable(Accept) == "1") File.WriteAllText(file, text);
        File.ReadAllText(file).ShouldBe(text, $"{Accept}=1 ./test architecture writes them anew; read what changed.");
    }

    [Fact]
    public void Every_shipped_package_has_a_licence_that_lets_it_be_shipped() =>
        Shipped().Select(static p => (p.Name, Licence: Licence(p.Name, p.Version).Expression)).Where(static p => p.Licence is not ("MIT" or "Apache-2.0" or "PostgreSQL" or "public domain")).ShouldBeEmpty();

    private static string Notices()
    {
        var text = new StringBuilder();
        text.Append("# Third-party notices\n\nOrchestration is shipped with these packages, each under its own licence. Written from the lock file of `src/Orchestration.Cli` and from what the packages state.\n\n");
        text.Append("| package | version | licence | copyright | from |\n|---|---|---|---|---|\n");
        foreach (var (name, version) in Shipped())
        {
            var (expression, copyright, project) = Licence(name, version);
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {name} | {version} | {expression} | {copyright} | {project} |\n");
        }

        text.Append("\nSelf-contained files also hold the .NET runtime and ASP.NET Core (MIT, Copyright (c) .NET Foundation and Contributors), whose own notices are at https://github.com/dotnet/dotnet. SQLite itself is in the public domain.\n");
        foreach (var licence in Directory.EnumerateFiles(Path.Combine(PublicData.RepositoryRoot, "eng", "licences"), "*.txt").Order(StringComparer.Ordinal))
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n## {Path.GetFileNameWithoutExtension(licence)}\n\n```\n{File.ReadAllText(licence).Trim()}\n```\n");
        foreach (var folder in Directory.EnumerateDirectories(Path.Combine(PublicData.RepositoryRoot, "src", "Orchestration.Silo", "Dashboard", "app", "vendor")).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(folder);
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n## {Served[name]}\n\nIn `src/Orchestration.Silo/Dashboard/app/vendor/{name}`, served with the dashboard.\n\n```\n{File.ReadAllText(Path.Combine(folder, "LICENSE")).Trim()}\n```\n");
        }

        return text.ToString();
    }

    private static IEnumerable<(string Name, string Version)> Shipped()
    {
        var locked = JsonElement.Parse(File.ReadAllText(Path.Combine(PublicData.RepositoryRoot, "src", "Orchestration.Cli", "packages.lock.json")));
        return locked.GetProperty("dependencies").EnumerateObject().SelectMany(static t => t.Value.EnumerateObject())
            .Where(static p => p.Value.GetProperty("type").GetString() != "Project" && !NotShipped.Contains(p.Name))
            .Select(static p => (p.Name, Version: p.Value.GetProperty("resolved").GetString()!)).Distinct().OrderBy(static p => p.Name, StringComparer.OrdinalIgnoreCase);
    }

    private static (string Expression, string Copyright, string Project) Licence(string name, string version)
    {
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var folder = Path.Combine(packages, name.ToLowerInvariant(), version);
        var metadata = XDocument.Load(Path.Combine(folder, name.ToLowerInvariant() + ".nuspec")).Root!.Elements().First();
        string Of(string element) => metadata.Elements().FirstOrDefault(e => e.Name.LocalName == element)?.Value.Trim().Replace('\n', ' ').Replace("|", "/", StringComparison.Ordinal) ?? "";
        var licence = metadata.Elements().FirstOrDefault(static e => e.Name.LocalName == "license");
        var expression = licence?.Attribute("type")?.Value == "expression" ? licence.Value.Trim() : OfText(Path.Combine(folder, licence?.Value.Trim() ?? ""), Of("licenseUrl"));
        return (expression, Of("copyright") is { Length: > 0 } stated ? stated : "Copyright (c) " + Of("authors"), Of("projectUrl"));
    }

    /// <summary>The licence that a package has as a text or behind an address.</summary>
    private static string OfText(string file, string address)
    {
        var text = File.Exists(file) ? File.ReadAllText(file) : "";
        if (text.Contains("Apache License", StringComparison.Ordinal) || address.Contains("apache", StringComparison.OrdinalIgnoreCase)) return "Apache-2.0";
        if (text.Contains("MIT License", StringComparison.Ordinal) || text.Contains("Permission is hereby granted, free of charge", StringComparison.Ordinal) || address.Contains("MIT", StringComparison.OrdinalIgnoreCase)) return "MIT";
        if (text.Contains("SQLite is Public Domain", StringComparison.Ordinal)) return "public domain";

        // Before packages stated licences by name: the address of the .NET libraries' own.
        if (address.Contains("dotnet/corefx", StringComparison.Ordinal)) return "MIT";
        return text.Length > 0 ? "see the package" : "unknown";
    }
}
