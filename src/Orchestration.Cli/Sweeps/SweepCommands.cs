using System.CommandLine;
using System.Globalization;
using Orchestration.Cli.Hosting;
using Orchestration.Core;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;
using Spectre.Console;

namespace Orchestration.Cli.Sweeps;

/// <summary><c>orchestrate sweep run|list|show|resume|wait|pause|cancel|export</c>.</summary>
internal static class SweepCommands
{
    public static Command Create(CliContext context) => new("sweep", "Judge a data set, with checkpoints: stop, crash and resume.")
    {
        Run(context, DataKind.Pairs, "Judges pairs and writes results.jsonl, rejects.jsonl and summary.json. The same command again goes on with an unfinished sweep."),
        List(context),
        Show(context),
        Resume(context),
        Wait(context),
        Pause(context),
        Cancel(context),
        Export(context),
        PruneCommand.Create(context),
    };

    /// <summary><c>run</c>, for pairs and for comparisons.</summary>
    public static Command Run(CliContext context, DataKind kind, string description)
    {
        var options = new RunOptions(kind);
        var (config, store) = (ConfigOption(), StoreOption());
        var command = new Command("run", description) { config, store };
        options.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = options.Read(parsed, parsed.GetValue(config), parsed.GetValue(store));
            await using var host = await EmbeddedHost.OpenAsync(context, settings.Config, settings.Store, cancellationToken);
            return await new SweepSession(context, host).RunAsync(settings, cancellationToken);
        });
        return command;
    }

    /// <summary>The option that names the configuration.</summary>
    public static Option<string?> ConfigOption() => new("--config") { Description = "Configuration file. Default: orchestration.yaml in the current folder, where there is one." };

    /// <summary>The option that names the store.</summary>
    public static Option<string?> StoreOption() => new("--store") { Description = $"Store: a SQLite file, or postgres://USER:PASSWORD@HOST:PORT/DATABASE, which any number of machines share. Default: ORCHESTRATE_STORE, or {EmbeddedHost.DefaultStore}." };

    /// <summary>The option that asks for the words beside the scores.</summary>
    public static Option<bool> RationalesOption() => new("--rationales") { Description = "Also write rationales.jsonl: what language models said beside their scores (reasons, critiques, checklists)." };

    private static Argument<string> IdArgument() => new("sweep") { Description = "The sweep's id, such as s1." };

    private static Command List(CliContext context)
    {
        var store = StoreOption();
        var command = new Command("list", "All sweeps of a store, newest first.") { store };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var sweeps = await host.Store.Sweeps.ListAsync(cancellationToken);
            if (sweeps.Count == 0)
            {
                await context.Out.WriteLineAsync("no sweeps yet: 'orchestrate sweep run --help'");
                return ExitStatus.Completed;
            }

            var table = new Table { Border = TableBorder.Simple };
            table.AddColumns("sweep", "state", "begun", "done", "judges", "results");
            foreach (var sweep in sweeps)
            {
                var progress = await host.Store.Sweeps.ProgressAsync(sweep.Id, cancellationToken);
                table.AddRow(
                    sweep.Id,
                    SweepSummary.StateText(sweep.State),
                    sweep.CreatedAt.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                    string.Create(CultureInfo.InvariantCulture, $"{progress.RowsDone:N0} of {sweep.Rows:N0}"),
                    SweepDefinition.FromJson(sweep.Definition).Columns.Select(c => c.Name).Distinct(StringComparer.Ordinal).Count().ToString(CultureInfo.InvariantCulture),
                    Markup.Escape(sweep.OutputFolder));
            }

            context.Tables().Write(table);
            return ExitStatus.Completed;
        });
        return command;
    }

    private static Command Show(CliContext context)
    {
        var (id, store, json) = (IdArgument(), StoreOption(), JsonOption());
        var command = new Command("show", "One sweep: its judges, how far it is, and what they said so far.") { id, store, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var session = new SweepSession(context, host);
            var summary = await session.SummarizeAsync(await session.FindAsync(parsed.GetValue(id)!, cancellationToken), null, cancellationToken);
            await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"sweep {summary.Sweep.Id} {SweepSummary.StateText(summary.Sweep.State)}: {summary.Progress.RowsDone:N0} of {summary.Sweep.Rows:N0} rows, {summary.Sweep.Totals.Calls:N0} calls, ${summary.Spend.SettledUsd:0.00####} settled, ${summary.Spend.UnknownUsd:0.00####} unknown"));
            foreach (var input in summary.Definition.Inputs)
                await context.Out.WriteLineAsync($"data {input.Path} (sha256 {input.Sha256[..12]})");
            context.Tables().Write(SweepTables.Of(summary));
            await context.Out.WriteLineAsync($"results in {summary.Sweep.OutputFolder}");
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(summary.ToLine());
            return ExitStatus.Completed;
        });
        return command;
    }

    private static Command Resume(CliContext context)
    {
        var (id, store, config, json) = (IdArgument(), StoreOption(), ConfigOption(), JsonOption());
        var concurrency = new Option<int?>("--concurrency") { Description = "Calls in flight at once per deployment." };
        var maxCost = new Option<decimal?>("--max-cost") { Description = "A new cap in US dollars, over all of the sweep." };
        var maxUnscored = new Option<string?>("--max-unscored") { Description = "As in 'sweep run'." };
        var retry = new Option<bool>("--retry-unscored") { Description = "Ask again what had no score." };
        var batch = new Option<bool>("--batch") { Description = "As in 'sweep run'. Batches that the sweep has at endpoints are collected either way." };
        var rationales = RationalesOption();
        var detach = new Option<bool>("--detach") { Description = "Leave it to the silos that work ('orchestrate work')." };
        var command = new Command("resume", "Goes on with a sweep that was interrupted, killed or stopped at its cap.") { id, store, config, concurrency, maxCost, maxUnscored, retry, batch, detach, rationales, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var bound = MaxUnscored.Parse(parsed.GetValue(maxUnscored));
            if (parsed.GetValue(maxCost) is <= 0) throw new OrchestrationException(ErrorCodes.Usage, "--max-cost: US dollars, more than 0.");
            if (parsed.GetValue(concurrency) is < 1 or > 4096) throw new OrchestrationException(ErrorCodes.Usage, "--concurrency: calls at once, 1 to 4096.");
            await using var host = await EmbeddedHost.OpenAsync(context, parsed.GetValue(config), parsed.GetValue(store), cancellationToken);
            var session = new SweepSession(context, host);
            var sweep = await session.FindAsync(parsed.GetValue(id)!, cancellationToken);
            return await session.ResumeAsync(
                sweep, parsed.GetValue(detach), parsed.GetValue(concurrency), parsed.GetValue(maxCost), bound, parsed.GetValue(retry), parsed.GetValue(batch), parsed.GetValue(json), parsed.GetValue(rationales), cancellationToken);
        });
        return command;
    }

    private static Command Wait(CliContext context)
    {
        var (id, store, json) = (IdArgument(), StoreOption(), JsonOption());
        var folder = new Option<string?>("--out", "-o") { Description = "Folder to write to; default: the sweep's own." };
        var maxUnscored = new Option<string?>("--max-unscored") { Description = "As in 'sweep run'." };
        var (config, rationales) = (ConfigOption(), RationalesOption());
        var command = new Command("wait", "Waits until a sweep that others work is done, and writes its results, with the exit status of 'sweep run'.") { id, store, config, folder, maxUnscored, rationales, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var bound = MaxUnscored.Parse(parsed.GetValue(maxUnscored));
            await using var host = await EmbeddedHost.OpenAsync(context, parsed.GetValue(config), parsed.GetValue(store), cancellationToken);
            var session = new SweepSession(context, host);
            var target = parsed.GetValue(folder) is { } named ? Path.GetFullPath(named) : null;
            return await session.WaitAsync(await session.FindAsync(parsed.GetValue(id)!, cancellationToken), target, bound, parsed.GetValue(json), parsed.GetValue(rationales), cancellationToken);
        });
        return command;
    }

    private static Command Pause(CliContext context)
    {
        var (id, store) = (IdArgument(), StoreOption());
        var command = new Command("pause", "Stops a sweep everywhere, until 'sweep resume'. Calls in flight are finished and stored.") { id, store };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var sweep = await new SweepSession(context, host).FindAsync(parsed.GetValue(id)!, cancellationToken);
            if (!await host.Store.Sweeps.TryChangeStateAsync(sweep.Id, SweepState.Running, SweepState.Interrupted, cancellationToken))
                throw new OrchestrationException(ErrorCodes.Usage, $"Sweep {sweep.Id} is {SweepSummary.StateText(sweep.State)}: there is nothing to pause.");
            await context.Out.WriteLineAsync($"sweep {sweep.Id} is paused; go on with: orchestrate sweep resume {sweep.Id}");
            return ExitStatus.Completed;
        });
        return command;
    }

    private static Command Cancel(CliContext context)
    {
        var (id, store) = (IdArgument(), StoreOption());
        var command = new Command("cancel", "Gives a sweep up for good. What was judged stays in the store.") { id, store };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var sweep = await new SweepSession(context, host).FindAsync(parsed.GetValue(id)!, cancellationToken);
            foreach (var from in new[] { SweepState.Running, SweepState.Interrupted, SweepState.Capped })
            {
                if (!await host.Store.Sweeps.TryChangeStateAsync(sweep.Id, from, SweepState.Cancelled, cancellationToken)) continue;
                await context.Out.WriteLineAsync($"sweep {sweep.Id} is cancelled");
                var open = await host.Store.Batches.OpenAsync(sweep.Id, cancellationToken);
                if (open.Count > 0)
                    await context.Out.WriteLineAsync($"its batches run on at the endpoint and will be charged, unless you cancel them there: {string.Join(", ", open.Select(batch => batch.RemoteId ?? batch.Batch.Intent))}");
                return ExitStatus.Completed;
            }

            throw new OrchestrationException(ErrorCodes.Usage, $"Sweep {sweep.Id} is {SweepSummary.StateText(sweep.State)}: there is nothing to cancel.");
        });
        return command;
    }

    private static Command Export(CliContext context)
    {
        var (id, store) = (IdArgument(), StoreOption());
        var folder = new Option<string>("--out", "-o") { Description = "Folder to write to.", Required = true };
        var (config, rationales) = (ConfigOption(), RationalesOption());
        var command = new Command("export", "Writes a sweep's results and summary again, from the store.") { id, store, config, folder, rationales };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var wantsWords = parsed.GetValue(rationales);
            await using var host = await EmbeddedHost.OpenAsync(context, wantsWords ? parsed.GetValue(config) : null, parsed.GetValue(store), cancellationToken);
            var session = new SweepSession(context, host);
            var sweep = await session.FindAsync(parsed.GetValue(id)!, cancellationToken);
            var target = Path.GetFullPath(parsed.GetValue(folder)!);
            var judges = await new SweepResults(host.Store.Sweeps).WriteRowsAsync(sweep, target, cancellationToken);
            var summary = await session.SummarizeAsync(sweep, judges, cancellationToken);

            // The judges know where their judgments are stored; making them again takes the configuration, which results alone do not need.
            if (wantsWords) summary = summary with { Voided = await session.SaidAsync(sweep, host.Catalog(null).Rebuild(sweep), target, true, cancellationToken) };
            summary.Write(target);
            await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{judges.Rows:N0} rows of sweep {sweep.Id} in {target}"));
            return ExitStatus.Completed;
        });
        return command;
    }

    private static Option<bool> JsonOption() => new("--json") { Description = "End standard output with one JSON object." };
}
