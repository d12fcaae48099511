using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Cli.Meta;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Models;
using Orchestration.Core.Routing.Offline;

namespace Orchestration.Cli.Routing;

/// <summary><c>orchestrate route explain</c>: what a routing model says of one prompt, expert by expert, and who is asked.</summary>
internal static class RouteExplainCommand
{
    public static Command Create(CliContext context)
    {
        var file = new Option<string>("--model", "-m") { Description = "A routing model made by 'route train'.", Required = true };
        var prompt = new Option<string>("--prompt", "-p") { Description = "The prompt; - reads standard input.", Required = true };
        var policy = new Option<string>("--policy") { Description = $"auto, {string.Join(", ", RoutingHeads.All)}, cheapest=QUALITY, net-value=LAMBDA, two-model=GAIN, always=MODEL.", DefaultValueFactory = _ => RoutingHeads.Auto };
        var prices = new Option<string?>("--prices") { Description = "Prices, {model, usd_per_mtok_in, usd_per_mtok_out} a row." };
        var outputTokens = new Option<int>("--output-tokens") { Description = "Tokens of an answer, for --prices.", DefaultValueFactory = _ => TokenPriceFile.DefaultOutputTokens };
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var config = SweepCommands.ConfigOption();
        var embedding = new EmbeddingOptions();
        var command = new Command("explain", "Says what a routing model predicts of every expert for a prompt, with intervals, and which rule asks whom.") { file, prompt, policy, prices, outputTokens, json, config };
        embedding.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var model = RoutingModelFile.Load(parsed.GetValue(file)!);
            var text = parsed.GetValue(prompt)!;
            if (text == "-")
            {
                using var reader = new StreamReader(context.StandardInput, leaveOpen: true);
                text = await reader.ReadToEndAsync(cancellationToken);
            }

            var fetched = await embedding.FetchForAsync(context, parsed, parsed.GetValue(config), [text], [new EmbeddingUser(parsed.GetValue(file)!, model.Embedding)], cancellationToken);
            if (fetched.Exit is { } exit) return exit;
            var asked = new RoutingPrompt(text);
            var explanation = RouteExplanation.Of(model, fetched.Embeddings?.On(asked) ?? asked, parsed.GetValue(policy)!, parsed.GetValue(prices), MetaOptions.Within("--output-tokens", parsed.GetValue(outputTokens), 0, 1_000_000), cancellationToken);
            var choice = explanation.Choice;
            var table = new MetaTable("expert", "predicted quality", "95%", "mean of the history", "USD", "place");
            foreach (var estimate in choice.Estimates)
            {
                table.Row(
                    estimate.Expert, Number(estimate.Quality), string.Create(CultureInfo.InvariantCulture, $"{estimate.Lower:0.000}–{estimate.Upper:0.000}"), Number(model.Means[model.Experts.IndexOf(estimate.Expert)]),
                    estimate.CostUsd?.ToString("0.000000", CultureInfo.InvariantCulture) ?? "–", (choice.Experts.IndexOf(estimate.Expert) + 1).ToString(CultureInfo.InvariantCulture));
            }

            context.Write(table.Done());
            await context.SayAsync(explanation.Sentences());
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(MetaText.ToLine(Json(explanation, model)));
            return ExitStatus.Completed;
        });
        return command;
    }

    private static int IndexOf(this IReadOnlyList<string> names, string name)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i] == name) return i;
        }

        return -1;
    }

    private static string Number(double value) => double.IsNaN(value) ? "–" : value.ToString("0.0000", CultureInfo.InvariantCulture);

    private static JsonObject Json(RouteExplanation explanation, RoutingModel model) => new()
    {
        ["expert"] = explanation.Choice.Experts[0],
        ["rule"] = explanation.Choice.Reason,
        ["abstained"] = explanation.Choice.IsAbstention,
        ["familiarity"] = explanation.Prediction.Familiarity,
        ["task"] = explanation.Prediction.Task < 0 ? null : model.Tasks[explanation.Prediction.Task],
        ["policy_version"] = explanation.PolicyVersion,
        ["features_version"] = model.Features.Version,
        ["candidates"] = new JsonArray([.. explanation.Choice.Estimates.Select(static e => (JsonNode)new JsonObject
        {
            ["expert"] = e.Expert,
            ["quality"] = double.IsNaN(e.Quality) ? null : e.Quality,
            ["lower"] = double.IsNaN(e.Lower) ? null : e.Lower,
            ["upper"] = double.IsNaN(e.Upper) ? null : e.Upper,
            ["cost_usd"] = e.CostUsd,
            ["probability"] = e.Probability,
        })]),
    };
}
