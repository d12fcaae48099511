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
        var path = Path.Combine(plan.Data.TempFolder, $"dry-run-{Environment.ProcessId}.db");
        try
        {
            await using var store = await SqliteStore.OpenAsync(new SqliteStoreOptions { Path = path, TimeProvider = context.Time }, cancellationToken);
            var (sweep, report) = await new SweepRegistration(store.Sweeps, store.Owner).RegisterAsync(plan, null, cancellationToken);
            var estimates = await EstimateAsync(store.Sweeps, sweep, judges, cancellationToken);
            Write(sweep, report, estimates, json);
            return ExitStatus.Completed;
        }
        finally
        {
            foreach (var leftover in new[] { path, path + "-wal", path + "-shm" }) File.Delete(leftover);
            if (Directory.Exists(path + "-owners")) Directory.Delete(path + "-owners", recursive: true);
        }
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
            foreach (var one in judge is PanelJudge panel ? OfPanel(panel, planned.Panel!, kind) : [new Asked(new Estimate(judgeId, host.Config.Deployment(planned.Deployment!)), judge, kind)])
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
            foreach (var one in asked) await AddAsync(one, data, cancellationToken);
        }

        return [.. asked.Select(a => a.Estimate).Distinct()];
    }

    /// <summary>A judge asked in one way, and how often again with what others said in its prompt.</summary>
    private sealed record Asked(Estimate Estimate, IJudge Judge, ColumnKind Kind, bool IsAskedFirst = true, int LaterRounds = 0, int Others = 0);

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

    private async Task AddAsync(Asked asked, DataBlock data, CancellationToken cancellationToken)
    {
        var (estimate, judge) = (asked.Estimate, asked.Judge);
        var addresses = new List<JudgmentAddress>();
        var requests = new List<PromptMeasure>();
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
                addresses.Add(plan.Address with { Repeat = repeat });
                requests.Add(plan.Measure);
            }
        }

        var stored = await host.Store.Judgments.GetAsync(addresses, cancellationToken);
        for (var i = 0; i < requests.Count; i++)
        {
            if (stored[i] is not null) estimate.Stored++;
            else Add(estimate, requests[i], 0, 0);
        }
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
        var measure = new PromptMeasure(Encoding.UTF8.GetByteCount(pair.Prompt) + Encoding.UTF8.GetByteCount(pair.Answer), 0, 0);
        return new LlmPlan(null, JudgmentAddress.Of(judge.Descriptor, PairHash.Of(pair), null), measure);
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
                table.AddRow(Markup.Escape(e.Judge), Count(e.Calls), Count(e.Stored), Count(e.InputTokens), Count(e.OutputTokens), priced ? Usd(e.CostUsd!.Value) : "no price", priced ? Usd(e.AtMostUsd) : "no price");
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

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Usd(decimal value) => "$" + value.ToString("0.00####", CultureInfo.InvariantCulture);
}
