using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Cli.Meta;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Bandits;
using Orchestration.Core.Routing.Features;
using Orchestration.Core.Routing.Models;

namespace Orchestration.Cli.Routing;

/// <summary><c>orchestrate route replay</c>: bandits on prompts of which everybody's quality is known.</summary>
internal static class ReplayCommand
{
    public static Command Create(CliContext context)
    {
        var matrix = new Option<string[]>("--matrix") { Description = "Files of {id, prompt, quality{model: 0–1}, cost{model: USD}?}: JSON lines or CSV, gzip too.", Required = true, AllowMultipleArgumentsPerToken = true };
        var policy = new Option<string>("--policy") { Description = "lin-ucb or thompson.", DefaultValueFactory = _ => "thompson" };
        policy.AcceptOnlyFromAmong("lin-ucb", "thompson");
        var model = new Option<string?>("--model") { Description = "Routing model whose features are used, trained on other rows. Default: features that nobody trained." };
        var delay = new Option<int>("--delay") { Description = "Decisions between an answer and its reward.", DefaultValueFactory = _ => 0 };
        var drift = new Option<string[]>("--drift") { Description = "EXPERT@ROW*FACTOR: from this row on the expert's quality is multiplied, as in mistral@2000*0.5. May be repeated.", AllowMultipleArgumentsPerToken = true };
        var history = new Option<string[]>("--history") { Description = "Files of other rows, like those of --matrix, that the bandit knows before it begins.", AllowMultipleArgumentsPerToken = true };
        var historyWeight = new Option<double>("--history-weight") { Description = "What a row of the history counts; a reward counts 1.", DefaultValueFactory = _ => 1 };
        var runs = new Option<int>("--runs") { Description = "Runs, each with its own order of the rows.", DefaultValueFactory = _ => 10 };
        var seed = new Option<ulong>("--seed") { Description = "Seed of the first run.", DefaultValueFactory = _ => 0 };
        var width = new Option<double?>("--width") { Description = "Width of exploration, in units of quality. Default: 0.1." };
        var lambda = new Option<double>("--lambda") { Description = "Quality that one US dollar is worth.", DefaultValueFactory = _ => 0 };
        var halfLife = new Option<double?>("--half-life") { Description = "Rows after which a reward counts half. Default: age does not matter." };
        var explore = new Option<double>("--explore") { Description = "Share of the decisions that go to an expert drawn evenly.", DefaultValueFactory = _ => 0.02 };
        var judged = new Option<double>("--judge-share") { Description = "Share of the answers that get a reward.", DefaultValueFactory = _ => 1 };
        var rejects = new Option<string?>("--rejects") { Description = "File for bad rows. Default: they are counted, and the first is shown." };
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var config = SweepCommands.ConfigOption();
        var embedding = new EmbeddingOptions();
        var command = new Command("replay", "Replays a bandit on a routing matrix, with rewards that come late and experts that change, beside the best single expert, the oracle and chance.")
        {
            matrix, policy, model, history, historyWeight, delay, drift, runs, seed, width, lambda, halfLife, explore, judged, rejects, json, config,
        };
        embedding.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var input = new RowInput { Files = parsed.GetValue(matrix) ?? [], RejectsPath = parsed.GetValue(rejects), StandardInput = context.StandardInput };
            var (rows, report) = RoutingMatrixReader.Read(input, null, cancellationToken);
            await MetaText.RejectsAsync(context, report);
            var rule = parsed.GetValue(policy) == "lin-ucb" ? RoutingRule.LinUcb : RoutingRule.Thompson;
            if (parsed.GetValue(lambda) > 0 && rows.Cost is null)
                throw new OrchestrationException(ErrorCodes.Usage, "--lambda weighs costs, but not every row has some. Give every row its cost{model: USD}, or leave --lambda out.");
            var settings = new BanditSettings
            {
                Name = parsed.GetValue(policy)!,
                Rule = rule,
                Experts = rows.Experts,
                Lambda = parsed.GetValue(lambda),
                Width = parsed.GetValue(width),
                HalfLife = parsed.GetValue(halfLife) is { } half ? Seconds(half) : null,
            };
            var options = new ReplayOptions
            {
                Runs = MetaOptions.Within("--runs", parsed.GetValue(runs), 1, 1000),
                Seed = parsed.GetValue(seed),
                Delay = MetaOptions.Within("--delay", parsed.GetValue(delay), 0, int.MaxValue),
                Explore = parsed.GetValue(explore),
                JudgeShare = parsed.GetValue(judged),
                History = parsed.GetValue(history) is { Length: > 0 } known ? Known(context, known, rows.Experts, cancellationToken) : null,
                HistoryWeight = parsed.GetValue(historyWeight),
                Drift = [.. (parsed.GetValue(drift) ?? []).Select(Drift)],
            };
            var trained = parsed.GetValue(model) is { } file ? RoutingModelFile.Load(file) : null;
            string[] prompts = [.. rows.Prompts, .. options.History?.Prompts ?? []];
            var fetched = await embedding.FetchForAsync(context, parsed, parsed.GetValue(config), prompts, [new EmbeddingUser(parsed.GetValue(model) ?? "", trained?.Embedding)], cancellationToken);
            if (fetched.Exit is { } exit) return exit;
            IPromptFeatures features = trained is null ? new UntrainedFeatures() : fetched.Embeddings is { } embeddings ? new EmbeddedFeatures(trained.Features, embeddings) : trained.Features;
            var result = BanditReplay.Run(settings, features, new ReplayRows(rows.Experts, rows.Prompts, rows.Quality, rows.Cost), options, cancellationToken);
            await TellAsync(context, settings.Name, result);
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(MetaText.ToLine(Json(settings.Name, result)));
            return ExitStatus.Completed;
        });
        return command;
    }

    private static ReplayRows Known(CliContext context, string[] files, IReadOnlyList<string> experts, CancellationToken cancellationToken)
    {
        var (rows, _) = RoutingMatrixReader.Read(new RowInput { Files = files, StandardInput = context.StandardInput }, experts, cancellationToken);
        return new ReplayRows(rows.Experts, rows.Prompts, rows.Quality, rows.Cost);
    }

    private static TimeSpan Seconds(double rows) => rows is > 0 and < 1e9
        ? TimeSpan.FromSeconds(rows)
        : throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"--half-life {rows}: more than 0 rows."));

    /// <summary>Reads <c>EXPERT@ROW*FACTOR</c>.</summary>
    private static ReplayedDrift Drift(string text)
    {
        var (at, times) = (text.LastIndexOf('@'), text.LastIndexOf('*'));
        if (at > 0 && times > at && int.TryParse(text.AsSpan(at + 1, times - at - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var row)
            && double.TryParse(text.AsSpan(times + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var factor) && factor >= 0)
            return new ReplayedDrift(text[..at], row, factor);
        throw new OrchestrationException(ErrorCodes.Usage, $"--drift {text}: write EXPERT@ROW*FACTOR, as in mistral@2000*0.5.");
    }

    private static async Task TellAsync(CliContext context, string policy, ReplayResult result)
    {
        await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{result.Rows:N0} rows, {result.Runs:N0} runs in orders of their own; a reward is quality less lambda times cost. ± is the standard deviation between runs."));
        var table = new MetaTable("who", "reward a row");
        table.Row(policy, Text(result.Bandit));
        table.Row($"best single ({result.BestSingleExpert}, told in hindsight)", Text(result.BestSingle));
        table.Row("oracle", Text(result.Oracle));
        table.Row("random", Text(result.Random));
        context.Write(table.Done());
        var curve = new MetaTable("rows", policy, "best single", "oracle");
        foreach (var part in result.Curve) curve.Row(part.Through.ToString("N0", CultureInfo.InvariantCulture), Text(part.Bandit), MetaText.Number(part.BestSingle, 4), MetaText.Number(part.Oracle, 4));
        context.Write(curve.Done());
        var (gain, error) = (result.Gain.Mean, result.Gain.Deviation / Math.Sqrt(result.Runs));
        var verdict = double.IsNaN(error) ? "One run says little: raise --runs."
            : gain > 2 * error ? "It beats the best single expert, which nobody knew beforehand."
            : gain < -2 * error ? "It LOSES to the best single expert told in hindsight: what it spends on learning is not earned back on so many rows."
            : "Against the best single expert told in hindsight the runs do not decide.";
        await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Regret to the oracle: {result.Regret.Mean:0.0} in all. Gain over the best single: {gain:+0.0000;-0.0000} a row. {verdict}"));
    }

    private static string Text(ReplayFigure figure) => double.IsNaN(figure.Deviation) ? MetaText.Number(figure.Mean, 4) : $"{MetaText.Number(figure.Mean, 4)} ± {MetaText.Number(figure.Deviation, 4)}";

    private static JsonObject Json(string policy, ReplayResult result) => new()
    {
        ["policy"] = policy,
        ["rows"] = result.Rows,
        ["runs"] = result.Runs,
        ["reward"] = Json(result.Bandit),
        ["regret"] = Json(result.Regret),
        ["gain_over_best_single"] = Json(result.Gain),
        ["curve"] = new JsonArray([.. result.Curve.Select(static p => (JsonNode)new JsonObject { ["rows"] = p.Through, ["reward"] = Json(p.Bandit), ["best_single"] = p.BestSingle, ["oracle"] = p.Oracle })]),
        ["baselines"] = new JsonObject { ["best_single"] = Json(result.BestSingle), ["best_single_expert"] = result.BestSingleExpert, ["random"] = Json(result.Random), ["oracle"] = Json(result.Oracle) },
    };

    private static JsonObject Json(ReplayFigure figure) => new() { ["mean"] = figure.Mean, ["deviation"] = MetaText.Json(figure.Deviation) };
}
