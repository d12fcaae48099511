using System.CommandLine;
using System.Globalization;
using Orchestration.Cli.Meta;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Reports;
using Orchestration.Core.Routing.Models;
using Orchestration.Core.Routing.Offline;
using Orchestration.Learning.Intervals;

namespace Orchestration.Cli.Routing;

/// <summary>
/// <c>orchestrate route eval</c>: with <c>--matrix</c>, policies on rows that they were not made from, beside what any router has to beat; with <c>--ledger</c>, policies
/// on logged decisions (<see cref="LedgerEval"/>).
/// </summary>
internal static class RouteEvalCommand
{
    public static Command Create(CliContext context)
    {
        var matrix = new Option<string[]>("--matrix", "-m") { Description = "What every expert was worth on every prompt: {id, prompt, group?, quality{model: 0–1}, cost{model: USD}?} a row; gzip too.", AllowMultipleArgumentsPerToken = true };
        var train = new Option<string[]>("--train") { Description = "Another matrix to train on; then there are no folds.", AllowMultipleArgumentsPerToken = true };
        var policies = new Option<string[]>("--policy", "-p") { Description = $"auto (default), {string.Join(", ", RoutingHeads.All)}, cheapest=QUALITY, net-value=LAMBDA, two-model=GAIN, always=MODEL; several are compared. With --ledger: policies of router.policies.", AllowMultipleArgumentsPerToken = true };
        var folds = new Option<int>("--folds") { Description = "Folds of whole prompts.", DefaultValueFactory = _ => 5 };
        var draws = new Option<int>("--draws") { Description = "Draws of folds; figures are means over them.", DefaultValueFactory = _ => 1 };
        var leaveOut = new Option<bool>("--leave-out") { Description = "Holds out whole groups instead, one after another." };
        var prices = new Option<string?>("--prices") { Description = "Prices, {model, usd_per_mtok_in, usd_per_mtok_out} a row: costs are estimated from them." };
        var outputTokens = new Option<int>("--output-tokens") { Description = "Tokens of an answer, for --prices.", DefaultValueFactory = _ => TokenPriceFile.DefaultOutputTokens };
        var resamples = new Option<int>("--resamples") { Description = "Resamples of the prompts for intervals.", DefaultValueFactory = _ => 500 };
        var rejects = new Option<string?>("--rejects") { Description = "File for bad rows. Default: they are counted, and the first is shown." };
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var config = SweepCommands.ConfigOption();
        var training = new RouteTrainingOptions();
        var ledger = new LedgerOptions();
        var embedding = new EmbeddingOptions();
        var command = new Command("eval", "Evaluates routers on recorded outcomes (--matrix) or on logged decisions (--ledger): quality, cost, APGR, CPT, AIQ, RouterArena score and regret, with intervals, beside best single, random, prompt length, task table and oracle.")
        {
            matrix, train, policies, folds, draws, leaveOut, prices, outputTokens, resamples, config,
        };
        ledger.AddTo(command);
        training.AddTo(command);
        embedding.AddTo(command);
        command.Options.Add(rejects);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var hasMatrix = parsed.GetValue(matrix) is { Length: > 0 };
            if (ledger.Ledger(parsed) is { } logged)
            {
                if (hasMatrix) throw new OrchestrationException(ErrorCodes.Usage, "--matrix and --ledger exclude one another: a matrix knows every expert's outcome, a ledger the one that was asked.");
                var values = ledger.Values(parsed, MetaOptions.Within("--folds", parsed.GetValue(folds), 2, 1000), training.Read(parsed, RoutingHeads.Auto, cancellationToken).Seed);
                var question = LedgerEval.Question(logged, parsed.GetValue(config), parsed.GetValue(policies) ?? [], values, FetchAsync) with { Rejects = parsed.GetValue(rejects), Json = parsed.GetValue(json) };
                return await LedgerEval.RunAsync(context, question, cancellationToken);

                Task<FetchedEmbeddings> FetchAsync(IReadOnlyList<string> prompts, IReadOnlyList<EmbeddingUser> users) =>
                    embedding.FetchForAsync(context, parsed, parsed.GetValue(config), prompts, users, cancellationToken);
            }

            if (!hasMatrix) throw new OrchestrationException(ErrorCodes.Usage, "Nothing to value policies on. Name a routing matrix with --matrix, or logged decisions with --ledger.");
            var input = new RowInput { Files = parsed.GetValue(matrix)!, RejectsPath = parsed.GetValue(rejects), StandardInput = context.StandardInput };
            var (rows, read) = RoutingMatrixReader.Read(input, null, cancellationToken);
            await RouteTrainingOptions.TellRejectsAsync(context, read, parsed.GetValue(rejects));
            if (parsed.GetValue(prices) is { } priced) rows = TokenPriceFile.Apply(rows, priced, MetaOptions.Within("--output-tokens", parsed.GetValue(outputTokens), 0, 1_000_000), cancellationToken);
            var options = new RouteEvaluation
            {
                Policies = parsed.GetValue(policies) is { Length: > 0 } named ? named : [RoutingHeads.Auto],
                Folds = parsed.GetValue(folds),
                Draws = parsed.GetValue(draws),
                LeaveOut = parsed.GetValue(leaveOut),
                Training = training.Read(parsed, RoutingHeads.Auto, cancellationToken),
                Resamples = MetaOptions.Within("--resamples", parsed.GetValue(resamples), 20, 1_000_000),
                MaxThreads = Environment.ProcessorCount,
                Cancellation = cancellationToken,
                Progress = context.IsErrorTerminal ? (done, all) => context.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\rtrained {done:N0} of {all:N0} models{(done == all ? "\n" : "")}")) : null,
            };
            var trained = parsed.GetValue(train) is { Length: > 0 } others ? others : null;
            if (trained is not null && options.LeaveOut) throw new OrchestrationException(ErrorCodes.Usage, "--train and --leave-out exclude one another: with --train all rows of --matrix are held out.");
            var learned = trained is null ? null : await TrainingAsync(context, trained, rows, parsed.GetValue(prices), parsed.GetValue(outputTokens), cancellationToken);
            var fetched = await embedding.FetchAsync(context, parsed, parsed.GetValue(config), learned is null ? rows.Prompts : [.. rows.Prompts, .. learned.Prompts], cancellationToken);
            if (fetched.Exit is { } exit) return exit;
            options = options with { Embeddings = fetched.Embeddings };
            var report = learned is null ? RouteReport.Run(rows, options) : RouteReport.Run(rows, learned, options);
            await TellAsync(context, report, rows, options, trained is not null);
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(MetaText.ToLine(RouteReportJson.Write(report)));
            return ExitStatus.Completed;
        });
        return command;
    }

    private static async Task<RoutingMatrix> TrainingAsync(CliContext context, string[] files, RoutingMatrix rows, string? prices, int outputTokens, CancellationToken cancellationToken)
    {
        var (training, report) = RoutingMatrixReader.Read(new RowInput { Files = files, StandardInput = context.StandardInput }, rows.Experts, cancellationToken);
        await RouteTrainingOptions.TellRejectsAsync(context, report, null);
        return prices is null ? training : TokenPriceFile.Apply(training, prices, outputTokens, cancellationToken);
    }

    private static async Task TellAsync(CliContext context, RouteReport report, RoutingMatrix rows, RouteEvaluation options, bool isTrained)
    {
        var how = isTrained ? "trained on other rows" : options.LeaveOut ? "whole groups left out" : string.Create(CultureInfo.InvariantCulture, $"{options.Folds} folds of whole prompts, {options.Draws} draw{(options.Draws == 1 ? "" : "s")}");
        await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{report.Rows:N0} prompts, {report.Experts.Count} experts; {how}"));
        var (two, cost) = (report.Experts.Count == 2, rows.Cost is not null);
        List<string> columns = ["quality", "95%", "regret"];
        if (two) columns.AddRange(["APGR", "95%", "CPT50", "CPT80"]);
        if (cost) columns.AddRange(["USD/1,000", "AIQ", "RouterArena"]);
        var table = new MetaTable("router", [.. columns]);
        foreach (var figures in report.Policies.Concat(report.Baselines))
        {
            List<string> cells = [figures.Name, Number(figures.Quality.Value), Between(figures.Quality), Number(figures.Regret.Value)];
            if (two) cells.AddRange([Number(figures.Apgr.Value), Between(figures.Apgr), Number(figures.Cpt50.Value), Number(figures.Cpt80.Value)]);
            if (cost) cells.AddRange([(1000 * figures.Cost.Value).ToString("0.####", CultureInfo.InvariantCulture), Number(figures.Aiq.Value), Number(figures.Arena.Value)]);
            table.Row([.. cells]);
        }

        context.Write(table.Done());
        var chosen = string.Join(", ", report.Choices.OrderByDescending(static c => c.Value).ThenBy(static c => c.Key, StringComparer.Ordinal).Select(static c => string.Create(CultureInfo.InvariantCulture, $"{c.Key} ({c.Value})")));
        await context.SayAsync(
        [
            .. report.Meaning,
            string.Create(CultureInfo.InvariantCulture, $"random differs by {report.RandomSpread:0.0000} (standard deviation) from one time to the next{(two ? string.Create(CultureInfo.InvariantCulture, $", its APGR by {report.RandomApgrSpread:0.0000}") : "")}."),
            $"Chosen on training rows alone, by number of models: {chosen}. One of them: {report.LastChoice}",
            "task_table is told each prompt's group; policies see the prompt alone. best_single, prompt_length and task_table are made from training rows.",
            string.Create(CultureInfo.InvariantCulture, $"Intervals: bootstrap over prompts, {options.Resamples:N0} resamples, choices as they were made (models are not refitted)."),
            .. cost ? Array.Empty<string>() : ["Rows have no cost: cost, AIQ and RouterArena score are null. --prices FILE estimates them."],
        ]);
    }

    private static string Number(double value) => double.IsNaN(value) ? "–" : value.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Between(Estimate estimate) => string.Create(CultureInfo.InvariantCulture, $"{estimate.Lower:0.000}–{estimate.Upper:0.000}");
}
