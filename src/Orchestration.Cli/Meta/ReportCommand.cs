using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Cli.Experiments;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.MetaEvaluation.Report;

namespace Orchestration.Cli.Meta;

/// <summary><c>orchestrate meta report</c>: every check that the inputs allow, and checks made before, on one page.</summary>
internal static class ReportCommand
{
    public static Command Create(CliContext context)
    {
        var output = new Option<string>("--html", "--output", "-o") { Description = "The page: one HTML file that needs nothing else.", Required = true };
        var title = new Option<string>("--title") { Description = "Title of the page.", DefaultValueFactory = _ => "The judges judged" };
        var checks = Files("--checks", "Files with the JSON of checks made before (what their --json wrote): their sections are taken as they are, nothing is measured or bought again.");
        var verdicts = Files("--verdicts", "verdicts.jsonl with labels: for judgebench and ensemble.");
        var ratings = Files("--ratings", "{id, ratings{rater: label}, judges{judge: label}?, truth?}: for agreement and truth.");
        var rankings = Files("--rankings", "Comparisons or orders of models: for rank.");
        var scores = Files("--scores", "results.jsonl, or rows with scores: for diversity, groups (with --by), calibrate (with --judge) and surrogate (with --costly).");
        var target = new Option<string?>("--target") { Description = "Field of the human score in --scores." };
        var judge = new Option<string[]>("--judge", "-j") { Description = "Fields of judges' scores to calibrate, by name or path.", AllowMultipleArgumentsPerToken = true };
        var costly = new Option<string?>("--costly") { Description = "The judge that a surrogate is learned for." };
        var policy = new Option<string?>("--policy") { Description = "Field that names what gave an answer, for calibrate." };
        var probe = Files("--probe", "Labelled answers that test whether a calibration carries over.");
        var by = new Option<string?>("--by") { Description = "Field whose values group the rows, for groups." };
        var thresholds = new Option<string?>("--thresholds") { Description = "YAML file of thresholds, for gate." };
        var candidate = new Option<string?>("--candidate") { Description = "Results that the gate tests." };
        var baseline = new Option<string?>("--baseline") { Description = "Results that they are held against." };
        var group = new Option<string?>("--group") { Description = "Field that says which rows of --scores are of one prompt." };
        var resamples = new Option<int>("--resamples") { Description = "Resamples of the prompts for bounds.", DefaultValueFactory = _ => 1000 };
        var seed = new Option<ulong>("--seed") { Description = "Seed of everything random.", DefaultValueFactory = _ => 0 };
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object: the checks with their figures, and those not made." };
        var config = SweepCommands.ConfigOption();
        var command = new Command("report", "One HTML page with a section for every check that the inputs allow, and for checks made before.")
        {
            output, title, checks, verdicts, ratings, rankings, scores, target, judge, costly, policy, probe, by, thresholds, candidate, baseline, group, resamples, seed, json, config,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var inputs = new ReportInputs
            {
                Verdicts = parsed.GetValue(verdicts) ?? [],
                Ratings = parsed.GetValue(ratings) ?? [],
                Rankings = parsed.GetValue(rankings) ?? [],
                Scores = parsed.GetValue(scores) ?? [],
                Target = parsed.GetValue(target),
                Judges = ExperimentOptions.Split(parsed.GetValue(judge)),
                Costly = parsed.GetValue(costly),
                Policy = parsed.GetValue(policy),
                Probe = parsed.GetValue(probe) ?? [],
                By = parsed.GetValue(by),
                Thresholds = parsed.GetValue(thresholds),
                Candidate = parsed.GetValue(candidate),
                Baseline = parsed.GetValue(baseline),
                Group = parsed.GetValue(group),
                Resamples = MetaOptions.Within("--resamples", parsed.GetValue(resamples), 20, 1_000_000),
                Seed = parsed.GetValue(seed),
                Config = parsed.GetValue(config),
            };
            string[] saved = parsed.GetValue(checks) ?? [];
            var earlier = SectionJson.Read(saved, context.StandardInput, cancellationToken);
            var run = new ReportRun(context, inputs, cancellationToken);
            await run.AllAsync();
            CheckSection[] sections = [.. run.Made.Select(static r => r.Section), .. earlier];
            CheckNotMade[] missing = [.. run.NotMade.Where(n => n.IsWanted || !Array.Exists(sections, s => s.Check == n.Check)).Select(static n => new CheckNotMade(n.Check, n.Reason))];
            if (sections.Length == 0)
            {
                throw new OrchestrationException(
                    ErrorCodes.Input, run.NotMade.FirstOrDefault(static n => n.IsWanted) is { } failed ? $"No check could be made. {failed.Check}: {failed.Reason}" : "There is nothing to report on. Name inputs with --verdicts, --ratings, --rankings, --scores, --candidate or --checks.");
            }

            await CheckOutput.SaveAsync("--html", parsed.GetValue(output)!, CheckPage.Of(parsed.GetValue(title)!, sections, missing, "orchestrate meta report"), cancellationToken);
            foreach (var section in sections) await context.Out.WriteLineAsync($"{section.Check}: {Headline(section)}");
            foreach (var one in missing) await context.Error.WriteLineAsync($"not made: {one.Check}: {one.Reason}");
            await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{sections.Length} {(sections.Length == 1 ? "section" : "sections")} in {parsed.GetValue(output)}"));
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(ToLine(run.Made, earlier, missing));
            return ExitStatus.Completed;
        });
        return command;
    }

    private static string Headline(CheckSection section) =>
        section.Headline.Length != 0 ? section.Headline : section.Meaning.Concat(section.Parts.SelectMany(static p => p.Sentences)).FirstOrDefault() ?? section.Title;

    private static Option<string[]> Files(string name, string description) => new(name) { Description = description, AllowMultipleArgumentsPerToken = true };

    private static string ToLine(IReadOnlyList<CheckResult> made, IReadOnlyList<CheckSection> earlier, IReadOnlyList<CheckNotMade> missing)
    {
        JsonNode[] checks =
        [
            .. made.Select(static r => JsonNode.Parse(r.ToLine())!),
            .. earlier.Select(static s => (JsonNode)new JsonObject { ["check"] = s.Check, ["section"] = SectionJson.Write(s) }),
        ];
        return MetaText.ToLine(new JsonObject
        {
            ["check"] = "report",
            ["checks"] = new JsonArray(checks),
            ["not_made"] = new JsonArray([.. missing.Select(static n => (JsonNode)new JsonObject { ["check"] = n.Check, ["reason"] = n.Reason })]),
        });
    }
}
