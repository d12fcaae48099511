using System.Text.RegularExpressions;
using Orchestration.Testing;

namespace Orchestration.Cli.Tests.Infrastructure;

/// <summary>A Bicep file, read for its names: enough to hold files together where no compiler is at hand.</summary>
internal sealed partial class BicepFile
{
    private BicepFile(string path)
    {
        Path = path;
        Text = File.ReadAllText(path);

        // Without comments and descriptions: what stands in them uses nothing.
        Code = Noise().Replace(Text, "");
        Parameters = [.. Parameter().Matches(Code).Select(static m => m.Groups["name"].Value)];
        Required = [.. Parameter().Matches(Code).Where(static m => !m.Groups["default"].Success).Select(static m => m.Groups["name"].Value)];
        Variables = [.. Variable().Matches(Code).Select(static m => m.Groups["name"].Value)];
        Outputs = [.. Output().Matches(Code).Select(static m => m.Groups["name"].Value)];
        Modules = [.. Module().Matches(Code).Select(m => new BicepModule(m.Groups["name"].Value, m.Groups["file"].Value, Block(Code, Code.IndexOf("params: {", m.Index, StringComparison.Ordinal) + "params: ".Length)))];
        Resources = [.. Resource().Matches(Code).Select(static m => (m.Groups["type"].Value, m.Groups["version"].Value))];
    }

    public static string Folder { get; } = System.IO.Path.Combine(PublicData.RepositoryRoot, "infra");

    public static BicepFile Main { get; } = Read("main.bicep");

    public string Path { get; }

    public string Text { get; }

    public string Code { get; }

    public IReadOnlyList<string> Parameters { get; }

    public IReadOnlyList<string> Required { get; }

    public IReadOnlyList<string> Variables { get; }

    public IReadOnlyList<string> Outputs { get; }

    public IReadOnlyList<BicepModule> Modules { get; }

    public IReadOnlyList<(string Type, string Version)> Resources { get; }

    public static BicepFile Read(string name) => new(System.IO.Path.Combine(Folder, name));

    public static IEnumerable<BicepFile> All() => Directory.EnumerateFiles(Folder, "*.bicep", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(static p => new BicepFile(p));

    /// <summary>How often a name stands in the code as a word of its own.</summary>
    public int Uses(string name) => Regex.Count(Code, $@"(?<![\w.']){Regex.Escape(name)}(?![\w':])", RegexOptions.None, TimeSpan.FromSeconds(10))
        + Regex.Count(Code, $@"(\?|\bin)\s+{Regex.Escape(name)}\s*:", RegexOptions.None, TimeSpan.FromSeconds(10));

    /// <summary>What stands between a brace and the one that closes it.</summary>
    private static string Block(string code, int open)
    {
        var depth = 0;
        for (var i = open; i < code.Length; i++)
        {
            if (code[i] == '{') depth++;
            if (code[i] == '}' && --depth == 0) return code[(open + 1)..i];
        }

        return code[open..];
    }

    [GeneratedRegex(@"^\s*//.*$|^@description\(.*\)$|^#disable.*$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Noise();

    [GeneratedRegex(@"^param (?<name>\w+) (?<type>[\w\[\]]+)(?<default> =)?", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^var (?<name>\w+) =", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Variable();

    [GeneratedRegex(@"^output (?<name>\w+) ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Output();

    [GeneratedRegex(@"^module (?<name>\w+) '(?<file>[^']+)'", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Module();

    [GeneratedRegex(@"^\s*resource \w+ '(?<type>[\w./]+)(@(?<version>[\w-]+))?'", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Resource();
}

/// <summary>A module as a file uses it.</summary>
/// <param name="Name">What it is called there.</param>
/// <param name="File">Its file, relative to the one that uses it.</param>
/// <param name="Body">The text of its parameters.</param>
internal sealed record BicepModule(string Name, string File, string Body)
{
    /// <summary>The parameters that it is given.</summary>
    public IReadOnlyList<string> Given { get; } = [.. Regex.Matches(Body, @"(^|[,{\n])\s*(?<name>\w+):", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10)).Select(static m => m.Groups["name"].Value).Distinct()];
}
