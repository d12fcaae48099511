using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestration.Cli.Experiments;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Judging.Code;
using Orchestration.Core.MetaEvaluation.Surrogates;
using Orchestration.Learning.Surrogates;

namespace Orchestration.Cli.Meta;

/// <summary><c>orchestrate meta surrogate</c>: whether cheap scores can stand in for a costly judge, how often, and what that saves.</summary>
internal static class SurrogateCommand
{
    public static Command Create(CliContext context)
    {
        var scores = new Option<string[]>("--scores", "-s") { Description = "results.jsonl with the costly judge's and cheap judges' scores; CSV and gzip too.", Required = true, AllowMultipleArgumentsPerToken = true };
        var costly = new Option<string>("--costly", "-c") { Description = "The judge to stand in for, by its name in scores.", Required = true };
        var from = new Option<string[]>("--from", "-j") { Description = "The cheap judges. Default: the code judges among the scores.", AllowMultipleArgumentsPerToken = true };
        var fidelity = new Option<double>("--fidelity") { Description = "R² against the costly judge's own scores that must be kept, above 0 and below 1.", DefaultValueFactory = _ => 0.9 };
        var price = new Option<decimal?>("--price") { Description = "US dollars of one call of the costly judge. Default: as the summary.json beside the results has it." };
        var model = new Option<string>("--model", "-m") { Description = "Model that predicts.", DefaultValueFactory = _ => "gam" };
        var group = new Option<string?>("--group") { Description = "Field that says which rows are of one prompt. Default: 'group', else the prompt, else each row alone." };
        var folds = new Option<int>("--folds") { Description = "Folds of whole prompts, outside and inside.", DefaultValueFactory = _ => 5 };
        var resamples = new Option<int>("--resamples") { Description = "Resamples of the prompts for bounds.", DefaultValueFactory = _ => 1000 };
        var seed = new Option<ulong>("--seed") { Description = "Seed of everything random.", DefaultValueFactory = _ => 0 };
        var rejects = new Option<string?>("--rejects") { Description = "File for bad rows. Default: they are counted and the first is told." };
        var html = CheckOutput.HtmlOption();
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var config = SweepCommands.ConfigOption();
        var command = new Command("surrogate", "A learned stand-in for a costly judge from cheap judges' scores: how far it agrees, which share of calls it spares at a stated fidelity, what that saves; or that it is no good.")
        {
            scores, costly, from, fidelity, price, model, group, folds, resamples, seed, rejects, html, json, config,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new SurrogateOptions
            {
                Folds = MetaOptions.Within("--folds", parsed.GetValue(folds), 2, 100),
                Fidelity = CheckOutput.Between("--fidelity", parsed.GetValue(fidelity), 0, 1),
                Resamples = MetaOptions.Within("--resamples", parsed.GetValue(resamples), 20, 1_000_000),
                Seed = parsed.GetValue(seed),
                MaxThreads = Environment.ProcessorCount,
                Cancellation = cancellationToken,
            };
            AggregatorTrainer.RecipeOf(parsed.GetValue(model)!, null);
            var input = new SurrogateInput(parsed.GetValue(scores)!, parsed.GetValue(costly)!, ExperimentOptions.Split(parsed.GetValue(from)), parsed.GetValue(model)!, parsed.GetValue(group), parsed.GetValue(price), parsed.GetValue(rejects), parsed.GetValue(config));
            var result = await RunAsync(context, input, options, cancellationToken);
            await context.TellAsync(result, parsed.GetValue(html), parsed.GetValue(json), cancellationToken);
            return result.Json["useful"]!.GetValue<bool>() ? ExitStatus.Completed : ExitStatus.Unsatisfied;
        });
        return command;
    }

    /// <summary>Reads, fits and tries.</summary>
    /// <exception cref="OrchestrationException">The costly judge has no scores, or there is no cheap one.</exception>
    public static async Task<CheckResult> RunAsync(CliContext context, SurrogateInput asked, SurrogateOptions options, CancellationToken cancellationToken)
    {
        // The costly judge's score is the target; the first pass over the rows only finds out who is there.
        var input = new TrainingInput { Files = asked.Files, Target = $"scores.{asked.Costly}", Group = asked.Group, KeepUnlabelled = true, RejectsPath = asked.Rejects, StandardInput = context.StandardInput };
        var seen = TrainingReader.Read(input, cancellationToken);
        if (!seen.Judges.Contains(asked.Costly, StringComparer.Ordinal)) throw new OrchestrationException(ErrorCodes.NotFound, $"--costly {asked.Costly}: the rows have no scores of it. They have {string.Join(", ", seen.Judges.Take(20))}.");
        if (seen.Unlabelled == seen.Count) throw new OrchestrationException(ErrorCodes.Input, $"'{asked.Costly}' has scored none of the rows: there is nothing to learn from.");
        string[] cheap = [.. seen.Judges.Where(j => j != asked.Costly && (asked.From.Count == 0 ? CodeJudges.Find(j.Split('/')[0]) is not null : asked.From.Contains(j, StringComparer.Ordinal)))];
        if (asked.From.FirstOrDefault(f => !seen.Judges.Contains(f, StringComparer.Ordinal)) is { } gone) throw new OrchestrationException(ErrorCodes.NotFound, $"--from {gone}: the rows have no scores of it. They have {string.Join(", ", seen.Judges.Take(20))}.");
        if (asked.From.Contains(asked.Costly, StringComparer.Ordinal)) throw new OrchestrationException(ErrorCodes.Usage, $"--from {asked.Costly} is the costly judge itself. Leave it out.");
        if (cheap.Length == 0) throw new OrchestrationException(ErrorCodes.Usage, $"No code judge is among the scores ({string.Join(", ", seen.Judges.Take(20))}). Name the cheap judges with --from.");
        if (seen.Rejected != 0) await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{seen.Rejected:N0} rows rejected. The first: {seen.FirstReject}"));
        if (seen.Unlabelled != 0) await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{seen.Unlabelled:N0} rows have no score of '{asked.Costly}' and are not learned from"));
        if (seen.HasLoneRows) await context.Error.WriteLineAsync("rows without a group or prompt stand alone: if several are of one prompt, name its field with --group, or figures are flattered");
        var configuration = OrchestrationConfig.Load(asked.Config);
        var scales = new RecordedScales(new Dictionary<string, Scale>(), configuration.JudgeScales, JudgeCatalog.RubricsOf(configuration));
        var set = TrainingSet.Of(seen.Only(cheap), input, judge => scales.TryGetValue(judge, out var known) ? known : CodeJudges.Find(judge.Split('/')[0])?.Scale);
        var outcome = SurrogateCheck.Run(set, asked.Costly, asked.Model, asked.PriceUsd ?? PriceOf(asked.Files, asked.Costly), options);
        return new CheckResult(SurrogateCheck.Section(outcome, CheckOutput.Facts(asked.Files)), Json(outcome));
    }

    /// <summary>What a call cost, from the summaries beside the results; null where none says.</summary>
    private static decimal? PriceOf(IReadOnlyList<string> files, string judge)
    {
        var (calls, cost) = (0L, 0m);
        foreach (var file in files.Where(static f => f != "-"))
        {
            var summary = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, "summary.json");
            if (!File.Exists(summary)) continue;
            try
            {
                using var document = JsonDocument.Parse(File.ReadAllBytes(summary));
                if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("cost", out var entries) || entries.ValueKind != JsonValueKind.Array) continue;
                foreach (var entry in entries.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.Object && e.TryGetProperty("judge", out var name) && name.ValueKind == JsonValueKind.String && IsOf(judge, name.GetString()!)))
                {
                    if (entry.TryGetProperty("calls", out var n) && n.TryGetInt64(out var made) && entry.TryGetProperty("settled_usd", out var c) && c.TryGetDecimal(out var usd)) (calls, cost) = (calls + made, cost + usd);
                }
            }
            catch (JsonException)
            {
                // Not one of ours: then the price is not known, and the section says so.
            }
        }

        return calls == 0 ? null : cost / calls;
    }

    /// <summary>One call gives all dimensions of a judge, each a column <c>judge/dimension</c>.</summary>
    private static bool IsOf(string column, string judge) => column == judge || column.StartsWith(judge + "/", StringComparison.Ordinal);

    private static JsonObject Json(SurrogateOutcome outcome) => new()
    {
        ["costly"] = outcome.Costly,
        ["from"] = new JsonArray([.. outcome.Cheap.Select(static c => (JsonNode)c)]),
        ["model"] = outcome.Model,
        ["rows"] = outcome.Rows,
        ["prompts"] = outcome.Prompts,
        ["asked_fidelity"] = outcome.Fidelity,
        ["useful"] = outcome.IsUseful,
        ["r2"] = MetaText.Json(outcome.Study.R2),
        ["correlation"] = MetaText.Json(outcome.Study.Correlation),
        ["mean_absolute_error"] = MetaText.Json(outcome.Study.Error),
        ["same_order"] = MetaText.Json(outcome.Study.Order),
        ["spared"] = MetaText.Json(outcome.Study.Spared),
        ["fidelity"] = MetaText.Json(outcome.Study.Fidelity),
        ["price_usd"] = outcome.PriceUsd,
        ["saved_usd_per_1000"] = outcome.SavedUsd is { } saved ? MetaText.Json(saved) : null,
        ["curve"] = new JsonArray([.. outcome.Study.Curve.Select(static c => MetaText.Json(c))]),
    };
}

/// <summary>What a surrogate is learned from.</summary>
/// <param name="Files">Results.</param>
/// <param name="Costly">The costly judge.</param>
/// <param name="From">The cheap judges; empty for the code judges.</param>
/// <param name="Model">The model that predicts.</param>
/// <param name="Group">The field of the prompt; null for the default.</param>
/// <param name="PriceUsd">Of a call; null for the summaries'.</param>
/// <param name="Rejects">Where bad rows go.</param>
/// <param name="Config">The configuration; null for the usual one.</param>
internal sealed record SurrogateInput(IReadOnlyList<string> Files, string Costly, IReadOnlyList<string> From, string Model, string? Group, decimal? PriceUsd, string? Rejects, string? Config);
