using System.Globalization;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Sweeps;
using Orchestration.Core.Judging;
using Orchestration.Core.MetaEvaluation.Biases;
using Orchestration.Core.MetaEvaluation.Probing;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;

namespace Orchestration.Cli.Meta.Live;

/// <summary>Rows that some judges are asked, as one sweep.</summary>
/// <param name="Name">Names its files.</param>
/// <param name="Kind">Pairs or comparisons.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Judges">Specifications.</param>
internal sealed record LiveStep(string Name, DataKind Kind, IReadOnlyList<ProbeItem> Rows, IReadOnlyList<string> Judges);

/// <summary>
/// Asks judges derived data through ordinary sweeps, so that all promises of sweeps hold: what is stored is not bought again, a cap is kept, and a run that was stopped goes on with the same command.
/// </summary>
internal sealed class LiveRun(CliContext context, EmbeddedHost host, LiveSettings settings)
{
    private readonly Dictionary<string, Scale> _scales = new(StringComparer.Ordinal);
    private readonly List<string> _files = [];

    /// <summary>Runs all steps, or says what they would cost.</summary>
    /// <returns>Null where everything was judged, or the exit status to end with.</returns>
    public async Task<int?> RunAsync(IReadOnlyList<LiveStep> steps, bool json, CancellationToken cancellationToken)
    {
        foreach (var step in steps) DerivedRows.Write(DataOf(step), step.Rows);
        var counts = new List<DryRun.Count>();
        foreach (var step in steps) counts.Add(await new SweepSession(context, host).CountAsync(Settings(step, null), cancellationToken));
        await SayCountAsync(steps, counts);
        if (settings.DryRun)
        {
            if (json)
            {
                await context.Out.WriteLineAsync(MetaText.ToLine(new()
                {
                    ["state"] = "dry_run",
                    ["calls"] = counts.Sum(static c => c.Calls),
                    ["cached"] = counts.Sum(static c => c.Stored),
                    ["cost_usd"] = counts.TrueForAll(static c => c.AboutUsd is not null) ? counts.Sum(static c => c.AboutUsd!.Value) : null,
                    ["cost_usd_at_most"] = counts.TrueForAll(static c => c.AboutUsd is not null) ? counts.Sum(static c => c.AtMostUsd) : null,
                }));
            }

            return ExitStatus.Completed;
        }

        var quiet = new CliContext
        {
            Out = TextWriter.Null,
            Error = context.Error,
            StandardInput = context.StandardInput,
            Time = context.Time,
            Environment = context.Environment,
            IsErrorTerminal = context.IsErrorTerminal,
            Width = context.Width,
        };
        for (var i = 0; i < steps.Count; i++)
        {
            decimal? cap = null;
            if (settings.MaxCostUsd is { } most)
            {
                cap = most - await SpentElsewhereAsync(steps[i], cancellationToken);
                if (cap <= 0 && counts[i].Calls != 0) return await StoppedAsync(ExitStatus.Capped);
                cap = Math.Max(cap.Value, 0.000001m);
            }

            var session = new SweepSession(quiet, host);
            var status = await session.RunAsync(Settings(steps[i], cap), cancellationToken);
            if (status != ExitStatus.Completed) return await StoppedAsync(status);
            foreach (var column in session.Summary!.Definition.Columns)
            {
                if (column.Scale is { } scale && column.Kind is not (Core.Evaluation.ColumnKind.VerdictAsShown or Core.Evaluation.ColumnKind.VerdictSwapped)) _scales[column.Name] = scale;
            }

            _files.Add(ResultsOf(steps[i]));
        }

        return null;
    }

    /// <summary>What was said in all steps.</summary>
    public JudgedRows Judged()
    {
        var rows = new JudgedRows { Scales = _scales };
        foreach (var file in _files) rows.Add(file);
        return rows;
    }

    /// <summary>The file of what was said in a step.</summary>
    public string ResultsOf(LiveStep step) => Path.Combine(FolderOf(step), SweepResults.RowsFileName(step.Kind));

    /// <summary>Says who takes no part.</summary>
    public static async Task SayLeftOutAsync(CliContext context, IReadOnlyList<LeftOutJudge> leftOut)
    {
        foreach (var (judge, reason) in leftOut) await context.Error.WriteLineAsync($"{judge} takes no part: {reason}");
    }

    private string DataOf(LiveStep step) => Path.Combine(settings.Folder, $"{step.Name}.jsonl");

    private string FolderOf(LiveStep step) => Path.Combine(settings.Folder, step.Name);

    private SweepRunSettings Settings(LiveStep step, decimal? cap) => new()
    {
        Kind = step.Kind,
        Inputs = [DataOf(step)],
        Judges = step.Judges,
        Config = settings.Config,
        Store = settings.Store,
        Out = FolderOf(step),
        Concurrency = settings.Concurrency,
        MaxCostUsd = cap,
        Keep = step.Kind == DataKind.Comparisons ? ["group"] : [],
    };

    private async Task SayCountAsync(IReadOnlyList<LiveStep> steps, List<DryRun.Count> counts)
    {
        var (calls, stored) = (counts.Sum(static c => c.Calls), counts.Sum(static c => c.Stored));
        var cost = counts.TrueForAll(static c => c.AboutUsd is not null)
            ? string.Create(CultureInfo.InvariantCulture, $", about ${counts.Sum(static c => c.AboutUsd!.Value):0.00##}, at most ${counts.Sum(static c => c.AtMostUsd):0.00##} with each call sent once")
            : "";
        var what = string.Join(", ", steps.Select(static s => string.Create(CultureInfo.InvariantCulture, $"{s.Rows.Count:N0} {(s.Kind == DataKind.Pairs ? "pairs" : "comparisons")} ({s.Name})")));
        await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{what}: {calls:N0} calls to buy{cost}; {stored:N0} judgments are stored already. Into {settings.Folder}"));
    }

    /// <summary>What this check has cost in its other sweeps, those of earlier runs too; the one that this step goes on with counts for itself.</summary>
    private async Task<decimal> SpentElsewhereAsync(LiveStep step, CancellationToken cancellationToken)
    {
        var (root, own, spent) = (settings.Folder + Path.DirectorySeparatorChar, FolderOf(step), 0m);
        foreach (var sweep in await host.Store.Sweeps.ListAsync(cancellationToken))
        {
            if (!sweep.OutputFolder.StartsWith(root, StringComparison.Ordinal)) continue;
            if (sweep.OutputFolder == own && sweep.State is SweepState.Running or SweepState.Interrupted or SweepState.Capped) continue;
            var spend = await host.Store.Spending.StatusAsync(sweep.Id, cancellationToken);
            spent += spend.SettledUsd + spend.UnknownUsd;
        }

        return spent;
    }

    private async Task<int> StoppedAsync(int status)
    {
        if (status is ExitStatus.Capped or ExitStatus.Interrupted)
        {
            await context.Error.WriteLineAsync(status == ExitStatus.Capped
                ? "the check is not done: its cap is reached. Give the same command with a higher --max-cost; nothing that is stored is bought again."
                : "the check is not done. Give the same command again to go on; nothing that is stored is bought again.");
        }

        return status;
    }
}
