using Orchestration.Architecture.Tests.Projects;
using Shouldly;
using Xunit;

namespace Orchestration.Architecture.Tests.Arrows;

public sealed class ArrowTests
{
    /// <summary>What the domain and the mathematics do not know: the web, stores, terminals, hosts.</summary>
    private static readonly string[] Surroundings =
    [
        "Microsoft.AspNetCore", "Microsoft.Extensions.Hosting", "Microsoft.Data.Sqlite", "SQLitePCLRaw", "Npgsql", "Dapper",
        "Microsoft.EntityFrameworkCore", "Microsoft.Orleans", "Orleans", "System.CommandLine", "Spectre.Console", "OpenTelemetry",
    ];

    /// <summary>What belongs to a vendor of models.</summary>
    private static readonly string[] Vendors =
    [
        "OpenAI", "Azure", "Microsoft.Extensions.AI", "Microsoft.SemanticKernel", "Anthropic", "Google", "Mistral", "Cohere", "OllamaSharp",
        "AWSSDK", "Amazon", "HuggingFace",
    ];

    /// <summary>Where the numbers would touch the world.</summary>
    private static readonly string[] InputAndOutput =
    [
        "System.IO.", "System.Net.", "System.Data.", "System.Console.", "System.Diagnostics.Process.", "System.Threading.Timer.",
    ];

    public static TheoryData<string> Product => [.. ProjectFile.Product.Select(project => project.Name)];

    public static TheoryData<string> ProductWithoutBackends =>
        [.. ProjectFile.Product.Select(project => project.Name).Where(name => name is not "Orchestration.Backends")];

    [Fact]
    public void Every_project_of_the_product_stands_on_the_map() =>
        ProjectFile.Product.Select(project => project.Name).ShouldBeSubsetOf(Arrow.Allowed.Keys, "A new project needs its arrows: docs/design/overview.md and Arrow.cs.");

    [Theory]
    [MemberData(nameof(Product))]
    public void Project_files_refer_only_along_the_arrows(string name) =>
        ProjectFile.Named(name).ProjectReferences.ShouldBeSubsetOf(Arrow.Allowed[name]);

    [Theory]
    [MemberData(nameof(Product))]
    public void Compiled_assemblies_refer_only_along_the_arrows(string name)
    {
        var project = ProjectFile.Named(name);
        var assembly = CompiledAssembly.Find(project.AssemblyName);
        if (assembly is null)
        {
            name.ShouldBeOneOf(["Orchestration.Orleans", "Orchestration.Orleans.Azure"], $"{name} is not built with these tests: refer to it from Orchestration.Architecture.Tests.csproj.");
            return;
        }

        var names = ProjectFile.Product.ToDictionary(product => product.AssemblyName, product => product.Name);
        assembly.References.Where(names.ContainsKey).Select(reference => names[reference]).ShouldBeSubsetOf(Arrow.Reachable(name));
    }

    [Theory]
    [InlineData("Orchestration.Learning")]
    [InlineData("Orchestration.Core")]
    public void Learning_and_core_know_no_web_no_store_no_terminal_and_no_vendor(string name)
    {
        var project = ProjectFile.Named(name);
        string[] unknown = [.. Surroundings, .. Vendors];

        project.Sdk.ShouldBe("Microsoft.NET.Sdk");
        project.FrameworkReferences.ShouldBeEmpty();
        project.RestoredPackages().Where(package => StartsWithAny(package, unknown)).ShouldBeEmpty();
        CompiledAssembly.Find(name)!.References.Where(reference => StartsWithAny(reference, unknown)).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(ProductWithoutBackends))]
    public void Only_backends_names_a_package_of_a_model_vendor(string name)
    {
        // Signing in to the cloud is not calling a model.
        var project = ProjectFile.Named(name);
        project.PackageReferences.Where(package => StartsWithAny(package, Vendors) && package != "Azure.Identity").ShouldBeEmpty();
        (CompiledAssembly.Find(project.AssemblyName)?.References ?? [])
            .Where(reference => StartsWithAny(reference, Vendors) && reference is not ("Azure.Identity" or "Azure.Core")).ShouldBeEmpty();
    }

    [Fact]
    public void Learning_takes_no_package_but_tensors() =>
        ProjectFile.Named("Orchestration.Learning").PackageReferences.Except(["System.Numerics.Tensors"]).ShouldBeEmpty();

    [Fact]
    public void Learning_does_no_input_and_no_output() =>
        CompiledAssembly.Find("Orchestration.Learning")!.Types
            .Where(type => InputAndOutput.Any(world => (type + ".").StartsWith(world, StringComparison.Ordinal)))
            .Except(["System.IO.InvalidDataException"])
            .ShouldBeEmpty("Learning works on spans of numbers that its caller read.");

    [Fact]
    public void The_metadata_is_really_read()
    {
        // The checks above hold of an empty list as well: these two say what a full one looks like.
        var core = CompiledAssembly.Find("Orchestration.Core")!;
        core.References.ShouldContain("System.Runtime");
        core.Types.ShouldContain("System.Object");
    }

    private static bool StartsWithAny(string name, string[] prefixes) =>
        prefixes.Any(prefix => name.Equals(prefix, StringComparison.OrdinalIgnoreCase)
            || name.StartsWith(prefix + ".", StringComparison.OrdinalIgnoreCase));
}
