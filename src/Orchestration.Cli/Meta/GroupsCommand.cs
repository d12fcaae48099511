using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Cli.Aggregators;
using Orchestration.Cli.Experiments;
using Orchestration.Cli.Sweeps;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.MetaEvaluation.Groups;

namespace Orchestration.Cli.Meta;

/// <summary><c>orchestrate meta groups</c>: gaps between groups of pairs, and between groups of judges.</summary>
internal static class GroupsCommand
{
    public static Command Create(CliContext context)
    {
        var scores = new Option<string[]>("--scores", "-s") { Description = "Rows with human scores: results.jsonl, or lines of {id, group, scores, target}; CSV and gzip too.", Required = true, AllowMultipleArgumentsPerToken = true };
        var target = new Option<string>("--target") { Description = "Field of the human score, by name or path.", Required = true };
        var by = new Option<string?>("--by") { Description = "Field whose values group the rows (category, source): each is held against all others." };
        var families = new Option<string[]>("--judge-groups") { Description = "NAME=JUDGE,JUDGE: groups of judges, held against one another; two or more.", AllowMultipleArgumentsPerToken = true };
        var least = new Option<int>("--min-prompts") { Description = "Prompts that each side of a gap needs.", DefaultValueFactory = _ => 10 };
        var group = new Option<string?>("--group") { Description = "Field that says which rows are of one prompt. Default: 'group', else the prompt, else each row alone." };
        var judges = new Option<string[]>("--judges", "-j") { Description = "These judges only.", AllowMultipleArgumentsPerToken = true };
        var scale = new Option<string[]>("--scale") { Description = "Scale of a judge: NAME=MIN..MAX, ':lower' behind it where lower is better; '*' for all others. Without any, a judge's range in these rows is taken.", AllowMultipleArgumentsPerToken = true };
        var targetScale = new Option<string?>("--target-scale") { Description = "Scale of the human score, MIN..MAX. Default: the range of the rows." };
        var rejects = new Option<string?>("--rejects") { Description = "File for bad rows. Default: they are counted and the first is told." };
        var html = CheckOutput.HtmlOption();
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var config = SweepCommands.ConfigOption();
        var command = new Command("groups", "Fairness: which judges score some pairs otherwise than others, and where groups of judges part ways; corrected for how many gaps are looked at.")
        {
            scores, target, by, families, least, group, judges, scale, targetScale, rejects, html, json, config,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var minPrompts = ExperimentOptions.Within("--min-prompts", parsed.GetValue(least), 2, 1_000_000);
            (double, double)? range = parsed.GetValue(targetScale) is { } text && SweepRunSettings.ParseScales(["target=" + text])["target"] is var stated ? (stated.Min, stated.Max) : null;
            var input = new TrainingInput
            {
                Files = parsed.GetValue(scores)!,
                StandardInput = context.StandardInput,
                Target = parsed.GetValue(target)!,
                Group = parsed.GetValue(group),
                Judges = ExperimentOptions.Split(parsed.GetValue(judges)),
                Part = parsed.GetValue(by),
                PartMayBeMissing = true,
                RejectsPath = parsed.GetValue(rejects),
            };
            var configuration = OrchestrationConfig.Load(parsed.GetValue(config));
            var scales = new RecordedScales(SweepRunSettings.ParseScales(parsed.GetValue(scale) ?? []), configuration.JudgeScales, JudgeCatalog.RubricsOf(configuration));
            var rows = TrainingReader.Read(input, cancellationToken);
            var notes = new TrainingNotes(context);
            await notes.OfReadingAsync(rows, input);
            var set = TrainingSet.Of(rows, input, judge => scales.TryGetValue(judge, out var known) ? known : null);
            await notes.OfJudgesAsync(set);
            var outcome = GroupsCheck.Run(rows, set, input.Part is not null, parsed.GetValue(families) ?? [], range, minPrompts);
            await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"gaps in shares of the scale, {rows.Count:N0} answers, target '{input.Target}'{(input.Part is null ? "" : $", by '{input.Part}'")}"));
            await context.TellAsync(Result(outcome, input).Marked(rows.Simulated, rows.Count), parsed.GetValue(html), parsed.GetValue(json), cancellationToken);
            return ExitStatus.Completed;
        });
        return command;
    }

    /// <summary>The gaps as a check's result.</summary>
    public static CheckResult Result(GroupsOutcome outcome, TrainingInput input) =>
        new(GroupsReport.Section(outcome, CheckOutput.Facts(input.Files, ("human score", input.Target), ("by", input.Part ?? "groups of judges alone"))), JsonNode.Parse(GroupsReport.Json(outcome))!.AsObject());
}
