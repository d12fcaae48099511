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
    private static readonly (string Name, Func<CliContext, Command> Create)[] Commands =
    [
        ("sweep", SweepCommands.Create),
        ("compare", CompareCommands.Create),
        ("work", WorkCommand.Create),
        ("cluster", ClusterCommands.Create),
        ("serve", ServeCommand.Create),
        ("route", RouteCommands.Create),
        ("key", KeyCommands.Create),
        ("audit", AuditCommand.Create),
        ("train", TrainCommand.Create),
        ("aggregator", AggregatorCommands.Create),
        ("aggregate", AggregateCommand.Create),
        ("experiment", ExperimentCommands.Create),
        ("meta", MetaCommands.Create),
        ("pairs", PairsCommands.Create),
        ("label", LabelCommands.Create),
        ("cost", CostCommand.Create),
        ("rubric", RubricCommands.Create),
        ("judge", JudgeCommands.Create),
        ("endpoint", EndpointCommand.Create),
        ("demo", DemoCommand.Create),
    ];

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
        var root = new RootCommand("Judges score answers, an aggregator turns their scores into one number you can trust.");
        foreach (var command in Wanted(args, context, hosts)) root.Subcommands.Add(command);
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

    /// <summary>
    /// The commands that the arguments can mean: making all of them, with every option, takes a third of the time in which a short command starts and ends. A first word
    /// that names none may be a slip, help or a directive, for which all must be there.
    /// </summary>
    internal static IEnumerable<Command> Wanted(string[] args, CliContext context, IReadOnlyList<Command> hosts)
    {
        if (args is ["--version"]) return [];
        if (args is [var first, ..] && Array.Find(Commands, c => c.Name == first) is { Create: { } create }) return [create(context)];
        return [.. Commands.Select(c => c.Create(context)), .. hosts];
    }

    private static string Path(System.CommandLine.Parsing.CommandResult command) =>
        command.Parent is System.CommandLine.Parsing.CommandResult parent ? $"{Path(parent)}{command.Command.Name} " : "";
}
