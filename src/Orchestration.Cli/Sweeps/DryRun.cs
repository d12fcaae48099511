using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestration.Cli.Hosting;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Judging.Panels;
using Orchestration.Core.Judging.Revising;
using Orchestration.Core.Judging.Solving;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;
using Orchestration.Storage.Sqlite;
using Spectre.Console;

namespace Orchestration.Cli.Sweeps;

/// <summary>
/// Says what a sweep would call and what it would cost, from the data itself: every prompt is written and measured, what the store holds already is
/// taken off, and nothing is sent. The data is read into a store of its own that is removed again.
/// </summary>
internal sealed class DryRun(CliContext context, EmbeddedHost host)
{
    // English text has about four bytes a token; a judge's short rationale and its score have about this many tokens.
    private const int BytesPerToken = 4;
    private const int UsualOutputTokens = 150;

    public async Task<int> RunAsync(SweepPlan plan, ResolvedJudges judges, bool json, CancellationToken cancellationToken)
    {
        var (sweep, report, estimates) = await MeasureAsync(plan, judges, cancellationToken);
        Write(sweep, report, estimates, json);
        return ExitStatus.Completed;
    }

    private async Task<(SweepRecord Sweep, IngestReport Report, List<Estimate> Estimates)> MeasureAsync(SweepPlan plan, ResolvedJudges judges, CancellationToken cancellationToken)
    {
        var path = Path.Combine(plan.Data.TempFolder, $"dry-run-{Environment.ProcessId}.db");
        try
        {
            await using var store = await SqliteStore.OpenAsync(new SqliteStoreOptions { Path = path, TimeProvider = context.Time }, cancellationToken);
            var (sweep, report) = await new SweepRegistration(store.Sweeps, store.Owner).RegisterAsync(plan, null, cancellationToken);
            return (sweep, report, await EstimateAsync(store.Sweeps, sweep, judges, cancellationToken));
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

    private sealed class Estimate(string judge, DeploymentConfig deployment)
    {
        public string Judge { get; } = judge;

        public DeploymentConfig Deployment { get; } = deployment;

        public long Calls { get; set; }

        public long Stored { get; set; }

        public long WithoutCall { get; set; }

        public long InputTokens { get; set; }

        public long OutputTokens { get; set; }

        public decimal AtMostUsd { get; set; }

        public decimal? CostUsd => Deployment.Prices is { } prices
            ? prices.Cost(new TokenUsage(InputTokens, 0, OutputTokens, 0))
            : Deployment.PricePerCall * Calls;
    }

    private async Task<List<Estimate>> EstimateAsync(ISweepStore sweeps, SweepRecord sweep, ResolvedJudges judges, CancellationToken cancellationToken)
    {
        var definition = SweepDefinition.FromJson(sweep.Definition);
        var asked = new List<Asked>();
        foreach (var (judgeId, kind) in definition.Columns.Select(c => (c.JudgeId, c.Kind)).Distinct())
        {
            if (judges.Judges.FirstOrDefault(j => j.Descriptor.Id == judgeId) is not { Descriptor.IsPaid: true } judge) continue;
            var planned = judges.Planned.First(p => p.Descriptor.Id == judgeId).Fixed;
            foreach (var one in judge switch
            {
                PanelJudge panel => OfPanel(panel, planned.Panel!, kind),

                // The first look is the judge's own and may be stored; the second shows it what it said.
                RevisingJudge revising => [new Asked(new Estimate(judgeId, host.Config.Deployment(planned.Deployment!)), revising.First, kind) { Revising = revising }],
                _ => [new Asked(new Estimate(judgeId, host.Config.Deployment(planned.Deployment!)), judge, kind)],
            })
            {
                // One line for all the ways in which a judge is asked.
                var same = asked.FirstOrDefault(a => a.Estimate.Judge == one.Estimate.Judge);
                asked.Add(same is null ? one : one with { Estimate = same.Estimate });
            }
        }

        for (var shard = 0; shard < sweep.Shards && asked.Count != 0; shard++)
        {
            var stored = await sweeps.ReadShardAsync(sweep.Id, shard, ShardParts.Head | ShardParts.Text, cancellationToken);
            var data = DataBlock.Decode(stored!);
            var counted = new HashSet<JudgmentAddress>();
            foreach (var one in asked) await AddAsync(one, data, counted, cancellationToken);
        }

        return [.. asked.Select(a => a.Estimate).Distinct()];
    }

    /// <summary>A judge asked in one way, and how often again with what others said in its prompt.</summary>
    private sealed record Asked(Estimate Estimate, IJudge Judge, ColumnKind Kind, bool IsAskedFirst = true, int LaterRounds = 0, int Others = 0)
    {
        /// <summary>The judge that looks at its judgment again; null for any other.</summary>
        public RevisingJudge? Revising { get; init; }
    }

    private IEnumerable<Asked> OfPanel(PanelJudge panel, PanelConfig config, ColumnKind kind)
    {
        for (var m = 0; m < panel.Members.Count; m++)
        {
            var estimate = new Estimate($"{config.Name} {m + 1}", host.Config.Deployment(config.Members[m].Deployment));
            yield return new Asked(estimate, panel.Members[m], kind, true, panel.Rounds - 1, panel.Members.Count);
        }

        if (panel.Closing is { } closing)
            yield return new Asked(new Estimate($"{config.Name} closing", host.Config.Deployment(config.Closing!.Deployment)), closing, kind, false, 1, panel.Members.Count);
    }

    // What several judges ask for, and rows that are the same, are bought once.
    private async Task AddAsync(Asked asked, DataBlock data, HashSet<JudgmentAddress> counted, CancellationToken cancellationToken)
    {
        var (estimate, judge) = (asked.Estimate, asked.Judge);
        var addresses = new List<JudgmentAddress>();
        var requests = new List<PromptMeasure>();
        var rows = new List<int>();
        var repeats = (judge as LlmJudge)?.CallsPerItem ?? 1;
        for (var row = 0; row < data.Rows; row++)
        {
            var plan = PlanOf(judge, asked.Kind, data, row);
            if (plan.Reason is not null)
            {
                estimate.WithoutCall++;
                continue;
            }

            for (var repeat = 0; repeat < repeats; repeat++)
            {
                // What is said in later rounds is not known yet, and so neither is what of it is stored.
                for (var round = 0; round < asked.LaterRounds; round++)
                    Add(estimate, plan.Measure, (long)asked.Others * UsualOutputTokens * BytesPerToken, (long)asked.Others * PanelJudge.MaxBytesPerJudgeSeen);
                if (!asked.IsAskedFirst) continue;
                var address = plan.Address with { Repeat = ((judge as LlmJudge)?.FirstRepeat ?? 0) + repeat };
                if (asked.Revising is null && !counted.Add(address)) continue;
                addresses.Add(address);
                requests.Add(plan.Measure);
                rows.Add(row);
            }
        }

        var stored = await host.Store.Judgments.GetAsync(addresses, cancellationToken);
        for (var i = 0; i < requests.Count; i++)
        {
            if (asked.Revising is { } revising)
            {
                // The first look is counted with the judge by itself where that is asked too, and else here.
                if (counted.Add(addresses[i]) && stored[i] is null) Add(estimate, requests[i], 0, 0);
                var isSecondStored = stored[i] is not null && await IsSecondStoredAsync(revising, asked.Kind, data, rows[i], addresses[i], cancellationToken);
                if (isSecondStored) estimate.Stored++;
                else Add(estimate, requests[i], (long)UsualOutputTokens * BytesPerToken, revising.MaxBytesMore);
            }
            else if (stored[i] is not null) estimate.Stored++;
            else Add(estimate, requests[i], 0, 0);
        }
    }

    private async Task<bool> IsSecondStoredAsync(RevisingJudge judge, ColumnKind kind, DataBlock data, int row, JudgmentAddress first, CancellationToken cancellationToken)
    {
        if (await host.Store.Judgments.FindAsync(first, cancellationToken) is not { } said) return false;
        var second = kind switch
        {
            ColumnKind.VerdictAsShown => judge.SecondOf(data.GetComparison(row), said),
            ColumnKind.VerdictSwapped => judge.SecondOf(data.GetComparison(row).Swapped(), said),
            ColumnKind.Score => judge.SecondOf(data.GetPair(row), said),
            _ => judge.SecondOf(PairEvaluation.PairOf(data.GetComparison(row), kind), said),
        };
        return second is { } address && (await host.Store.Judgments.GetAsync([address], cancellationToken))[0] is not null;
    }

    private static void Add(Estimate estimate, in PromptMeasure prompt, long usualBytes, long mostBytes)
    {
        estimate.Calls++;
        estimate.InputTokens += ((prompt.TextBytes + usualBytes) / BytesPerToken) + prompt.ImageTokens;
        estimate.OutputTokens += Math.Min(prompt.MaxOutputTokens, UsualOutputTokens);
        estimate.AtMostUsd += estimate.Deployment.Prices?.UpperBound(prompt.TextBytes + mostBytes + prompt.ImageTokens, prompt.MaxOutputTokens) ?? estimate.Deployment.PricePerCall ?? 0;
    }

    private static LlmPlan PlanOf(IJudge judge, ColumnKind kind, DataBlock data, int row)
    {
        if (kind is ColumnKind.VerdictAsShown or ColumnKind.VerdictSwapped)
        {
            var comparison = data.GetComparison(row);
            return ((LlmJudge)judge).PlanOf(kind == ColumnKind.VerdictSwapped ? comparison.Swapped() : comparison);
        }

        var pair = kind == ColumnKind.Score ? data.GetPair(row) : PairEvaluation.PairOf(data.GetComparison(row), kind);
        if (judge is LlmJudge llm) return llm.PlanOf(pair);
        var address = JudgmentAddress.Of(judge.Descriptor, PairHash.Of(pair), pair.Reference);
        if (judge is SolverJudge solver && solver.MeasureOf(pair) is var question) return new LlmPlan(null, address, new PromptMeasure(question.TextBytes, 0, question.MaxOutputTokens));
        return new LlmPlan(null, address, new PromptMeasure(Encoding.UTF8.GetByteCount(pair.Prompt) + Encoding.UTF8.GetByteCount(pair.Answer), 0, 0));
    }

    private void Write(SweepRecord sweep, IngestReport report, List<Estimate> estimates, bool json)
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
                $"estimated: {BytesPerToken} bytes a token in, {UsualOutputTokens} tokens out; 'at most' is one token a byte, the whole maximum output, each call sent once"));
        }

        if (json) context.Out.WriteLine(ToJson(sweep, report, estimates));
    }

    private static string ToJson(SweepRecord sweep, IngestReport report, List<Estimate> estimates)
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
