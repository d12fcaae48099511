using System.CommandLine;
using System.Globalization;
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
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var command = new Command("gate", "Tests thresholds for continuous integration: exit status 0 pass, 1 fail, 4 undecided.") { thresholds, candidate, baseline, group, rejects, json };
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
            context.Write(GateReport.Table(outcome));
            await context.SayAsync(outcome.Meaning);
            await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{GateReport.Name(outcome.Verdict)}: bounds of all gates together hold with a chance of {100 * file.Level:0.###}%"));
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(GateReport.Json(outcome));
            return outcome.Verdict switch { GateVerdict.Pass => ExitStatus.Completed, GateVerdict.Fail => ExitStatus.Unsatisfied, _ => ExitStatus.Undecided };
        });
        return command;
    }
}
