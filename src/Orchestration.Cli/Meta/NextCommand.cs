using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Cli.Experiments;
using Orchestration.Cli.Pairs;
using Orchestration.Core;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.MetaEvaluation.Next;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Ranking;

namespace Orchestration.Cli.Meta;

/// <summary><c>orchestrate meta next</c>: what to judge or to label next.</summary>
internal static class NextCommand
{
    public static Command Create(CliContext context)
    {
        var rows = new Option<string[]>("--rows") { Description = "Comparisons so far, {model_a, model_b, label}: JSON lines or CSV, gzip too. Chooses what to judge.", AllowMultipleArgumentsPerToken = true };
        var answers = new Option<string[]>("--answers") { Description = "Answers to choose from, {prompt, answer, source, group?}: then --out has comparisons ready for 'compare run', none of them made before.", AllowMultipleArgumentsPerToken = true };
        var together = new Option<int>("--together", "-k") { Description = $"Models in each: 2, or more where judges can order so many answers (at most {NextComparisons.MostTogether}).", DefaultValueFactory = _ => 2 };
        var scores = new Option<string[]>("--scores", "-s") { Description = "results.jsonl, some rows with labels. Chooses what to label.", AllowMultipleArgumentsPerToken = true };
        var target = new Option<string?>("--target") { Description = "Field of the label in --scores; null where an answer has none." };
        var judges = new Option<string[]>("--judges", "-j") { Description = "These judges of --scores only.", AllowMultipleArgumentsPerToken = true };
        var perPrompt = new Option<int>("--per-prompt") { Description = "Answers to one prompt that are labelled at most.", DefaultValueFactory = _ => 1 };
        var count = new Option<int>("--count", "-n") { Description = "How many.", DefaultValueFactory = _ => 20 };
        var output = new Option<string?>("--out", "-o") { Description = "File for what was chosen, one a line." };
        var seed = new Option<ulong>("--seed") { Description = "Seed of everything random.", DefaultValueFactory = _ => 0 };
        var resamples = new Option<int>("--resamples") { Description = "Resamples of the prompts that say how much prompts widen intervals.", DefaultValueFactory = _ => 200 };
        var rejects = new Option<string?>("--rejects") { Description = "File for bad rows. Default: they are counted and the first is told." };
        var html = CheckOutput.HtmlOption();
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var command = new Command("next", "Chooses the comparisons that most shrink a ranking's intervals (--rows), or the answers whose labels tell a model most (--scores).")
        {
            rows, answers, together, scores, target, judges, perPrompt, count, output, seed, resamples, rejects, html, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var wanted = MetaOptions.Within("--count", parsed.GetValue(count), 1, 10_000);
            string[] compared = parsed.GetValue(rows) ?? [], labelled = parsed.GetValue(scores) ?? [];
            if (compared.Length == 0 == (labelled.Length == 0)) throw new OrchestrationException(ErrorCodes.Usage, "Name comparisons with --rows to choose what to judge, or results with --scores and --target to choose what to label; one of the two.");
            CheckResult result;
            IEnumerable<string> lines;
            if (compared.Length != 0)
            {
                var set = RankingSet.Read(new RowInput { Files = compared, RejectsPath = parsed.GetValue(rejects), StandardInput = context.StandardInput }, looks: false, cancellationToken);
                await MetaText.RejectsAsync(context, set.Report);
                AnswerTable? table = null;
                if (parsed.GetValue(answers) is { Length: > 0 } files)
                {
                    table = AnswerTable.Read(new RowInput { Files = files }, cancellationToken);
                    await MetaText.RejectsAsync(context, table.Report);
                }

                var options = new BootstrapOptions { Resamples = MetaOptions.Within("--resamples", parsed.GetValue(resamples), 20, 1_000_000), Seed = parsed.GetValue(seed), MaxThreads = Environment.ProcessorCount, Cancellation = cancellationToken };
                var outcome = NextComparisonsCheck.Run(set, table, wanted, MetaOptions.Within("--together", parsed.GetValue(together), 2, NextComparisons.MostTogether), options);
                lines = NextComparisonsCheck.Lines(outcome, table);
                var facts = CheckOutput.Facts(compared, ("seed", parsed.GetValue(seed).ToString(CultureInfo.InvariantCulture)));
                result = new CheckResult(NextComparisonsCheck.Section(outcome, set, facts), Json(outcome)).Marked(set.Report.Simulated, set.Report.Rows);
            }
            else
            {
                if (parsed.GetValue(target) is not { } field) throw new OrchestrationException(ErrorCodes.Usage, "--scores needs --target: the field of the label, null where an answer has none.");
                var input = new TrainingInput
                {
                    Files = labelled,
                    Target = field,
                    Judges = ExperimentOptions.Split(parsed.GetValue(judges)),
                    KeepUnlabelled = true,
                    RejectsPath = parsed.GetValue(rejects),
                    StandardInput = context.StandardInput,
                };
                var read = TrainingReader.Read(input, cancellationToken);
                if (read.Rejected != 0) await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{read.Rejected:N0} rows rejected. The first: {read.FirstReject}"));
                var outcome = NextLabelsCheck.Run(read, wanted, MetaOptions.Within("--per-prompt", parsed.GetValue(perPrompt), 1, 1_000_000), cancellationToken);
                if (outcome.Labelled == 0) await context.Error.WriteLineAsync($"no row has a value in '{field}': nothing is labelled yet, or the field is called otherwise");
                lines = NextLabelsCheck.Lines(outcome);
                result = new CheckResult(NextLabelsCheck.Section(outcome, CheckOutput.Facts(labelled, ("label", field))), Json(outcome)).Marked(read.Simulated, outcome.Labelled);
            }

            if (parsed.GetValue(output) is { } path) await Purchasing.WriteAsync(path, lines, cancellationToken);
            await context.TellAsync(result, parsed.GetValue(html), parsed.GetValue(json), cancellationToken);
            return ExitStatus.Completed;
        });
        return command;
    }

    private static JsonObject Json(NextOutcome outcome) => new()
    {
        ["kind"] = "comparisons",
        ["reach"] = outcome.Reach[0],
        ["expected_reach"] = outcome.Reach[^1],
        ["expected_reach_drawn"] = outcome.DrawnReach[^1],
        ["spread"] = outcome.Spread,
        ["next"] = new JsonArray([.. outcome.Items.Select(static i => (JsonNode)new JsonObject { ["models"] = new JsonArray([.. i.Models.Select(static m => (JsonNode)m)]), ["prompt"] = i.Prompt, ["variance_share"] = i.Share })]),
    };

    private static JsonObject Json(NextLabelsOutcome outcome) => new()
    {
        ["kind"] = "labels",
        ["labelled"] = outcome.Labelled,
        ["rows"] = outcome.Rows.Count,
        ["next"] = new JsonArray([.. outcome.Items.Select(n => (JsonNode)new JsonObject { ["id"] = outcome.Rows.Ids[n.Row], ["group"] = outcome.Rows.Groups[n.Row], ["variance_share"] = n.Share })]),
    };
}
