using System.CommandLine;
using System.Globalization;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Cluster;
using Orchestration.Core.Sweeps;

namespace Orchestration.Cli.Cluster;

/// <summary><c>orchestrate work</c>: a silo that works the sweeps of a store until told to stop.</summary>
internal static class WorkCommand
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    public static Command Create(CliContext context)
    {
        var (config, store) = (SweepCommands.ConfigOption(), SweepCommands.StoreOption());
        var slots = new Option<int>("--slots") { Description = "Shards in work at once, of all sweeps.", DefaultValueFactory = _ => 8 };
        var concurrency = new Option<int?>("--concurrency") { Description = "Calls in flight at once per deployment; default: the deployment's own." };
        var lease = new Option<int>("--lease") { Description = "Seconds after which another silo may take over a shard that this one no longer renews.", DefaultValueFactory = _ => 30 };
        var untilIdle = new Option<bool>("--until-idle") { Description = "End when no sweep is left to be worked." };
        var command = new Command("work", "Joins the silos of a store and works its sweeps until told to stop: Ctrl-C or SIGTERM finishes and stores the calls in flight.")
        {
            config, store, slots, concurrency, lease, untilIdle,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(slots) is < 1 or > 256) throw new OrchestrationException(ErrorCodes.Usage, "--slots: shards at once, 1 to 256.");
            if (parsed.GetValue(concurrency) is < 1 or > 4096) throw new OrchestrationException(ErrorCodes.Usage, "--concurrency: calls at once, 1 to 4096.");
            if (parsed.GetValue(lease) is < 3 or > 3600) throw new OrchestrationException(ErrorCodes.Usage, "--lease: seconds, 3 to 3600.");
            await using var host = await EmbeddedHost.OpenAsync(context, parsed.GetValue(config), parsed.GetValue(store), cancellationToken, lease: TimeSpan.FromSeconds(parsed.GetValue(lease)));
            var options = new SiloWorkOptions
            {
                Slots = parsed.GetValue(slots),
                Lease = TimeSpan.FromSeconds(parsed.GetValue(lease)),
                UntilIdle = parsed.GetValue(untilIdle),
                OnNote = note => context.Error.WriteLine(note),
            };
            await RunAsync(context, host, options, parsed.GetValue(concurrency), cancellationToken);
            return ExitStatus.Completed;
        });
        return command;
    }

    private static async Task RunAsync(CliContext context, EmbeddedHost host, SiloWorkOptions options, int? concurrency, CancellationToken cancellationToken)
    {
        var catalog = host.Catalog(concurrency);
        List<EmbeddedActors> hosted = [];
        var gate = new Lock();
        var meter = new SweepMeter();
        var worker = new SiloWorker(host.Store.Sweeps, Host, context.Time, host.Store.Owner, options, meter);
        using var serving = new CancellationTokenSource();
        var feed = new AggregatorFeed(host.Store.Aggregators, Aggregators, onFault: fault => context.Error.WriteLine($"the aggregator stays as it was: {fault.Message}")).RunAsync(serving.Token);
        var telling = TellAsync(context, host, worker, options.Slots, meter, serving.Token);
        await context.Error.WriteLineAsync($"silo {host.Store.Owner} has joined");
        try
        {
            await worker.RunAsync(cancellationToken);
        }
        finally
        {
            await serving.CancelAsync();
            await Task.WhenAll(feed, telling);
        }

        await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"silo {host.Store.Owner} has left: {meter.Rows:N0} rows, {meter.Judgments:N0} judgments, {meter.Totals.Calls:N0} calls, ${meter.Totals.CostUsd:0.00####}"));

        SweepHost Host(SweepRecord sweep)
        {
            // A catalog makes each deployment once, for all sweeps.
            lock (gate)
            {
                var actors = new EmbeddedActors(catalog.Rebuild(sweep), host.Store.Judgments, context.Time, host.Store.Aggregators);
                hosted.Add(actors);
                return new SweepHost(actors);
            }
        }

        IReadOnlyCollection<Aggregator> Aggregators()
        {
            lock (gate) return [.. hosted.SelectMany(static actors => actors.HostedAggregators)];
        }
    }

    /// <summary>Tells the others what this silo does, every second; and its user what keeps a deployment waiting.</summary>
    private static async Task TellAsync(CliContext context, EmbeddedHost host, SiloWorker worker, int slots, SweepMeter meter, CancellationToken cancellationToken)
    {
        var rate = new RateOf(context.Time);
        Dictionary<string, string> told = new(StringComparer.Ordinal);
        try
        {
            using var timer = new PeriodicTimer(Beat, context.Time);
            do
            {
                while (host.Board.TryTakeNote(out var note)) await context.Error.WriteLineAsync($"note: {note}");
                foreach (var wait in host.Board.Waits)
                {
                    if (told.TryGetValue(wait.Deployment, out var reason) && reason == wait.Reason) continue;
                    told[wait.Deployment] = wait.Reason;
                    await context.Error.WriteLineAsync($"waiting: deployment '{wait.Deployment}': {wait.Reason}");
                }

                var (judgments, calls) = rate.Next(meter.Judgments, meter.Totals.Calls);
                var report = new SiloReport
                {
                    Role = "worker",
                    Slots = slots,
                    Shards = worker.Working,
                    Judgments = meter.Judgments,
                    Calls = meter.Totals.Calls,
                    Failures = meter.Totals.Failures,
                    CostUsd = meter.Totals.CostUsd,
                    JudgmentsPerSecond = judgments,
                    CallsPerSecond = calls,
                };
                try
                {
                    await host.Store.Cluster.TellAsync(report, cancellationToken);
                }
                catch (OrchestrationException e) when (e.Code == ErrorCodes.Store)
                {
                    await context.Error.WriteLineAsync($"the other silos cannot be told of this one: {e.Message}");
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo leaves.
        }
    }

    /// <summary>Rates over the last few seconds.</summary>
    private sealed class RateOf(TimeProvider time)
    {
        private const int Beats = 5;

        private readonly Queue<(long At, long Judgments, long Calls)> _seen = new();

        public (double Judgments, double Calls) Next(long judgments, long calls)
        {
            _seen.Enqueue((time.GetTimestamp(), judgments, calls));
            if (_seen.Count > Beats + 1) _seen.Dequeue();
            var oldest = _seen.Peek();
            var seconds = time.GetElapsedTime(oldest.At).TotalSeconds;
            return seconds < 0.5 ? (0, 0) : (Math.Round((judgments - oldest.Judgments) / seconds, 1), Math.Round((calls - oldest.Calls) / seconds, 1));
        }
    }
}
