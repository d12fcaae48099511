using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Meta;
using Orchestration.Cli.Pairs;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Labels;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Pairs;

namespace Orchestration.Cli.Labels;

/// <summary><c>orchestrate label simulate</c>: a panel of personas over one deployment rates pairs.</summary>
internal static class LabelSimulateCommand
{
    public static Command Create(CliContext context)
    {
        var pairs = new Option<string[]>("--pairs", "-p") { Description = "Files of {id, prompt, answer, …}: JSON lines or CSV, gzip too; '-' for standard input.", Required = true, AllowMultipleArgumentsPerToken = true };
        var judge = new Option<string>("--judge", "-j") { Description = "RUBRIC@DEPLOYMENT: by which rubric, and which model plays the personas.", Required = true };
        var personas = new Option<string?>("--personas") { Description = "YAML file of 'personas:', a list of name and profile. Default: a panel of eight of our own." };
        var results = new Option<string[]>("--results") { Description = "results.jsonl of the same pairs: its rows are written with these labels as target, ready for train and meta.", AllowMultipleArgumentsPerToken = true };
        var output = new Option<string>("--out", "-o") { Description = "Folder for ratings.jsonl, and with --results labelled.jsonl.", Required = true };
        var rejects = new Option<string?>("--rejects") { Description = "File for bad rows. Default: they are counted and the first is told." };
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var config = SweepCommands.ConfigOption();
        var purchasing = new Purchasing();
        var command = new Command("simulate", "A panel of personas over a deployment rates pairs; ratings are kept as stored judgments and marked simulated wherever they serve as target.") { pairs, judge, personas, results, output, rejects, json, config };
        purchasing.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var panel = PersonaSet.Load(parsed.GetValue(personas));
            var spec = parsed.GetValue(judge)!;
            await using var host = await EmbeddedHost.OpenAsync(context, parsed.GetValue(config), purchasing.Store(parsed), cancellationToken);
            var catalog = host.Catalog(purchasing.Concurrency(parsed));
            LlmJudge[] judges = [.. panel.Select(p => catalog.Persona(spec, p.Profile))];
            var about = judges[0].Descriptor;
            if (about.ComparesDirectly || about.Dimensions.Count != 1) throw new OrchestrationException(ErrorCodes.Usage, $"{spec}: a rating is one number; the rubric {(about.ComparesDirectly ? "compares two answers" : $"has {about.Dimensions.Count} dimensions")}. Name one that scores one dimension ('orchestrate rubric list').");
            var set = PairsToRate.Read(new RowInput { Files = parsed.GetValue(pairs)!, RejectsPath = parsed.GetValue(rejects), StandardInput = context.StandardInput }, about.NeedsReference, cancellationToken);
            await MetaText.RejectsAsync(context, set.Report);

            var deployment = spec[(spec.LastIndexOf('@') + 1)..];
            var payer = "label-" + PairHash.Of(["label simulate", spec, .. set.Pairs.Select(static p => p.Prompt + "\u001f" + p.Answer)]).ToString()[..12];
            var bound = Bound(judges, set.Pairs, host, deployment);
            var what = string.Create(CultureInfo.InvariantCulture, $"{set.Pairs.Count:N0} pairs, {panel.Count} personas: {set.Pairs.Count * panel.Count:N0} ratings");
            if (!await purchasing.BeginAsync(context, parsed, host, deployment, what, bound, payer, cancellationToken)) return ExitStatus.Completed;

            var ratings = new Judgment[set.Pairs.Count * panel.Count];
            var cost = new decimal[ratings.Length];
            var run = await PurchaseRun.OfAsync(ratings.Length, judges[0].Concurrency, async (i, stop) =>
            {
                var reply = await judges[i % panel.Count].JudgeAsync(new JudgeRequest<Pair> { Items = [set.Pairs[i / panel.Count]], Payer = payer }, stop);
                (ratings[i], cost[i]) = (reply.Judgments[0], reply.Totals.CostUsd);
                return reply.FromStore == 1;
            }, cancellationToken);
            var spent = await Purchasing.SpentAsync(host, payer);
            if (run.Cap is not null || cancellationToken.IsCancellationRequested)
            {
                if (run.Cap is not null) await context.Error.WriteLineAsync(run.Cap.Message);
                await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{run.Done:N0} of {ratings.Length:N0} ratings are in the store, {spent}. Nothing is written yet; the same command goes on{(run.Cap is null ? "" : " with a higher --max-cost")}."));
                return run.Cap is null ? ExitStatus.Interrupted : ExitStatus.Capped;
            }

            var labels = new SimulatedLabels(set.Pairs, panel, ratings);
            var folder = parsed.GetValue(output)!;
            var by = $"{host.Config.Deployment(deployment).Model.Name} by {spec[..spec.LastIndexOf('@')]}";
            await Purchasing.WriteAsync(Path.Combine(folder, "ratings.jsonl"), labels.Lines(by), cancellationToken);
            var (labelled, kept) = (0, 0);
            if (parsed.GetValue(results) is { Length: > 0 } files)
            {
                (var lines, labelled, kept) = labels.Into(new RowInput { Files = files }, cancellationToken);
                await Purchasing.WriteAsync(Path.Combine(folder, "labelled.jsonl"), lines, cancellationToken);
            }

            var table = new MetaTable("persona", "ratings", "mean");
            for (var p = 0; p < panel.Count; p++) table.Row(panel[p].Name, MetaText.Number(labels.Of(p).Rated, 0), MetaText.Number(labels.Of(p).Mean));
            context.Write(table.Done());
            await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"SIMULATED ratings of {panel.Count} personas played by {by} in {Path.Combine(folder, "ratings.jsonl")}: what a model thinks that such people would say. Every row is marked, and train and meta say so wherever they serve as target."));
            if (labels.Missing.Count != 0) await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{ratings.Length - labels.Rated:N0} ratings are missing ({string.Join(", ", labels.Missing.Select(static m => $"{m.Reason} {m.Count:N0}"))}): a target is the mean of the others."));
            if (labelled + kept != 0) await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{labelled:N0} results labelled in {Path.Combine(folder, "labelled.jsonl")}{(kept == 0 ? "" : $"; {kept:N0} that had a target keep it, unmarked")}"));
            await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{run.Done - run.FromStore:N0} ratings bought now, {run.FromStore:N0} from the store, {spent}"));
            if (parsed.GetValue(json))
            {
                await context.Out.WriteLineAsync(MetaText.ToLine(new JsonObject
                {
                    ["simulated"] = true,
                    ["pairs"] = set.Pairs.Count,
                    ["personas"] = panel.Count,
                    ["rated"] = labels.Rated,
                    ["missing"] = ratings.Length - labels.Rated,
                    ["labelled_results"] = labelled,
                    ["kept_results"] = kept,
                    ["bought"] = run.Done - run.FromStore,
                    ["from_store"] = run.FromStore,
                    ["cost_usd"] = cost.Sum(),
                    ["out"] = folder,
                }));
            }

            return labels.Rated == 0 ? ExitStatus.Unsatisfied : ExitStatus.Completed;
        });
        return command;
    }

    private static decimal? Bound(LlmJudge[] judges, IReadOnlyList<Pair> pairs, EmbeddedHost host, string deployment)
    {
        if (host.Config.Deployment(deployment).Prices is not { } prices) return null;
        var sum = 0m;
        foreach (var judge in judges)
        {
            foreach (var pair in pairs)
            {
                var measure = judge.MeasureOf(pair);
                sum += prices.UpperBound(measure.TextBytes + measure.ImageTokens + 96, measure.MaxOutputTokens);
            }
        }

        return sum;
    }
}
