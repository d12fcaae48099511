using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Cli.Meta;
using Orchestration.Cli.Sweeps;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Routing.Models;

namespace Orchestration.Cli.Routing;

/// <summary><c>orchestrate route train</c>: a routing model from judged history.</summary>
internal static class RouteTrainCommand
{
    public static Command Create(CliContext context)
    {
        var matrix = new Option<string[]>("--matrix", "-m") { Description = "Judged history: {id, prompt, group?, quality{model: 0–1}, cost{model: USD}?} a row; gzip too.", Required = true, AllowMultipleArgumentsPerToken = true };
        var output = new Option<string>("--out", "-o") { Description = "The model's file.", Required = true };
        var kind = new Option<string>("--kind", "--policy") { Description = $"auto, or one of {string.Join(", ", RoutingHeads.All)}.", DefaultValueFactory = _ => RoutingHeads.Auto };
        var rejects = new Option<string?>("--rejects") { Description = "File for bad rows. Default: they are counted, and the first is shown." };
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var config = SweepCommands.ConfigOption();
        var embedding = new EmbeddingOptions();
        var training = new RouteTrainingOptions();
        var command = new Command("train", "Trains a routing model: what each expert's answer to a prompt will be worth, with intervals, from the prompt alone.") { matrix, output, kind };
        training.AddTo(command);
        embedding.AddTo(command);
        command.Options.Add(config);
        command.Options.Add(rejects);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var input = new RowInput { Files = parsed.GetValue(matrix)!, RejectsPath = parsed.GetValue(rejects), StandardInput = context.StandardInput };
            var (rows, report) = RoutingMatrixReader.Read(input, null, cancellationToken);
            await RouteTrainingOptions.TellRejectsAsync(context, report, parsed.GetValue(rejects));
            var fetched = await embedding.FetchAsync(context, parsed, parsed.GetValue(config), rows.Prompts, cancellationToken);
            if (fetched.Exit is { } exit) return exit;
            var model = RoutingTrainer.Train(rows, training.Read(parsed, parsed.GetValue(kind)!, cancellationToken), fetched.Embeddings);
            var path = parsed.GetValue(output)!;
            await RoutingModelFile.SaveAsync(model, path, cancellationToken);
            await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{path}: {model.Facts.Rows:N0} prompts, {model.Experts.Count} experts, {model.Tasks.Count} tasks; version {model.Version[..12]}"));
            await context.Out.WriteLineAsync($"- {model.Facts.Choice}");
            if (model.Embedding is { } need) await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"- It looks at prompts through embeddings of {need.Dimensions:N0} numbers by deployment '{need.Deployment}' ({need.Model}): 'orchestrate serve' asks it for each request."));
            await context.Out.WriteLineAsync(model.Tasks.Count == 0
                ? "- The history names no tasks (groups of at least ten prompts): it cannot be told what is unlike it, and the router never abstains."
                : string.Create(CultureInfo.InvariantCulture, $"- It abstains where a prompt looks less like its task than {model.Facts.Abstain:0.#%} of the history's own."));
            await context.Out.WriteLineAsync("- What it is worth on prompts that it has not seen: orchestrate route eval, with the same matrix.");
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(MetaText.ToLine(Json(model, path)));
            return ExitStatus.Completed;
        });
        return command;
    }

    private static JsonObject Json(RoutingModel model, string path) => new()
    {
        ["out"] = path,
        ["version"] = model.Version,
        ["features_version"] = model.Features.Version,
        ["embeddings"] = model.Embedding is not { } need ? null : new JsonObject { ["deployment"] = need.Deployment, ["model"] = need.Model, ["dimensions"] = need.Dimensions },
        ["kind"] = model.Facts.Kind,
        ["choice"] = model.Facts.Choice,
        ["rows"] = model.Facts.Rows,
        ["experts"] = new JsonArray([.. model.Experts.Select(static e => (JsonNode)e)]),
        ["means"] = new JsonArray([.. model.Means.Select(static m => (JsonNode)m)]),
        ["best_single"] = model.Experts[model.BestSingle],
        ["tasks"] = new JsonArray([.. model.Tasks.Select(static t => (JsonNode)t)]),
    };
}
