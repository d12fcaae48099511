using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestration.Cli.Hosting;
using Orchestration.Core;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;
using Orchestration.Core.Sweeps.Estimating;
using Orchestration.Storage.Sqlite;
using Spectre.Console;

namespace Orchestration.Cli.Sweeps;

/// <summary>
/// Says what a sweep would call and what it would cost, from the data itself: every prompt is written and measured, what the store holds already is
/// taken off, and nothing is sent. The data is read into a store of its own that is removed again.
/// </summary>
internal sealed class DryRun(CliContext context, EmbeddedHost host)
{
    public async Task<int> RunAsync(SweepPlan plan, ResolvedJudges judges, bool json, CancellationToken cancellationToken)
    {
        var (sweep, report, estimates) = await MeasureAsync(plan, judges, cancellationToken);
        Write(sweep, report, estimates, json);
        return ExitStatus.Completed;
    }

    private async Task<(SweepRecord Sweep, IngestReport Report, IReadOnlyList<JudgeEstimate> Estimates)> MeasureAsync(SweepPlan plan, ResolvedJudges judges, CancellationToken cancellationToken)
    {
        var path = Path.Combine(plan.Data.TempFolder, $"dry-run-{Environment.ProcessId}.db");
        try
        {
            await using var store = await SqliteStore.OpenAsync(new SqliteStoreOptions { Path = path, TimeProvider = context.Time }, cancellationToken);
            var (sweep, report) = await new SweepRegistration(store.Sweeps, store.Owner).RegisterAsync(plan, null, cancellationToken);
            return (sweep, report, await new SweepEstimator(host.Config, host.Store.Judgments).EstimateAsync(store.Sweeps, sweep, judges, cancellationToken));
        }
        finally
        {
            foreach (var leftover in new[] { path, path + "-wal", path + "-shm" }) File.Delete(leftover);
            if (Directory.Exists(path + "-owners")) Directory.Delete(path + "-owners", recursive: true);
        }
    }

    /// <summary>What a run would buy, and what of it is stored.</summary>
    /// <param name="Calls">Calls at most, without attempts that fail.</param>
    /// <param name="Stored">Judgments that are stored already.</param>
    /// <param name="AboutUsd">What they cost by the usual lengths; null where a deployment has no price.</param>
    /// <param name="AtMostUsd">What they can cost, each sent once.</param>
    public sealed record Count(long Calls, long Stored, decimal? AboutUsd, decimal AtMostUsd);

    /// <summary>Counts without saying anything.</summary>
    public async Task<Count> CountAsync(SweepPlan plan, ResolvedJudges judges, CancellationToken cancellationToken)
    {
        var (_, _, estimates) = await MeasureAsync(plan, judges, cancellationToken);
        return new Count(
            estimates.Sum(e => e.Calls), estimates.Sum(e => e.Stored), estimates.All(e => e.CostUsd is not null) ? estimates.Sum(e => e.CostUsd!.Value) : null, estimates.Sum(e => e.AtMostUsd));
    }

    private void Write(SweepRecord sweep, IngestReport report, IReadOnlyList<JudgeEstimate> estimates, bool json)
    {
        context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"dry run: {report.Rows:N0} good rows, {report.Rejected:N0} to be rejected; nothing was called and nothing was kept"));
        if (estimates.Count == 0)
        {
            context.Out.WriteLine("no judge calls a model: this sweep costs nothing");
        }
        else
        {
            var table = new Table { Border = TableBorder.Simple };
            table.AddColumn("judge");
            foreach (var name in new[] { "calls", "stored already", "input tokens", "output tokens", "about", "at most" }) table.AddColumn(new TableColumn(name).RightAligned());
            foreach (var e in estimates)
            {
                var priced = e.CostUsd is not null;
                table.AddRow(Markup.Escape(e.Judge), Whole(e.Calls), Whole(e.Stored), Whole(e.InputTokens), Whole(e.OutputTokens), priced ? Usd(e.CostUsd!.Value) : "no price", priced ? Usd(e.AtMostUsd) : "no price");
            }

            context.Tables().Write(table);
            context.Out.WriteLine(FormattableString.Invariant(
                $"estimated: {SweepEstimator.BytesPerToken} bytes a token in, {SweepEstimator.UsualOutputTokens} tokens out; 'at most' is one token a byte, the whole maximum output, each call sent once"));
        }

        if (json) context.Out.WriteLine(ToJson(sweep, report, estimates));
    }

    private static string ToJson(SweepRecord sweep, IngestReport report, IReadOnlyList<JudgeEstimate> estimates)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("state", "dry_run");
            writer.WriteNumber("pairs", sweep.Rows);
            writer.WriteNumber("rejected", report.Rejected);
            writer.WriteNumber("calls", estimates.Sum(e => e.Calls));
            writer.WriteNumber("cached", estimates.Sum(e => e.Stored));
            writer.WriteNumber("input_tokens", estimates.Sum(e => e.InputTokens));
            writer.WriteNumber("output_tokens", estimates.Sum(e => e.OutputTokens));
            if (estimates.All(e => e.CostUsd is not null))
            {
                writer.WriteNumber("cost_usd", estimates.Sum(e => e.CostUsd!.Value));
                writer.WriteNumber("cost_usd_at_most", estimates.Sum(e => e.AtMostUsd));
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string Whole(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Usd(decimal value) => "$" + value.ToString("0.00####", CultureInfo.InvariantCulture);
}
