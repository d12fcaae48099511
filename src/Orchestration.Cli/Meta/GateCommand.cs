using System.CommandLine;
using System.Text.Json.Nodes;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.MetaEvaluation.Gates;
using Orchestration.Learning.Gating;

namespace Orchestration.Cli.Meta;

/// <summary><c>orchestrate meta gate</c>: thresholds in a file to an exit status.</summary>
internal static class GateCommand
{
    public static Command Create(CliContext context)
    {
        var thresholds = new Option<string>("--thresholds", "-t") { Description = "YAML file of thresholds (docs/gates.md).", Required = true };
        var candidate = new Option<string>("--candidate", "-s") { Description = "Results that are tested: results.jsonl, or rows with an id and the fields; CSV and gzip too.", Required = true };
        var baseline = new Option<string?>("--baseline", "-b") { Description = "Results that they are held against, paired by id. Not needed where every threshold is a fixed value." };
        var group = new Option<string?>("--group") { Description = "Field that says which rows are of one prompt. Default: 'group', else the prompt, else the id." };
        var rejects = new Option<string?>("--rejects") { Description = "File for bad rows of the candidate. Default: they are counted and the first is told." };
        var html = CheckOutput.HtmlOption();
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var command = new Command("gate", "Tests thresholds for continuous integration: exit status 0 pass, 1 fail, 4 undecided.") { thresholds, candidate, baseline, group, rejects, html, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var file = GateFile.Load(parsed.GetValue(thresholds)!);
            var tested = FieldReader.Read(GateCheck.Input(parsed.GetValue(candidate)!, file, parsed.GetValue(group), parsed.GetValue(rejects)) with { StandardInput = context.StandardInput }, cancellationToken);
            await context.TellRejectsAsync(tested, parsed.GetValue(rejects));
            FieldRows? old = null;
            if (file.NeedsBaseline && parsed.GetValue(baseline) is { } path)
            {
                old = FieldReader.Read(GateCheck.Input(path, file, parsed.GetValue(group), null), cancellationToken);
                await context.TellRejectsAsync(old, null);
            }

            var outcome = GateCheck.Run(file, tested, old);
            string[] read = parsed.GetValue(baseline) is { } held && old is not null ? [parsed.GetValue(candidate)!, held] : [parsed.GetValue(candidate)!];
            await context.TellAsync(Result(outcome, read).Marked(tested.Simulated + (old?.Simulated ?? 0), tested.Count + (old?.Count ?? 0)), parsed.GetValue(html), parsed.GetValue(json), cancellationToken);
            return outcome.Verdict switch { GateVerdict.Pass => ExitStatus.Completed, GateVerdict.Fail => ExitStatus.Unsatisfied, _ => ExitStatus.Undecided };
        });
        return command;
    }

    /// <summary>The gates as a check's result.</summary>
    public static CheckResult Result(GateOutcome outcome, IReadOnlyList<string> files) => new(GateReport.Section(outcome, CheckOutput.Facts(files)), JsonNode.Parse(GateReport.Json(outcome))!.AsObject());
}
