using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Activation;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Sweeps;

namespace Orchestration.Cli.Aggregators;

/// <summary><c>orchestrate aggregate</c>: stored judgments under another version, without a judge call.</summary>
internal static class AggregateCommand
{
    public static Command Create(CliContext context)
    {
        var source = new Argument<string>("source") { Description = "A sweep's id, or a file of results." };
        var aggregator = new Option<string>("--aggregator", "-a") { Description = "NAME (its active version), NAME@VERSION, or VERSION.", DefaultValueFactory = _ => "default" };
        var folder = new Option<string?>("--out", "-o") { Description = "Folder for results.jsonl. Default: runs/aggregate-DATE-TIME." };
        var minCoverage = new Option<double?>("--min-coverage") { Description = "Least share of the version's judges with a score for a row to get one. Default: the sweep's; 0.8 for a file." };
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var store = SweepCommands.StoreOption();
        var command = new Command("aggregate", "Scores stored judgments again under an aggregator version. No judge is called.") { source, aggregator, folder, minCoverage, store, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var least = parsed.GetValue(minCoverage);
            if (least is < 0 or > 1) throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"--min-coverage {least}: a share from 0 to 1."));
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var choice = await new AggregatorRegistry(host.Store.Aggregators).ResolveAsync(parsed.GetValue(aggregator)!, cancellationToken);
            var version = LoadedVersion.Load((await host.Store.Aggregators.FindAsync(choice.Id, choice.Name, cancellationToken))!);
            var from = parsed.GetValue(source)!;
            var target = Path.GetFullPath(parsed.GetValue(folder) ?? Path.Combine("runs", context.Time.GetLocalNow().ToString("'aggregate'-yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)));
            var startedAt = context.Time.GetTimestamp();
            Reaggregated done;
            if (File.Exists(from))
            {
                done = ResultFile.Write(from, version, least ?? 0.8, target, cancellationToken);
            }
            else
            {
                var sweep = await host.Store.Sweeps.FindAsync(from, cancellationToken)
                    ?? throw new OrchestrationException(ErrorCodes.NotFound, $"'{from}' is neither a file nor a sweep of this store. 'orchestrate sweep list' shows the sweeps.");
                done = await new SweepResults(host.Store.Sweeps).WriteRowsUnderAsync(sweep, version, least, target, cancellationToken);
            }

            var seconds = context.Time.GetElapsedTime(startedAt).TotalSeconds;
            if (done.Rejected != 0) await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{done.Rejected:N0} rows rejected: see {Path.Combine(target, "rejects.jsonl")}. The first: {done.FirstReject}"));
            if (done.WithoutScore != 0) await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{done.WithoutScore:N0} rows are without a score: fewer of the version's judges have one than --min-coverage asks for"));
            await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{done.Rows:N0} rows under {version} in {seconds:0.00} s, no judge called"));
            await context.Out.WriteLineAsync($"results in {target}");
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(Line(done, version, seconds));
            return ExitStatus.Completed;
        });
        return command;
    }

    private static string Line(Reaggregated done, LoadedVersion version, double seconds)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("aggregator", version.Id);
            writer.WriteNumber("rows", done.Rows);
            writer.WriteNumber("without_score", done.WithoutScore);
            writer.WriteNumber("rejected", done.Rejected);
            writer.WriteNumber("seconds", Math.Round(seconds, 3));
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
