using System.CommandLine;

namespace Orchestration.Cli.Labels;

/// <summary><c>orchestrate label VERB</c>: labels for what has none.</summary>
internal static class LabelCommands
{
    public static Command Create(CliContext context) => new("label", "Gives pairs labels; simulated ones are marked wherever they serve.") { LabelSimulateCommand.Create(context) };
}
