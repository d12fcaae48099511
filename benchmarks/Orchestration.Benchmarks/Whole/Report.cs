using System.Globalization;
using System.Runtime.InteropServices;

namespace Orchestration.Benchmarks.Whole;

/// <summary>Collects figures, prints them as they come, and keeps them per processor.</summary>
/// <param name="name">The benchmark's, and its file's in benchmarks/results.</param>
/// <param name="command">How it is run; null for one of <c>whole</c>.</param>
internal sealed class Report(string name, string? command = null)
{
    private readonly List<string> _lines = [];

    public void Figure(string what, double value, string unit, string aim = "", bool? met = null)
    {
        var number = value >= 1000 ? value.ToString("N0", CultureInfo.InvariantCulture) : value.ToString("0.###", CultureInfo.InvariantCulture);
        var line = $"| {what} | {number} {unit} | {aim} | {(met is { } m ? m ? "yes" : "NO" : "")} |";
        _lines.Add(line);
        Console.WriteLine(line);
    }

    public void Text(string text)
    {
        _lines.Add("");
        _lines.Add("```");
        _lines.AddRange(text.TrimEnd().Split('\n'));
        _lines.Add("```");
        Console.WriteLine(text);
    }

    public void Save()
    {
        var folder = Path.Combine(Root(), "benchmarks", "results");
        Directory.CreateDirectory(folder);
        string[] head =
        [
            $"# {name}",
            "",
            $"{Processor()}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, .NET {Environment.Version}, {TimeProvider.System.GetUtcNow():yyyy-MM-dd}",
            "",
            $"`{command ?? $"dotnet run -c Release --project benchmarks/Orchestration.Benchmarks -- whole {name}"}`",
            "",
            "| measured | result | aim | met |",
            "|---|---|---|---|",
        ];
        var table = _lines.Count != 0 && _lines[0].StartsWith('|');
        File.WriteAllText(Path.Combine(folder, $"{name}.md"), string.Join('\n', [.. table ? head : head[..^2], .. _lines]) + "\n");
    }

    private static string Processor() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor"
        : "unknown processor";

    internal static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Orchestration.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException("Run it from a checkout.");
    }
}
