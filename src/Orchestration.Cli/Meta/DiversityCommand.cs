using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Cli.Aggregators;
using Orchestration.Cli.Experiments;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.MetaEvaluation.Diversity;
using Orchestration.Learning.Diversity;

namespace Orchestration.Cli.Meta;

/// <summary><c>orchestrate meta diversity</c>: how many judges a set of judges is, which say the same, and how few would do.</summary>
internal static class DiversityCommand
{
    public static Command Create(CliContext context)
    {
        var scores = new Option<string[]>("--scores", "-s") { Description = "Rows with human scores: results.jsonl, or lines of {id, group, scores, target}; CSV and gzip too.", Required = true, AllowMultipleArgumentsPerToken = true };
        var target = new Option<string>("--target") { Description = "Field of the human score, by name or path.", Required = true };
        var group = new Option<string?>("--group") { Description = "Field that says which rows are of one prompt. Default: 'group', else the prompt, else each row alone." };
        var judges = new Option<string[]>("--judges", "-j") { Description = "These judges only.", AllowMultipleArgumentsPerToken = true };
        var scale = new Option<string[]>("--scale") { Description = "Scale of a judge: NAME=MIN..MAX, ':lower' behind it where lower is better; '*' for all others. Without any, a judge's range in these rows is taken.", AllowMultipleArgumentsPerToken = true };
        var model = new Option<string>("--model", "-m") { Description = "Model that turns scores into one number.", DefaultValueFactory = _ => "ridge" };
        var keep = new Option<double>("--keep") { Description = "Share of the out-of-fold R² that the subset must keep.", DefaultValueFactory = _ => 0.95 };
        var folds = new Option<int>("--folds") { Description = "Folds of whole prompts, outside and inside.", DefaultValueFactory = _ => 5 };
        var repeats = new Option<int>("--repeats") { Description = "Draws of the outer folds.", DefaultValueFactory = _ => 2 };
        var seed = new Option<ulong>("--seed") { Description = "Seed of the folds.", DefaultValueFactory = _ => 0 };
        var rejects = new Option<string?>("--rejects") { Description = "File for bad rows. Default: they are counted and the first is told." };
        var html = CheckOutput.HtmlOption();
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var config = SweepCommands.ConfigOption();
        var command = new Command("diversity", "How many independent judges a set is worth, which say the same, and the smallest subset that keeps what they explain.")
        {
            scores, target, group, judges, scale, model, keep, folds, repeats, seed, rejects, html, json, config,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new SubsetOptions
            {
                Keep = ExperimentOptions.Share("--keep", parsed.GetValue(keep), 0.01),
                Folds = ExperimentOptions.Within("--folds", parsed.GetValue(folds), 2, 100),
                Repeats = ExperimentOptions.Within("--repeats", parsed.GetValue(repeats), 1, 1000),
                Seed = parsed.GetValue(seed),
            };
            var name = parsed.GetValue(model)!;

            // An unknown model is told before any file is read.
            AggregatorTrainer.RecipeOf(name, null);
            var input = new TrainingInput
            {
                Files = parsed.GetValue(scores)!,
                StandardInput = context.StandardInput,
                Target = parsed.GetValue(target)!,
                Group = parsed.GetValue(group),
                Judges = ExperimentOptions.Split(parsed.GetValue(judges)),
                RejectsPath = parsed.GetValue(rejects),
            };
            var configuration = OrchestrationConfig.Load(parsed.GetValue(config));
            var scales = new RecordedScales(SweepRunSettings.ParseScales(parsed.GetValue(scale) ?? []), configuration.JudgeScales, JudgeCatalog.RubricsOf(configuration));
            var rows = TrainingReader.Read(input, cancellationToken);
            var notes = new TrainingNotes(context);
            await notes.OfReadingAsync(rows, input);
            var set = TrainingSet.Of(rows, input, judge => scales.TryGetValue(judge, out var known) ? known : null);
            await notes.OfJudgesAsync(set);
            var outcome = DiversityCheck.Run(set, name, options, cancellationToken);
            await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{outcome.Judges.Count} judges, {outcome.Rows:N0} answers to {outcome.Prompts:N0} prompts, target '{input.Target}', model {name}"));
            await context.TellAsync(Result(outcome, input).Marked(rows.Simulated, rows.Count), parsed.GetValue(html), parsed.GetValue(json), cancellationToken);
            return ExitStatus.Completed;
        });
        return command;
    }

    /// <summary>Diversity as a check's result.</summary>
    public static CheckResult Result(DiversityOutcome outcome, TrainingInput input) =>
        new(DiversityReport.Section(outcome, CheckOutput.Facts(input.Files, ("human score", input.Target))), JsonNode.Parse(DiversityReport.Json(outcome))!.AsObject());
}
