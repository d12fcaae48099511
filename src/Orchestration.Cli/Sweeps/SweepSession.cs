using System.Globalization;
using Orchestration.Cli.Hosting;
using Orchestration.Core;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Spending;
using Orchestration.Core.Sweeps;

namespace Orchestration.Cli.Sweeps;

/// <summary>Runs a sweep from its command to its files and tables, in the embedded host.</summary>
internal sealed class SweepSession(CliContext context, EmbeddedHost host)
{
    private static readonly TimeSpan WaitPoll = TimeSpan.FromMilliseconds(250);

    // A shard ends with its slowest call, which may be waiting for another attempt; the others keep the deployment busy meanwhile.
    private const int ParallelShardsPaid = 8;

    /// <summary>What the sweep came to, once it has run; null before.</summary>
    public SweepSummary? Summary { get; private set; }

    /// <summary>Runs a new sweep, or goes on with the unfinished one of the same command.</summary>
    public async Task<int> RunAsync(SweepRunSettings settings, CancellationToken cancellationToken)
    {
        var catalog = host.Catalog(settings.Concurrency);
        var resolved = catalog.Resolve(settings.Judges);
        if (settings.MaxCostUsd is not null) RequirePrices(resolved.Planned);
        var aggregator = new SweepAggregator(host.Store.Aggregators);
        var plan = Plan(settings, resolved.Planned, resolved.RecordedFiles) with
        {
            Aggregator = await aggregator.FixAsync(settings.Aggregator, settings.FollowActive, cancellationToken),
            AggregatorAsked = settings.Aggregator is null ? null : settings.FollowActive ? $"{settings.Aggregator} followed" : settings.Aggregator,
        };
        await aggregator.CheckAsync(SweepRegistration.Define(plan, null), isWhole: resolved.RecordedFiles.Count == 0, cancellationToken);
        if (settings is { DryRun: true, Batch: true }) await NoteAsync("--batch: the amounts are those of single calls; batches cost the share of them that each deployment's batch.price-factor says");
        if (settings.DryRun) return await new DryRun(context, host).RunAsync(plan, resolved, settings.Json, cancellationToken);

        await host.Store.Sweeps.DeleteUnsealedAsync(cancellationToken);
        var sweep = await UnfinishedAsync(plan, cancellationToken);
        if (sweep is not null)
        {
            await NoteAsync($"sweep {sweep.Id} was begun by the same command and is {SweepSummary.StateText(sweep.State)}: going on with it");
            if (settings.MaxCostUsd is not null) await host.Store.Spending.SetCapAsync(sweep.Id, settings.MaxCostUsd, cancellationToken);
        }
        else
        {
            sweep = await RegisterAsync(plan, settings, cancellationToken);
            try
            {
                await aggregator.CheckAsync(SweepDefinition.FromJson(sweep.Definition), isWhole: true, cancellationToken);
            }
            catch (OrchestrationException)
            {
                await host.Store.Sweeps.DeleteAsync(sweep.Id, CancellationToken.None);
                throw;
            }
        }

        if (settings.Detach) return await DetachAsync(sweep, settings.Json, cancellationToken);
        return await WorkAsync(sweep, settings.Concurrency, settings.MaxUnscored, settings.Batch, settings.Json, settings.Rationales, cancellationToken);
    }

    /// <summary>What running these settings would buy.</summary>
    public async Task<DryRun.Count> CountAsync(SweepRunSettings settings, CancellationToken cancellationToken)
    {
        var resolved = host.Catalog(settings.Concurrency).Resolve(settings.Judges);
        return await new DryRun(context, host).CountAsync(Plan(settings with { DryRun = true }, resolved.Planned, resolved.RecordedFiles), resolved, cancellationToken);
    }

    /// <summary>Leaves a sweep to the silos that work.</summary>
    public async Task<int> DetachAsync(SweepRecord sweep, bool json, CancellationToken cancellationToken)
    {
        foreach (var state in new[] { SweepState.Interrupted, SweepState.Capped }) await host.Store.Sweeps.TryChangeStateAsync(sweep.Id, state, SweepState.Running, cancellationToken);
        var now = await FindAsync(sweep.Id, cancellationToken);
        var workers = await WorkersAsync(cancellationToken);
        await context.Out.WriteLineAsync(now.State is not (SweepState.Running or SweepState.Registering)
            ? $"sweep {sweep.Id} is {SweepSummary.StateText(now.State)}: nothing is left to do"
            : workers == 0
            ? $"sweep {sweep.Id} is registered, and no silo is working: start one with 'orchestrate work', on any machine with this store"
            : string.Create(CultureInfo.InvariantCulture, $"sweep {sweep.Id} is registered; {Counted(workers, "silo")} at work"));
        await context.Out.WriteLineAsync($"results with: orchestrate sweep wait {sweep.Id}");
        if (json) await context.Out.WriteLineAsync((await SummarizeAsync(now, null, cancellationToken)).ToLine());
        return ExitStatus.Completed;
    }

    private async Task<int> WorkersAsync(CancellationToken cancellationToken) =>
        (await host.Store.Cluster.ListAsync(TimeSpan.Zero, cancellationToken)).Count(static silo => silo.IsAlive && silo.Report.TakesShards());

    /// <summary>Waits until nobody works a sweep any more, and writes its results.</summary>
    public async Task<int> WaitAsync(SweepRecord sweep, string? folder, MaxUnscored? maxUnscored, bool json, bool rationales, CancellationToken cancellationToken)
    {
        if (sweep.State == SweepState.Running && await WorkersAsync(cancellationToken) == 0 && (await host.Store.Sweeps.HeldAsync(cancellationToken)).Count == 0)
            await NoteAsync("no silo is working: start one with 'orchestrate work', on any machine with this store");
        var meter = new SweepMeter();
        await using (new SweepProgressView(context, meter, host.Board, sweep, SweepDefinition.FromJson(sweep.Definition).Columns.Count))
        {
            while (sweep.State is SweepState.Running or SweepState.Registering)
            {
                meter.Show(await host.Store.Sweeps.ProgressAsync(sweep.Id, cancellationToken));
                await Task.Delay(WaitPoll, context.Time, cancellationToken);
                sweep = await FindAsync(sweep.Id, cancellationToken);
            }
        }

        // The judges themselves are needed for their words alone; a machine that only waits need not be able to make them.
        IReadOnlyList<IJudge> actors = rationales ? host.Catalog(null).Rebuild(sweep) : [];
        return await FinishAsync(folder is null ? sweep : sweep with { OutputFolder = folder }, sweep.State, actors, maxUnscored, batch: false, json, rationales);
    }

    /// <summary>Goes on with a stored sweep.</summary>
    public async Task<int> ResumeAsync(
        SweepRecord sweep, bool detach, int? concurrency, decimal? maxCostUsd, MaxUnscored? maxUnscored, bool retryUnscored, bool batch, bool json, bool rationales, CancellationToken cancellationToken)
    {
        switch (sweep.State)
        {
            case SweepState.Cancelled:
                throw new OrchestrationException(ErrorCodes.Usage, $"Sweep {sweep.Id} was cancelled and cannot be resumed. Run it again: judgments that were paid for are not bought again.");
            case SweepState.Registering:
                throw new OrchestrationException(ErrorCodes.Usage, $"Sweep {sweep.Id} is still reading its data in another process.");
        }

        if (maxCostUsd is not null) await host.Store.Spending.SetCapAsync(sweep.Id, maxCostUsd, cancellationToken);
        if (retryUnscored)
        {
            var reopened = await host.Store.Sweeps.ReopenUnscoredAsync(sweep.Id, cancellationToken);
            await NoteAsync(string.Create(CultureInfo.InvariantCulture, $"{reopened} shards with unscored judgments are asked again"));
            sweep = await FindAsync(sweep.Id, cancellationToken);
        }

        if (detach) return await DetachAsync(sweep, json, cancellationToken);
        return await WorkAsync(sweep, concurrency, maxUnscored, batch, json, rationales, cancellationToken);
    }

    /// <summary>The sweep with this id.</summary>
    public async Task<SweepRecord> FindAsync(string id, CancellationToken cancellationToken) =>
        await host.Store.Sweeps.FindAsync(id, cancellationToken)
        ?? throw new OrchestrationException(ErrorCodes.NotFound, $"There is no sweep '{id}' in this store. 'orchestrate sweep list' shows those there are.");

    /// <summary>What a sweep came to so far.</summary>
    public async Task<SweepSummary> SummarizeAsync(SweepRecord sweep, JudgeTable? judges, CancellationToken cancellationToken) => new()
    {
        Sweep = sweep,
        Definition = SweepDefinition.FromJson(sweep.Definition),
        Progress = await host.Store.Sweeps.ProgressAsync(sweep.Id, cancellationToken),
        Judges = judges ?? await new SweepResults(host.Store.Sweeps).SummarizeAsync(sweep, cancellationToken),
        Spend = await host.Store.Spending.StatusAsync(sweep.Id, cancellationToken),
        SpendByJudge = await host.Store.Spending.ListAsync(sweep.Id, cancellationToken),
        Served = host.Board.ServedCalls,
    };

    /// <summary>Writes what judges said beside their scores, where that is wanted, and counts the points that were voided.</summary>
    public Task<IReadOnlyDictionary<string, long>> SaidAsync(SweepRecord sweep, IReadOnlyList<IJudge> judges, string folder, bool rationales, CancellationToken cancellationToken)
    {
        var said = new SweepRationales(host.Store.Sweeps, host.Store.Judgments);
        return rationales ? said.WriteAsync(sweep, judges, folder, cancellationToken) : said.CountVoidedAsync(sweep, judges, cancellationToken);
    }

    private async Task<SweepRecord> RegisterAsync(SweepPlan plan, SweepRunSettings settings, CancellationToken cancellationToken)
    {
        var registration = new SweepRegistration(host.Store.Sweeps, host.Store.Owner);
        var (sweep, report) = await registration.RegisterAsync(plan, ReadingProgress(), cancellationToken);
        if (context.IsErrorTerminal) await context.Error.WriteAsync("\r\u001b[K");
        if (settings.MaxCostUsd is not null) await host.Store.Spending.SetCapAsync(sweep.Id, settings.MaxCostUsd, cancellationToken);
        foreach (var warning in report.Warnings) await NoteAsync(warning);
        if (report.Rejected != 0)
        {
            var reasons = string.Join(", ", report.RejectedByReason.OrderByDescending(r => r.Value).Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Key} {r.Value:N0}")));
            await NoteAsync(string.Create(CultureInfo.InvariantCulture, $"{report.Rejected:N0} rows rejected ({reasons}): see {plan.Data.RejectsPath}"));
        }

        var definition = SweepDefinition.FromJson(sweep.Definition);
        var leftOut = definition.Kind == DataKind.Pairs ? definition.Columns.Where(c => c.Scale is null).ToArray() : [];
        if (leftOut.Length != 0)
            await NoteAsync($"no scale is stated for {string.Join(", ", leftOut.Select(c => c.Name))}: left out of the mean. Add --scale {leftOut[0].Name}=MIN..MAX, or --scale '*=MIN..MAX' for all of them");
        await NoteAsync(string.Create(CultureInfo.InvariantCulture,
            $"sweep {sweep.Id}: {Counted(sweep.Rows, plan.Data.Kind == DataKind.Pairs ? "pair" : "comparison")}, {Counted(definition.Columns.Select(c => c.Name).Distinct(StringComparer.Ordinal).Count(), "judge")}, into {sweep.OutputFolder}"));
        return sweep;
    }

    private async Task<int> WorkAsync(
        SweepRecord sweep, int? concurrency, MaxUnscored? maxUnscored, bool batch, bool json, bool rationales, CancellationToken cancellationToken)
    {
        var sweeps = host.Store.Sweeps;
        foreach (var state in new[] { SweepState.Interrupted, SweepState.Capped }) await sweeps.TryChangeStateAsync(sweep.Id, state, SweepState.Running, cancellationToken);
        var judges = host.Catalog(concurrency).Rebuild(sweep);
        var actors = new EmbeddedActors(judges, host.Store.Judgments, context.Time, host.Store.Aggregators);
        var meter = new SweepMeter();
        var options = new SweepWorkOptions { ParallelShards = judges.Any(j => j.Descriptor.IsPaid) ? ParallelShardsPaid : Math.Max(1, Environment.ProcessorCount) };
        var startedAt = context.Time.GetTimestamp();
        var end = SweepState.Completed;
        using var serving = new CancellationTokenSource();
        var feed = new AggregatorFeed(host.Store.Aggregators, () => actors.HostedAggregators, onFault: fault => context.Error.WriteLine($"the aggregator stays as it was: {fault.Message}"))
            .RunAsync(serving.Token);
        try
        {
            end = await new BatchSession(context, host).RunAsync(sweep, judges, batch, cancellationToken);
            if (end == SweepState.Running)
            {
                await using var view = new SweepProgressView(context, meter, host.Board, sweep, SweepDefinition.FromJson(sweep.Definition).Columns.Count);
                end = await new SweepWorker(sweeps, actors, context.Time, host.Store.Owner, sweep, options, meter).RunAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            end = SweepState.Interrupted;
        }
        catch (SpendCapReachedException e)
        {
            end = SweepState.Capped;
            await NoteAsync(e.Message);
        }
        catch
        {
            await AddSecondsAsync(sweep.Id, startedAt);
            await ChangeStateAsync(sweep.Id, SweepState.Interrupted);
            await NoteAsync($"sweep {sweep.Id} stopped; go on with 'orchestrate sweep resume {sweep.Id}' once the cause is mended");
            throw;
        }
        finally
        {
            await serving.CancelAsync();
            await feed;
        }

        await AddSecondsAsync(sweep.Id, startedAt);
        var status = await FinishAsync(await FindAsync(sweep.Id, CancellationToken.None), end, judges, maxUnscored, batch, json, rationales);
        // Last: a kill while the files are being written leaves a sweep to go on with, and the same command writes them.
        await ChangeStateAsync(sweep.Id, end);
        return status;
    }

    // Neither is cancelled: by now the work is over, and what was done is written down.
    private async Task AddSecondsAsync(string sweepId, long startedAt) => await host.Store.Sweeps.AddTotalsAsync(
        sweepId, SweepTotals.None with { Seconds = context.Time.GetElapsedTime(startedAt).TotalSeconds }, CancellationToken.None);

    private async Task ChangeStateAsync(string sweepId, SweepState end) =>
        await host.Store.Sweeps.TryChangeStateAsync(sweepId, SweepState.Running, end, CancellationToken.None);

    private async Task<int> FinishAsync(
        SweepRecord found, SweepState end, IReadOnlyList<IJudge> actors, MaxUnscored? maxUnscored, bool batch, bool json, bool rationales)
    {
        var sweep = found with { State = end };
        try
        {
            var judges = await new SweepResults(host.Store.Sweeps).WriteRowsAsync(sweep, sweep.OutputFolder, CancellationToken.None);
            Summary = await SummarizeAsync(sweep, judges, CancellationToken.None) with { Voided = await SaidAsync(sweep, actors, sweep.OutputFolder, rationales, CancellationToken.None) };
            Summary.Write(sweep.OutputFolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(ErrorCodes.Input, $"The results of sweep {sweep.Id} cannot be written: {e.Message} Nothing is lost, they are in the store: make room and give the same command again, or 'orchestrate sweep export {sweep.Id} --out FOLDER'.", e);
        }

        context.Tables().Write(SweepTables.Of(Summary));
        foreach (var (judge, voided) in Summary.Voided.Where(static v => v.Value != 0))
            context.Out.WriteLine($"{judge}: {Counted(voided, "point")} voided, because what was quoted does not stand in the answer");
        var progress = Summary.Progress;
        var rate = sweep.Totals.Seconds > 0 ? progress.RowsDone / sweep.Totals.Seconds : 0;
        context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"sweep {sweep.Id} {SweepSummary.StateText(sweep.State)}: {progress.RowsDone:N0} of {sweep.Rows:N0} {Rows(Summary.Definition.Kind)} in {sweep.Totals.Seconds:0.0} s ({rate:N0}/s), {progress.FromStore:N0} judgments from the store, {sweep.Rejected:N0} rows rejected, ${Summary.Spend.SettledUsd:0.00####}"));
        context.Out.WriteLine($"results in {sweep.OutputFolder}");
        if (sweep.State is SweepState.Interrupted) context.Out.WriteLine($"go on with: orchestrate sweep resume {sweep.Id}{(batch ? " --batch" : "")}");
        if (sweep.State is SweepState.Capped) context.Out.WriteLine($"go on with: orchestrate sweep resume {sweep.Id}{(batch ? " --batch" : "")} --max-cost USD");
        var status = Status(sweep.State, maxUnscored, progress);
        if (status == ExitStatus.Unsatisfied)
            await NoteAsync(string.Create(CultureInfo.InvariantCulture, $"{progress.Unscored:N0} of {progress.Judgments:N0} judgments are without a score: more than --max-unscored {maxUnscored}"));
        if (json) context.Out.WriteLine(Summary.ToLine());
        return status;
    }

    private static string Counted(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");

    private static string Rows(DataKind kind) => kind == DataKind.Pairs ? "pairs" : "comparisons";

    private static int Status(SweepState state, MaxUnscored? maxUnscored, SweepProgress progress) => state switch
    {
        SweepState.Capped => ExitStatus.Capped,
        SweepState.Interrupted or SweepState.Running => ExitStatus.Interrupted,
        SweepState.Cancelled => ExitStatus.BadInput,
        _ => maxUnscored?.IsPassed(progress.Unscored, progress.Judgments) == true ? ExitStatus.Unsatisfied : ExitStatus.Completed,
    };

    private async Task<SweepRecord?> UnfinishedAsync(SweepPlan plan, CancellationToken cancellationToken)
    {
        if (SweepRegistration.Fingerprint(plan) is not { } fingerprint) return null;
        var same = (await host.Store.Sweeps.ListAsync(cancellationToken)).FirstOrDefault(s => s.Fingerprint == fingerprint);
        return same is { State: SweepState.Running or SweepState.Interrupted or SweepState.Capped } ? same : null;
    }

    private SweepPlan Plan(SweepRunSettings settings, IReadOnlyList<PlannedJudge> judges, IReadOnlyList<string> recorded)
    {
        var folder = Path.GetFullPath(settings.Out ?? DefaultFolder());
        return new SweepPlan
        {
            Data = new IngestOptions
            {
                Kind = settings.Kind,
                Inputs = settings.Inputs,
                Map = settings.Map,
                Keep = settings.Keep,
                Limit = settings.Limit,
                Sample = settings.Sample,
                Seed = settings.Seed,
                Recorded = [.. recorded.Select(path => new RecordedFile(path))],
                RowsPerShard = settings.RowsPerShard ?? SweepRegistration.UsualRowsPerShard(judges),
                TempFolder = EmbeddedHost.LocalFolder(context, settings.Store),
                RejectsPath = settings.DryRun ? null : Path.Combine(folder, "rejects.jsonl"),
                StandardInput = context.StandardInput,
            },
            Judges = judges,
            RecordedScales = Scales(settings),
            MinCoverage = settings.MinCoverage,
            Priority = settings.Priority,
            OutputFolder = folder,
            IsFolderNamed = settings.Out is not null,
        };
    }

    // Named by time: the store's own ids begin again in every store, and two stores may share a folder of results.
    private string DefaultFolder() => Path.Combine("runs", context.Time.GetLocalNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture));

    private RecordedScales Scales(SweepRunSettings settings) => new(settings.Scales, host.Config.JudgeScales, host.Catalog(null).Rubrics);

    private void RequirePrices(IReadOnlyList<PlannedJudge> judges)
    {
        foreach (var name in judges.Where(j => j.Descriptor.IsPaid).SelectMany(j => j.Fixed.Deployments))
        {
            var deployment = host.Config.Deployment(name);
            if (deployment.Prices is null && deployment.PricePerCall is null)
                throw new OrchestrationException(ErrorCodes.Usage, $"--max-cost cannot be kept: deployment '{deployment.Name}' has no prices. Add 'prices' to it in the configuration (0 for a model of your own).");
        }
    }

    private IProgress<IngestProgress>? ReadingProgress() => context.IsErrorTerminal ? new ReadingLine(context) : null;

    private Task NoteAsync(string text) => context.Error.WriteLineAsync(text);

    /// <summary>One redrawn line while data is read.</summary>
    private sealed class ReadingLine(CliContext context) : IProgress<IngestProgress>
    {
        private long _drawnAt;

        public void Report(IngestProgress value)
        {
            if (_drawnAt != 0 && context.Time.GetElapsedTime(_drawnAt) < TimeSpan.FromMilliseconds(250)) return;
            _drawnAt = context.Time.GetTimestamp();
            context.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r\u001b[Kreading: {value.Rows:N0} rows, {value.Rejected:N0} rejected"));
        }
    }
}
