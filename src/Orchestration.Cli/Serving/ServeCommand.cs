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
        var slots = new Option<int>("--slots") { Description = "Shards of sweeps in work at once; 0 leaves sweeps to other silos.", DefaultValueFactory = _ => SiloOptions.DefaultSlots };
        var grace = new Option<double>("--grace-seconds") { Description = "After the first signal, go on serving this long while /health/ready says 503, for load balancers to notice.", DefaultValueFactory = _ => 0 };
        var drain = new Option<double>("--drain-seconds") { Description = "How long requests in flight may take to end after that.", DefaultValueFactory = _ => 30 };
        var command = new Command("serve", "Serves the gateway, judging and sweeps over HTTP until told to stop: Ctrl-C or SIGTERM finishes what is in flight.")
        {
            config, store, listen, open, slots, grace, drain,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(slots) is < 0 or > 256) throw new OrchestrationException(ErrorCodes.Usage, "--slots: shards at once, 0 to 256.");
            if (parsed.GetValue(grace) is not (>= 0 and <= 600)) throw new OrchestrationException(ErrorCodes.Usage, "--grace-seconds: seconds, 0 to 600.");
            if (parsed.GetValue(drain) is not (>= 0 and <= 3600)) throw new OrchestrationException(ErrorCodes.Usage, "--drain-seconds: seconds, 0 to 3600.");
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
                    Slots = parsed.GetValue(slots),
                    DrainFor = TimeSpan.FromSeconds(parsed.GetValue(drain)),
                },
                cancellationToken);
            using var reload = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
            {
                signal.Cancel = true;
                _ = ReloadAsync(context, silo, cancellationToken);
            });
            await context.Out.WriteLineAsync($"serving at {silo.Address}");
            await Task.Delay(Timeout.InfiniteTimeSpan, context.Time, cancellationToken).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            silo.Drain();
            await context.Error.WriteLineAsync("draining: requests in flight are finished, shards of sweeps are given back");
            if (parsed.GetValue(grace) > 0) await Task.Delay(TimeSpan.FromSeconds(parsed.GetValue(grace)), context.Time, CancellationToken.None);
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
