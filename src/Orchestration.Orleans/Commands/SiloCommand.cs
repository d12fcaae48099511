using System.CommandLine;
using System.Globalization;
using System.Net;
using Orchestration.Cli;
using Orchestration.Core;
using Orchestration.Orleans.Hosting;
using Orchestration.Storage;

namespace Orchestration.Orleans.Commands;

/// <summary><c>orchestrate-orleans silo</c>: a silo of an Orleans cluster, until told to stop.</summary>
internal static class SiloCommand
{
    private const string DefaultStore = ".orchestrate/store.db";

    public static Command Create(CliContext context, params OrleansPlace[] places)
    {
        var config = new Option<string?>("--config") { Description = "Configuration file; default: orchestration.yaml." };
        var store = new Option<string?>("--store") { Description = "The store: postgres://USER:PASSWORD@HOST/DATABASE; default: ORCHESTRATE_STORE." };
        var clustering = new Option<string>("--clustering") { Description = $"Where silos find one another: postgres, in tables beside the store; {string.Concat(places.Select(static place => place.Description + "; "))}or localhost, on this machine.", DefaultValueFactory = _ => "postgres" };
        clustering.AcceptOnlyFromAmong(["postgres", "localhost", .. places.Select(static place => place.Name)]);
        var cluster = new Option<string>("--cluster") { Description = "The cluster's name.", DefaultValueFactory = _ => "orchestration" };
        var advertise = new Option<string>("--advertise") { Description = "The address at which other silos and clients reach this one.", DefaultValueFactory = _ => "127.0.0.1" };
        var siloPort = Port("--silo-port", "Port for other silos.", OrleansOptions.DefaultSiloPort);
        var gatewayPort = Port("--gateway-port", "Port for clients.", OrleansOptions.DefaultGatewayPort);
        var primary = new Option<int?>("--primary-port") { Description = "With --clustering localhost: the --silo-port of the silo that was started first." };
        var slots = new Option<int>("--slots") { Description = "Shards in work at once, of all sweeps; 0 for a silo that only serves.", DefaultValueFactory = _ => 8 };
        var lease = new Option<int>("--lease") { Description = "Seconds after which another silo may take over a shard that this one no longer renews.", DefaultValueFactory = _ => 30 };
        var detection = new Option<int>("--failure-detection") { Description = "Seconds of silence after which a silo is dead to the others.", DefaultValueFactory = _ => 10 };
        var dashboard = new Option<string?>("--dashboard") { Description = "Show the Orleans dashboard at this loopback address, such as http://127.0.0.1:8090." };
        var command = new Command("silo", "Joins an Orleans cluster: serves its grains and works the sweeps of the store until told to stop. Ctrl-C or SIGTERM finishes and stores the calls in flight.")
        {
            config, store, clustering, cluster, advertise, siloPort, gatewayPort, primary, slots, lease, detection, dashboard,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (!IPAddress.TryParse(parsed.GetValue(advertise), out var address)) throw new OrchestrationException(ErrorCodes.Usage, "--advertise: an IP address of this machine, such as 10.0.0.4.");
            var options = new OrleansOptions
            {
                ConfigFile = parsed.GetValue(config),
                Store = parsed.GetValue(store) ?? context.Environment("ORCHESTRATE_STORE") ?? DefaultStore,
                Clustering = parsed.GetValue(clustering) == "localhost" ? OrleansClustering.Localhost : OrleansClustering.Postgres,
                ClusterId = parsed.GetValue(cluster)!,
                Advertised = address,
                SiloPort = Within("--silo-port", parsed.GetValue(siloPort), 1, 65535),
                GatewayPort = Within("--gateway-port", parsed.GetValue(gatewayPort), 1, 65535),
                PrimaryPort = parsed.GetValue(primary),
                Slots = Within("--slots", parsed.GetValue(slots), 0, 256),
                Lease = TimeSpan.FromSeconds(Within("--lease", parsed.GetValue(lease), 3, 3600)),
                FailureDetection = TimeSpan.FromSeconds(Within("--failure-detection", parsed.GetValue(detection), 3, 600)),
                Dashboard = parsed.GetValue(dashboard),
                Environment = context.Environment,
                Time = context.Time,
                Note = context.Error.WriteLine,
            };
            var place = places.FirstOrDefault(place => place.Name == parsed.GetValue(clustering));
            if (place is null) return await RunAsync(context, options, cancellationToken);
            if (!StoreLocation.IsShared(options.Store))
                throw new OrchestrationException(ErrorCodes.Usage, $"--clustering {place.Name} places members and grain state; judgments, sweeps and money need a store that all silos can open: name a PostgreSQL database with --store postgres://…, or in ORCHESTRATE_STORE.");
            return await RunAsync(context, await place.ApplyAsync(options, cancellationToken), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, OrleansOptions options, CancellationToken cancellationToken)
    {
        await using var silo = await OrleansSilo.StartAsync(options, cancellationToken);
        await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"silo {silo.Owner} has joined the cluster '{options.ClusterId}' at {options.Advertised}:{options.SiloPort}, clients at {options.GatewayPort}"));
        if (silo.Dashboard is { } dashboard) await context.Error.WriteLineAsync($"dashboard at {dashboard}");
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.Register(() => told.TrySetResult());
        var first = await Task.WhenAny(silo.Ended, told.Task);
        await context.Error.WriteLineAsync("draining");
        await silo.DisposeAsync();
        await first;
        await context.Error.WriteLineAsync($"silo {silo.Owner} has left");
        return told.Task.IsCompleted ? ExitStatus.Completed : throw new OrchestrationException(ErrorCodes.Deployment, "The other silos took this one for dead, and it has ended. Start it again; where this happens often, raise --failure-detection.");
    }

    private static Option<int> Port(string name, string description, int usual) => new(name) { Description = description, DefaultValueFactory = _ => usual };

    private static int Within(string option, int value, int least, int most) => value >= least && value <= most
        ? value
        : throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"{option}: {least} to {most}."));
}
