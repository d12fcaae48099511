using System.CommandLine;
using System.Globalization;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Keys;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Core.Sweeps;

namespace Orchestration.Cli.Sweeps;

/// <summary><c>orchestrate sweep prune</c>: deletes old sweeps with their data and results.</summary>
internal static class PruneCommand
{
    public static Command Create(CliContext context)
    {
        var days = new Option<double>("--older-than") { Description = "Days since it was registered, at least.", Required = true };
        var unfinished = new Option<bool>("--unfinished") { Description = "Also sweeps that were paused, interrupted or stopped at their cap: they cannot go on afterwards." };
        var dry = new Option<bool>("--dry-run") { Description = "Only say which." };
        var store = SweepCommands.StoreOption();
        var command = new Command("prune", "Deletes old sweeps that are done or cancelled, with their prompts, answers and results. Judgments that were bought stay, and so do costs.") { days, unfinished, dry, store };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(days) is not (>= 0 and <= 36_500)) throw new OrchestrationException(ErrorCodes.Usage, "--older-than: days, 0 to 36,500.");
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var before = context.Time.GetUtcNow() - TimeSpan.FromDays(parsed.GetValue(days));
            SweepState[] states = parsed.GetValue(unfinished) ? [SweepState.Completed, SweepState.Cancelled, SweepState.Interrupted, SweepState.Capped] : [SweepState.Completed, SweepState.Cancelled];
            var isDry = parsed.GetValue(dry);
            var (sweeps, rows) = (0, 0L);
            foreach (var sweep in (await host.Store.Sweeps.ListAsync(cancellationToken)).Where(s => s.CreatedAt <= before && states.Contains(s.State)).OrderBy(static s => s.CreatedAt))
            {
                var words = string.Create(CultureInfo.InvariantCulture, $"{SweepSummary.StateText(sweep.State)}, {sweep.Rows:N0} rows, {sweep.CreatedAt:yyyy-MM-dd}");
                if (!isDry)
                {
                    if (!await host.Store.Sweeps.DeleteAsync(sweep.Id, cancellationToken))
                    {
                        await context.Error.WriteLineAsync($"sweep {sweep.Id} stays: somebody works on it");
                        continue;
                    }

                    await host.Store.Access.RecordAsync(new AuditEntry(KeyCommands.Who(), "sweep.delete", sweep.Id, words, null), cancellationToken);
                }

                (sweeps, rows) = (sweeps + 1, rows + sweep.Rows);
                await context.Out.WriteLineAsync($"{(isDry ? "would delete" : "deleted")} sweep {sweep.Id} ({words})");
            }

            await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{sweeps} sweeps with {rows:N0} rows {(isDry ? "would be deleted" : "deleted")}; bought judgments stay"));
            return ExitStatus.Completed;
        });
        return command;
    }
}
