using System.Reflection;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Architecture.Tests.PublicSurface;

/// <summary>What the libraries promise to others changes only on purpose: each public type and member stands in a reviewed text file.</summary>
public sealed class PublicSurfaceTests
{
    private const string AcceptVariable = "ORCHESTRATION_ACCEPT_SURFACE";

    [Theory]
    [InlineData("Orchestration.Learning")]
    [InlineData("Orchestration.Core")]
    public void The_public_surface_is_the_reviewed_one(string assembly)
    {
        var file = $"tests/Orchestration.Architecture.Tests/PublicSurface/{assembly}.txt";
        var path = Path.Combine(PublicData.RepositoryRoot, file);
        var actual = SurfaceText.Of(Assembly.Load(assembly).GetExportedTypes());
        actual.ShouldNotBeEmpty();

        if (Environment.GetEnvironmentVariable(AcceptVariable) == "1")
            File.WriteAllLines(path, actual.SelectMany(line => line.StartsWith(' ') ? [line] : new[] { "", line })
                .Prepend($"# The public surface of {assembly}, reviewed. Written by {AcceptVariable}=1 ./test architecture"));

        var difference = SurfaceDifference.Between(File.Exists(path) ? File.ReadAllLines(path) : [], actual);
        if (difference.Length > 0)
        {
            Assert.Fail(
                $"The public surface of {assembly} is not the one in {file}:\n\n{difference}\n"
                + "Not meant to be seen by others? Make it internal.\n"
                + $"Meant? Run {AcceptVariable}=1 ./test architecture, read what changed in that file and commit it with the code.");
        }
    }
}
