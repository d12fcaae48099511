using System.CommandLine;
using Orchestration.Cli.Aggregators;
using Orchestration.Cli.Cluster;
using Orchestration.Cli.Demo;
using Orchestration.Cli.Endpoint;
using Orchestration.Cli.Experiments;
using Orchestration.Cli.Judges;
using Orchestration.Cli.Keys;
using Orchestration.Cli.Labels;
using Orchestration.Cli.Meta;
using Orchestration.Cli.Pairs;
using Orchestration.Cli.Routing;
using Orchestration.Cli.Rubrics;
using Orchestration.Cli.Serving;
using Orchestration.Cli.Spending;
using Orchestration.Cli.Sweeps;
using Orchestration.Cli.Telemetry;
using Orchestration.Core;

namespace Orchestration.Cli;

/// <summary>The commands of <c>orchestrate</c>.</summary>
public static class CommandLine
{
    /// <summary>Parses and runs one command.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="context">The world outside.</param>
    /// <param name="program">What the program is called in messages.</param>
    /// <param name="hosts">Commands of another host beside those of this one.</param>
    /// <returns>The exit status, see <see cref="ExitStatus"/>.</returns>
    public static async Task<int> RunAsync(string[] args, CliContext context, string program = "orchestrate", params IReadOnlyList<Command> hosts)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(hosts);
        var root = new RootCommand("Judges score answers, an aggregator turns their scores into one number you can trust.")
        {
            SweepCommands.Create(context),
            CompareCommands.Create(context),
            WorkCommand.Create(context),
            ClusterCommands.Create(context),
            ServeCommand.Create(context),
            RouteCommands.Create(context),
            KeyCommands.Create(context),
            AuditCommand.Create(context),
            TrainCommand.Create(context),
            AggregatorCommands.Create(context),
            AggregateCommand.Create(context),
            ExperimentCommands.Create(context),
            MetaCommands.Create(context),
            PairsCommands.Create(context),
            LabelCommands.Create(context),
            CostCommand.Create(context),
            RubricCommands.Create(context),
            JudgeCommands.Create(context),
            EndpointCommand.Create(context),
            DemoCommand.Create(context),
        };
        foreach (var command in hosts) root.Subcommands.Add(command);
        var parsed = root.Parse(args is [] ? ["--help"] : args);
        if (parsed.Errors.Count != 0)
        {
            foreach (var error in parsed.Errors) await context.Error.WriteLineAsync($"error: {error.Message}");
            await context.Error.WriteLineAsync($"Try '{program} {Path(parsed.CommandResult)}--help'.");
            return ExitStatus.BadInput;
        }

        using var interruption = new Interruption(context);
        using var telemetry = TelemetryExport.Start(context.Environment);
        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration { Output = context.Out, Error = context.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
                interruption.Token);
        }
        catch (OrchestrationException e)
        {
            await context.Error.WriteLineAsync($"error: {e.Message}");
            return ExitStatus.BadInput;
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            await context.Error.WriteLineAsync("interrupted");
            return ExitStatus.Interrupted;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk, a folder without write access, a closed pipe: the message of the system names the path.
            await context.Error.WriteLineAsync($"error: {e.Message}");
            return ExitStatus.BadInput;
        }
    }

    private static string Path(System.CommandLine.Parsing.CommandResult command) =>
        command.Parent is System.CommandLine.Parsing.CommandResult parent ? $"{Path(parent)}{command.Command.Name} " : "";
}
