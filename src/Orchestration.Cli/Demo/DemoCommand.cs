using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Orchestration.Cli.Endpoint;
using Orchestration.Core;
using Orchestration.Simulation;
using Orchestration.Storage.Sqlite;

namespace Orchestration.Cli.Demo;

/// <summary><c>orchestrate demo</c>: the whole story offline, with the commands that a user would type.</summary>
internal static class DemoCommand
{
    public static Command Create(CliContext context)
    {
        var folder = new Option<string>("--out", "-o") { Description = "Folder to work in.", DefaultValueFactory = _ => Path.Combine("runs", "demo") };
        var command = new Command("demo", "The whole story on the product's own samples, offline, in under a minute.") { folder };
        command.SetAction((parsed, cancellationToken) => new Story(context, Path.GetFullPath(parsed.GetValue(folder)!)).TellAsync(cancellationToken));
        return command;
    }

    private sealed class Story(CliContext context, string folder)
    {
        private readonly long _startedAt = context.Time.GetTimestamp();

        public async Task<int> TellAsync(CancellationToken cancellationToken)
        {
            try
            {
                Directory.CreateDirectory(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new OrchestrationException(ErrorCodes.Input, $"The demo's folder cannot be made: {e.Message} Name another one with --out.", e);
            }

            // The story begins with nothing stored; the file is the demo's own.
            foreach (var leftover in new[] { "store.db", "store.db-wal", "store.db-shm" }) File.Delete(At(leftover));
            foreach (var sample in new[] { "pairs.jsonl", "comparisons.jsonl", "bad-rows.jsonl" }) await CopySampleAsync(sample, cancellationToken);

            await SayAsync("A scripted endpoint stands in for a language model: real HTTP on loopback, replies by rule. No key, no network, no cost.");
            await using var endpoint = await ScriptedEndpoint.StartAsync(
                new ScriptedEndpointOptions { Latency = TimeSpan.FromMilliseconds(20) }, context.Time, cancellationToken);
            await File.WriteAllTextAsync(At("orchestration.yaml"), EndpointCommand.Configuration(endpoint.ChatEndpoint) + "\n", cancellationToken);

            string[] judges = ["code", "truthfulness@local", "helpfulness@local", "clarity@local", "correctness@local"];
            string[] sweep = ["sweep", "run", "--pairs", At("pairs.jsonl"), "--judges", .. judges, "--config", At("orchestration.yaml"), "--store", At("store.db"), "--out", At("pairs")];
            await SayAsync("First, what it would cost.");
            if (await RunAsync([.. sweep, "--dry-run"]) is var status and not ExitStatus.Completed) return status;

            await SayAsync("168 pairs through 16 code judges and 4 rubric judges, under a cap of one dollar.");
            status = await RunAsync([.. sweep, "--max-cost", "1"]);
            if (status != ExitStatus.Completed) return status;

            var before = endpoint.Statistics().Requests;
            await SayAsync("The same again: every paid judgment is found by its content address.");
            status = await RunAsync([.. sweep, "--max-cost", "1"]);
            if (status != ExitStatus.Completed) return status;
            await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"calls made by the second run, counted at the endpoint: {endpoint.Statistics().Requests - before}"));
            await AgreementAsync(cancellationToken);

            status = await AggregatorAsync(cancellationToken);
            if (status != ExitStatus.Completed) return status;

            await SayAsync("Which of two answers is better, asked in both orders.");
            status = await RunAsync(["compare", "run", "--comparisons", At("comparisons.jsonl"), "--judges", "preference@local", "relevance", "rouge-l", "chrf",
                "--config", At("orchestration.yaml"), "--store", At("store.db"), "--out", At("comparisons")]);
            if (status != ExitStatus.Completed) return status;

            await SayAsync("A file with faults: the good rows are judged, the bad ones are named.");
            status = await RunAsync(["sweep", "run", "--pairs", At("bad-rows.jsonl"), "--judges", "relevance", "length-fit", "--store", At("store.db"), "--out", At("bad")]);
            if (status != ExitStatus.Completed) return status;
            foreach (var line in await File.ReadAllLinesAsync(At("bad/rejects.jsonl"), cancellationToken)) await ShowRejectAsync(line);

            await context.Out.WriteLineAsync();
            await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"done in {context.Time.GetElapsedTime(_startedAt).TotalSeconds:0.0} s; everything is in {folder}. To try next:"));
            await context.Out.WriteLineAsync($"""
                  orchestrate sweep list --store {At("store.db")}
                  orchestrate judge list
                  orchestrate rubric show truthfulness
                  orchestrate judge test relevance --prompt "What is a leap year?" --answer "A year with 366 days."
                  orchestrate endpoint                  a model to play with, for your own orchestration.yaml
                  orchestrate sweep run --pairs YOUR.jsonl --judges code
                """);
            return ExitStatus.Completed;
        }

        /// <summary>From the judged samples and their human scores to a version, swapped and rolled back.</summary>
        private async Task<int> AggregatorAsync(CancellationToken cancellationToken)
        {
            string[] train = ["train", "--scores", At("pairs/results.jsonl"), "--target", "target", "--name", "demo", "--store", At("store.db")];
            await SayAsync("Learn to combine the judges from the samples' human scores: one curve a judge, none falling. It becomes active only where it is surely better than their mean, on prompts it has not seen.");
            if (await RunAsync([.. train, "--model", "gam", "--monotone"]) is var status and not ExitStatus.Completed) return status;

            await SayAsync("What it learned, as one page that works offline: curves, importance, calibration, contributions.");
            if ((status = await RunAsync(["aggregator", "explain", await NewestAsync(cancellationToken), "--refits", "0", "--output", At("explain.html"), "--store", At("store.db")])) != ExitStatus.Completed) return status;

            await SayAsync("A second version is swapped in by force, with a reason that is kept; the stored judgments are scored under it, without a call; and back again.");
            if ((status = await RunAsync([.. train, "--model", "mean-fit", "--no-activate"])) != ExitStatus.Completed) return status;
            var second = await NewestAsync(cancellationToken);
            string[][] swap =
            [
                ["aggregator", "activate", second, "--force", "--reason", "to show a swap", "--store", At("store.db")],
                ["aggregate", At("pairs/results.jsonl"), "--aggregator", "demo", "--out", At("aggregated"), "--store", At("store.db")],
                ["aggregator", "rollback", "demo", "--store", At("store.db")],
                ["aggregator", "list", "demo", "--store", At("store.db")],
            ];
            foreach (var command in swap)
            {
                if ((status = await RunAsync(command)) != ExitStatus.Completed) return status;
            }

            return ExitStatus.Completed;
        }

        private async Task<string> NewestAsync(CancellationToken cancellationToken)
        {
            await using var store = await SqliteStore.OpenAsync(new SqliteStoreOptions { Path = At("store.db"), TimeProvider = context.Time }, cancellationToken);
            return (await store.Aggregators.ListAsync("demo", cancellationToken))[0].Id[..12];
        }

        private string At(string name) => Path.Combine(folder, name);

        private async Task CopySampleAsync(string name, CancellationToken cancellationToken)
        {
            await using var source = typeof(DemoCommand).Assembly.GetManifestResourceStream($"samples/{name}")!;
            await using var target = File.Create(At(name));
            await source.CopyToAsync(target, cancellationToken);
        }

        private async Task SayAsync(string text)
        {
            await context.Out.WriteLineAsync();
            await context.Out.WriteLineAsync($"== {text}");
        }

        private async Task<int> RunAsync(string[] arguments)
        {
            await context.Out.WriteLineAsync($"$ orchestrate {string.Join(' ', arguments.Select(a => a.Contains(' ', StringComparison.Ordinal) ? $"'{a}'" : a))}");
            return await CommandLine.RunAsync(arguments, context);
        }

        /// <summary>How the mean of judges and single judges go with the samples' human scores: what aggregators will improve.</summary>
        private async Task AgreementAsync(CancellationToken cancellationToken)
        {
            var targets = new List<double>();
            var columns = new Dictionary<string, List<double>>(StringComparer.Ordinal);
            foreach (var line in await File.ReadAllLinesAsync(At("pairs/results.jsonl"), cancellationToken))
            {
                using var row = JsonDocument.Parse(line);
                targets.Add(row.RootElement.GetProperty("target").GetDouble());
                Add("mean of all judges", row.RootElement.GetProperty("score"));
                foreach (var score in row.RootElement.GetProperty("scores").EnumerateObject()) Add(score.Name, score.Value);
            }

            await context.Out.WriteLineAsync("correlation with the samples' human scores, where a judge scored every pair:");
            foreach (var (name, values) in columns.Where(c => c.Value.TrueForAll(double.IsFinite)).Select(c => (c.Key, Value: Correlation(c.Value, targets)))
                .Where(c => double.IsFinite(c.Value)).OrderByDescending(c => Math.Abs(c.Value)).Take(8))
                await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  {values,6:+0.00;-0.00}  {name}"));

            void Add(string name, JsonElement value)
            {
                if (!columns.TryGetValue(name, out var list)) columns[name] = list = [];
                list.Add(value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN);
            }
        }

        private static double Correlation(List<double> x, List<double> y)
        {
            var (mx, my) = (x.Average(), y.Average());
            double sxy = 0, sxx = 0, syy = 0;
            for (var i = 0; i < x.Count; i++)
            {
                sxy += (x[i] - mx) * (y[i] - my);
                sxx += (x[i] - mx) * (x[i] - mx);
                syy += (y[i] - my) * (y[i] - my);
            }

            return sxy / Math.Sqrt(sxx * syy);
        }

        private async Task ShowRejectAsync(string line)
        {
            using var reject = JsonDocument.Parse(line);
            await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  line {reject.RootElement.GetProperty("line").GetInt64()}: {reject.RootElement.GetProperty("message").GetString()}"));
        }
    }
}
