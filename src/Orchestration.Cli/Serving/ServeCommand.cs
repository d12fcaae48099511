using System.CommandLine;
using System.Runtime.InteropServices;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Silo.Hosting;

namespace Orchestration.Cli.Serving;

/// <summary><c>orchestrate serve</c>: a silo with HTTP.</summary>
internal static class ServeCommand
{
    public static Command Create(CliContext context)
    {
        var (config, store) = (SweepCommands.ConfigOption(), SweepCommands.StoreOption());
        var listen = new Option<string>("--listen") { Description = "Where to listen: http://ADDRESS:PORT.", DefaultValueFactory = _ => SiloOptions.DefaultAddress };
        var open = new Option<bool>("--open") { Description = "Serve without API keys; on loopback only." };
        var command = new Command("serve", "Serves the gateway, judging and sweeps over HTTP until told to stop: Ctrl-C or SIGTERM finishes what is in flight.")
        {
            config, store, listen, open,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var silo = await SiloHost.StartAsync(
                new SiloOptions
                {
                    ConfigFile = parsed.GetValue(config),
                    Store = EmbeddedHost.StorePath(context, parsed.GetValue(store)),
                    LocalFolder = EmbeddedHost.LocalFolder(context, parsed.GetValue(store)),
                    Address = parsed.GetValue(listen)!,
                    IsOpen = parsed.GetValue(open),
                    Environment = context.Environment,
                    Time = context.Time,
                    Note = context.Error.WriteLine,
                },
                cancellationToken);
            using var reload = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
            {
                signal.Cancel = true;
                _ = ReloadAsync(context, silo, cancellationToken);
            });
            await context.Out.WriteLineAsync($"serving at {silo.Address}");
            await Task.Delay(Timeout.InfiniteTimeSpan, context.Time, cancellationToken).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            await context.Error.WriteLineAsync("draining");
            return ExitStatus.Completed;
        });
        return command;
    }

    private static async Task ReloadAsync(CliContext context, SiloHost silo, CancellationToken cancellationToken)
    {
        try
        {
            await silo.ReloadAsync(cancellationToken);
        }
        catch (OrchestrationException e)
        {
            await context.Error.WriteLineAsync($"the configuration stays as it was: {e.Message}");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It is being stopped.
        }
    }
}
