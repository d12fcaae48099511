using System.CommandLine;

namespace Orchestration.Cli.Pairs;

/// <summary><c>orchestrate pairs VERB</c>: data made for judging.</summary>
internal static class PairsCommands
{
    public static Command Create(CliContext context) => new("pairs", "Makes labelled comparisons to judge judges by.") { PairsBuildCommand.Create(context) };
}
