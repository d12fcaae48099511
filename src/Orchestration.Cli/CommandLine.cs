using System.CommandLine;

namespace Orchestration.Cli;

/// <summary>The commands of <c>orchestrate</c>.</summary>
public static class CommandLine
{
    /// <summary>Parses and runs one command.</summary>
    /// <returns>The exit status.</returns>
    public static Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Judges score answers, an aggregator turns their scores into one number.");
        return root.Parse(args).InvokeAsync();
    }
}
