using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestration.Cli.Hosting;
using Orchestration.Core.Cluster;
using Orchestration.Core.Quotas;
using Orchestration.Core.Sweeps;
using Spectre.Console;

namespace Orchestration.Cli.Cluster;

/// <summary>A store's silos, sweeps and quotas at one moment.</summary>
internal sealed record ClusterPicture
{
    public required IReadOnlyList<SiloRecord> Silos { get; init; }

    public required IReadOnlyList<HeldShards> Held { get; init; }

    public required IReadOnlyList<(SweepRecord Sweep, SweepProgress Progress)> Sweeps { get; init; }

    public required IReadOnlyList<QuotaUse> Quotas { get; init; }

    /// <summary>Quotas as this process's configuration states them, by bucket.</summary>
    public required IReadOnlyDictionary<string, (long? Requests, long? Tokens)> Limits { get; init; }

    /// <summary>How long the store took to answer the shortest question.</summary>
    public required TimeSpan Answer { get; init; }

    public static async Task<ClusterPicture> TakeAsync(EmbeddedHost host, TimeProvider time, TimeSpan recent, CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        var silos = await host.Store.Cluster.ListAsync(recent, cancellationToken);
        var answer = time.GetElapsedTime(asked);
        List<(SweepRecord, SweepProgress)> sweeps = [];
        foreach (var sweep in await host.Store.Sweeps.ListAsync(cancellationToken))
        {
            if (sweep.State is SweepState.Running or SweepState.Registering) sweeps.Add((sweep, await host.Store.Sweeps.ProgressAsync(sweep.Id, cancellationToken)));
        }

        return new ClusterPicture
        {
            Silos = silos,
            Held = await host.Store.Sweeps.HeldAsync(cancellationToken),
            Sweeps = sweeps,
            Quotas = await host.Store.Quotas.UseAsync(cancellationToken),
            Limits = host.Config.Deployments.Values.ToDictionary(static d => "deployment/" + d.Name, static d => (d.RequestsPerMinute, d.TokensPerMinute), StringComparer.Ordinal),
            Answer = answer,
        };
    }

    public void Write(IAnsiConsole console)
    {
        var silos = new Table { Border = TableBorder.Simple, Title = new TableTitle(Text($"silos (the store answers in {Answer.TotalMilliseconds:0.0} ms)")) };
        silos.AddColumns("silo", "machine", "process", "does", "state", "up");
        foreach (var head in new[] { "seen", "shards", "judgments/s", "calls/s", "calls", "USD" }) silos.AddColumn(new TableColumn(head).RightAligned());
        var ended = 0;
        foreach (var silo in Silos)
        {
            // Every command is a silo while it runs; one that has ended and left nothing in work tells nobody anything.
            if (silo is { IsAlive: false, Report.Role: "command" } && Held.All(held => held.Owner != silo.Owner))
            {
                ended++;
                continue;
            }

            silos.AddRow(
                silo.Owner, Markup.Escape(silo.Host), Text($"{silo.Process}"), Markup.Escape(silo.Report.Role), silo.IsAlive ? "alive" : "gone", Span(silo.SeenAt - silo.StartedAt), Text($"{silo.Silence.TotalSeconds:0.0} s ago"),
                Text($"{Held.Where(held => held.Owner == silo.Owner).Sum(static held => held.Shards)}"), Text($"{(silo.IsAlive ? silo.Report.JudgmentsPerSecond : 0):N0}"),
                Text($"{(silo.IsAlive ? silo.Report.CallsPerSecond : 0):N1}"), Text($"{silo.Report.Calls:N0}"), Text($"{silo.Report.CostUsd:0.00##}"));
        }

        if (ended > 0) silos.Caption = new TableTitle(Text($"and {ended} that {(ended == 1 ? "was a command and has" : "were commands and have")} ended"));
        console.Write(silos);
        if (Sweeps.Count > 0)
        {
            var sweeps = new Table { Border = TableBorder.Simple, Title = new TableTitle("sweeps") };
            sweeps.AddColumns("sweep", "state");
            foreach (var head in new[] { "priority", "rows", "shards", "in work", "silos", "unscored", "USD" }) sweeps.AddColumn(new TableColumn(head).RightAligned());
            foreach (var (sweep, progress) in Sweeps)
            {
                var held = Held.Where(shards => shards.SweepId == sweep.Id).ToArray();
                sweeps.AddRow(
                    sweep.Id, SweepSummary.StateText(sweep.State), Text($"{sweep.Priority}"), Text($"{progress.RowsDone:N0} of {progress.Rows:N0}"), Text($"{progress.ShardsDone:N0} of {progress.Shards:N0}"),
                    Text($"{held.Sum(static shards => shards.Shards)}"), Text($"{held.Length}"), Text($"{progress.Unscored:N0}"), Text($"{sweep.Totals.CostUsd:0.00##}"));
            }

            console.Write(sweeps);
        }

        if (Quotas.Count == 0) return;
        var quotas = new Table { Border = TableBorder.Simple, Title = new TableTitle("quotas, last 60 s") };
        quotas.AddColumns("bucket");
        foreach (var head in new[] { "requests", "of", "used", "tokens", "of", "used" }) quotas.AddColumn(new TableColumn(head).RightAligned());
        foreach (var use in Quotas)
        {
            var (requests, tokens) = Limits.GetValueOrDefault(use.Bucket);
            quotas.AddRow(
                Markup.Escape(use.Bucket), Text($"{use.Requests:N0}"), Limit(requests), Share(use.Requests, requests), Text($"{use.Tokens:N0}"), Limit(tokens), Share(use.Tokens, tokens));
        }

        console.Write(quotas);
    }

    /// <summary>As one line of JSON.</summary>
    public string ToLine()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("store_answer_ms", Math.Round(Answer.TotalMilliseconds, 2));
            writer.WriteStartArray("silos");
            foreach (var silo in Silos)
            {
                writer.WriteStartObject();
                writer.WriteString("silo", silo.Owner);
                writer.WriteString("machine", silo.Host);
                writer.WriteNumber("process", silo.Process);
                writer.WriteString("version", silo.Version);
                writer.WriteString("role", silo.Report.Role);
                writer.WriteBoolean("alive", silo.IsAlive);
                writer.WriteString("started_at", silo.StartedAt);
                writer.WriteNumber("silent_seconds", Math.Round(silo.Silence.TotalSeconds, 2));
                writer.WriteNumber("shards", Held.Where(held => held.Owner == silo.Owner).Sum(static held => held.Shards));
                writer.WriteNumber("judgments", silo.Report.Judgments);
                writer.WriteNumber("judgments_per_second", silo.Report.JudgmentsPerSecond);
                writer.WriteNumber("calls", silo.Report.Calls);
                writer.WriteNumber("calls_per_second", silo.Report.CallsPerSecond);
                writer.WriteNumber("failures", silo.Report.Failures);
                writer.WriteNumber("cost_usd", silo.Report.CostUsd);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("sweeps");
            foreach (var (sweep, progress) in Sweeps)
            {
                writer.WriteStartObject();
                writer.WriteString("sweep", sweep.Id);
                writer.WriteString("state", SweepSummary.StateText(sweep.State));
                writer.WriteNumber("priority", sweep.Priority);
                writer.WriteNumber("rows_done", progress.RowsDone);
                writer.WriteNumber("rows", progress.Rows);
                writer.WriteNumber("shards_done", progress.ShardsDone);
                writer.WriteNumber("shards", progress.Shards);
                writer.WriteNumber("shards_in_work", Held.Where(held => held.SweepId == sweep.Id).Sum(static held => held.Shards));
                writer.WriteNumber("unscored", progress.Unscored);
                writer.WriteNumber("cost_usd", sweep.Totals.CostUsd);
                writer.WriteNumber("repaid", sweep.Totals.Repaid);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("quotas");
            foreach (var use in Quotas)
            {
                var (requests, tokens) = Limits.GetValueOrDefault(use.Bucket);
                writer.WriteStartObject();
                writer.WriteString("bucket", use.Bucket);
                writer.WriteNumber("requests", use.Requests);
                if (requests is { } perMinute) writer.WriteNumber("requests_per_minute", perMinute);
                writer.WriteNumber("tokens", use.Tokens);
                if (tokens is { } tokensPerMinute) writer.WriteNumber("tokens_per_minute", tokensPerMinute);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private static string Limit(long? limit) => limit is { } value ? Text($"{value:N0}") : "–";

    private static string Share(long used, long? limit) => limit is > 0 ? Text($"{100.0 * used / limit.Value:0}%") : "–";

    private static string Span(TimeSpan span) => span < TimeSpan.FromMinutes(1) ? Text($"{span.TotalSeconds:0} s") : span < TimeSpan.FromHours(1) ? Text($"{span.TotalMinutes:0} min") : Text($"{span.TotalHours:0.0} h");
}
