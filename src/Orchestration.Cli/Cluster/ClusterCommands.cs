using System.CommandLine;
using System.Globalization;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Spectre.Console;

namespace Orchestration.Cli.Cluster;

/// <summary><c>orchestrate cluster status|watch</c>: silos, their shards, rates, quota use, lag.</summary>
internal static class ClusterCommands
{
    private static readonly TimeSpan Recent = TimeSpan.FromMinutes(10);

    public static Command Create(CliContext context) => new("cluster", "The silos that share a store: what they do, what they have taken of the quotas, how fast the store answers.")
    {
        Status(context),
        Watch(context),
    };

    private static Command Status(CliContext context)
    {
        var (config, store) = (SweepCommands.ConfigOption(), SweepCommands.StoreOption());
        var json = new Option<bool>("--json") { Description = "Standard output is one JSON object." };
        var command = new Command("status", "Silos, sweeps in work, and quotas, as they are now.") { config, store, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var host = await EmbeddedHost.OpenAsync(context, parsed.GetValue(config), parsed.GetValue(store), cancellationToken);
            var picture = await ClusterPicture.TakeAsync(host, context.Time, Recent, cancellationToken);
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(picture.ToLine());
            else picture.Write(context.Tables());
            return ExitStatus.Completed;
        });
        return command;
    }

    private static Command Watch(CliContext context)
    {
        var (config, store) = (SweepCommands.ConfigOption(), SweepCommands.StoreOption());
        var every = new Option<double>("--every") { Description = "Seconds between two looks.", DefaultValueFactory = _ => 2 };
        var json = new Option<bool>("--json") { Description = "One JSON object a look." };
        var command = new Command("watch", "The same again and again, until Ctrl-C.") { config, store, every, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(every) is not (>= 0.2 and <= 3600)) throw new OrchestrationException(ErrorCodes.Usage, "--every: seconds, 0.2 to 3600.");
            await using var host = await EmbeddedHost.OpenAsync(context, parsed.GetValue(config), parsed.GetValue(store), cancellationToken);
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(parsed.GetValue(every)), context.Time);
            try
            {
                do
                {
                    var picture = await ClusterPicture.TakeAsync(host, context.Time, Recent, cancellationToken);
                    if (parsed.GetValue(json))
                    {
                        await context.Out.WriteLineAsync(picture.ToLine());
                        continue;
                    }

                    if (context.IsOutTerminal) await context.Out.WriteAsync("\u001b[H\u001b[2J");
                    await context.Out.WriteLineAsync(context.Time.GetLocalNow().ToString("HH:mm:ss", CultureInfo.InvariantCulture));
                    picture.Write(context.Tables());
                }
                while (await timer.WaitForNextTickAsync(cancellationToken));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // Ctrl-C is how it ends.
            }

            return ExitStatus.Completed;
        });
        return command;
    }
}
