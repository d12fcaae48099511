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
        var questions = definition.Columns.Select(c => (c.JudgeId, c.Kind)).Distinct()
            .Select(q => (Judge: judges.Judges.FirstOrDefault(j => j.Descriptor.Id == q.JudgeId), q.Kind))
            .Where(q => q.Judge?.Descriptor.IsPaid == true).Select(q => (Judge: q.Judge!, q.Kind)).ToArray();
        var estimates = new Dictionary<string, Estimate>(StringComparer.Ordinal);
        foreach (var (judge, _) in questions)
        {
            var deployment = host.Config.Deployment(judges.Planned.First(p => p.Descriptor.Id == judge.Descriptor.Id).Fixed.Deployment!);
            estimates.TryAdd(judge.Descriptor.Id, new Estimate(judge.Descriptor.Id, deployment));
        }

        for (var shard = 0; shard < sweep.Shards && questions.Length != 0; shard++)
        {
            var stored = await sweeps.ReadShardAsync(sweep.Id, shard, ShardParts.Head | ShardParts.Text, cancellationToken);
            var data = DataBlock.Decode(stored!);
            foreach (var (judge, kind) in questions)
                await AddAsync(estimates[judge.Descriptor.Id], judge, kind, data, cancellationToken);
        }

        return [.. estimates.Values];
    }

    private async Task AddAsync(Estimate estimate, IJudge judge, ColumnKind kind, DataBlock data, CancellationToken cancellationToken)
    {
        var addresses = new List<JudgmentAddress>();
        var requests = new List<(long PromptBytes, int MaxOutput)>();
        var repeats = (judge as LlmJudge)?.CallsPerItem ?? 1;
        for (var row = 0; row < data.Rows; row++)
        {
            var (hash, reference, bytes, maxOutput) = Measure(judge, kind, data, row);
            if (judge.Descriptor.NeedsReference && reference is null)
            {
                estimate.WithoutCall++;
                continue;
            }

            for (var repeat = 0; repeat < repeats; repeat++)
            {
                addresses.Add(JudgmentAddress.Of((judge as LlmJudge)?.CallDescriptor ?? judge.Descriptor, hash, reference, repeat));
                requests.Add((bytes, maxOutput));
            }
        }

        var stored = await host.Store.Judgments.GetAsync(addresses, cancellationToken);
        for (var i = 0; i < requests.Count; i++)
        {
            if (stored[i] is not null)
            {
                estimate.Stored++;
                continue;
            }

            var (bytes, maxOutput) = requests[i];
            estimate.Calls++;
            estimate.InputTokens += bytes / BytesPerToken;
            estimate.OutputTokens += Math.Min(maxOutput, UsualOutputTokens);
            estimate.AtMostUsd += estimate.Deployment.Prices?.UpperBound(bytes, maxOutput) ?? estimate.Deployment.PricePerCall ?? 0;
        }
    }

    private static (Hash128 Hash, string? Reference, long PromptBytes, int MaxOutput) Measure(IJudge judge, ColumnKind kind, DataBlock data, int row)
    {
        if (kind is ColumnKind.VerdictAsShown or ColumnKind.VerdictSwapped)
        {
            var comparison = data.GetComparison(row);
            if (kind == ColumnKind.VerdictSwapped) comparison = comparison.Swapped();
            var request = ((LlmJudge)judge).RequestFor(comparison);
            return (PairHash.Of(comparison), comparison.Reference, Bytes(request.System, request.User), request.MaxOutputTokens);
        }

        var pair = kind == ColumnKind.Score ? data.GetPair(row) : PairEvaluation.PairOf(data.GetComparison(row), kind);
        if (judge is not LlmJudge llm) return (PairHash.Of(pair), pair.Reference, Bytes(pair.Prompt, pair.Answer), 0);
        if (judge.Descriptor.NeedsReference && pair.Reference is null) return (PairHash.Of(pair), null, 0, 0);
        var asked = llm.RequestFor(pair);
        return (PairHash.Of(pair), pair.Reference, Bytes(asked.System, asked.User), asked.MaxOutputTokens);
    }

    private static long Bytes(string first, string second) => Encoding.UTF8.GetByteCount(first) + Encoding.UTF8.GetByteCount(second);

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
