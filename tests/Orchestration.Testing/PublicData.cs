using Xunit;

namespace Orchestration.Testing;

/// <summary>The recorded public data that stands beside the repository, where it does.</summary>
public static class PublicData
{
    /// <summary>The root of this repository, found from where the tests run.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>The path of a recorded file; skips the test with a message where the data is not on this machine.</summary>
    public static string Require(string relativePath)
    {
        var path = Path.Combine(RepositoryRoot, "..", "shared", "data", relativePath);
        if (!File.Exists(path))
            Assert.Skip($"The recorded public data is not on this machine: ../shared/data/{relativePath} beside the repository is missing.");
        return Path.GetFullPath(path);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Orchestration.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No Orchestration.sln above {AppContext.BaseDirectory}.");
    }
}
