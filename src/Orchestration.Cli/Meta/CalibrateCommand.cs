using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestration.Cli.Experiments;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.MetaEvaluation.Calibration;
using Orchestration.Learning.Calibrating;

namespace Orchestration.Cli.Meta;

/// <summary><c>orchestrate meta calibrate</c>: from a judge's scores and a few labels to what policies are worth, or a refusal.</summary>
internal static class CalibrateCommand
{
    public static Command Create(CliContext context)
    {
        var scores = new Option<string[]>("--scores", "-s") { Description = "Answers with the judge's scores, some with labels: results.jsonl, or rows with these fields; CSV and gzip too.", Required = true, AllowMultipleArgumentsPerToken = true };
        var judge = new Option<string>("--judge", "-j") { Description = "Field of the score, by name or path (score, scores.NAME).", Required = true };
        var target = new Option<string>("--target") { Description = "Field of the label, by name or path; null where an answer has none.", Required = true };
        var policy = new Option<string?>("--policy") { Description = "Field that names what gave an answer (a model, a prompt): each value is valued. Default: all answers together." };
        var probe = new Option<string[]>("--probe") { Description = "Labelled answers that test whether the calibration carries over to their policy; it is not fitted on them.", AllowMultipleArgumentsPerToken = true };
        var group = new Option<string?>("--group") { Description = "Field that says which rows are of one prompt. Default: 'group', else the prompt, else the id." };
        var lower = new Option<bool>("--lower-is-better") { Description = "The judge's lower score is the better one." };
        var folds = new Option<int>("--folds") { Description = "Folds of whole prompts that the calibrator is cross-fitted over.", DefaultValueFactory = _ => 5 };
        var bins = new Option<int>("--bins") { Description = "Bins of the calibration error.", DefaultValueFactory = _ => 10 };
        var seed = new Option<ulong>("--seed") { Description = "Seed of the folds.", DefaultValueFactory = _ => 0 };
        var level = new Option<double>("--level") { Description = "Chance of the intervals.", DefaultValueFactory = _ => 0.95 };
        var interval = new Option<IntervalSource>("--interval") { Description = "Where intervals come from: Influence (of each prompt, the calibrator held fixed) or Bootstrap (prompts drawn anew, folds and calibrator refitted each time).", DefaultValueFactory = _ => IntervalSource.Influence };
        var resamples = new Option<int>("--resamples") { Description = "Resamples of --interval bootstrap.", DefaultValueFactory = _ => 500 };
        var output = new Option<string?>("--html", "--output", "-o") { Description = "Writes the check's section as one HTML page, with plots." };
        var write = new Option<string?>("--write") { Description = "Writes every scored row with its calibrated and quantile-mapped score, as JSON lines." };
        var rejects = new Option<string?>("--rejects") { Description = "File for bad rows. Default: they are counted and the first is told." };
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var command = new Command("calibrate", "Calibrates a judge on labels and values policies by it, with intervals; refuses where it does not carry over.")
        {
            scores, judge, target, policy, probe, group, lower, folds, bins, seed, level, interval, resamples, output, write, rejects, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = new CalibrationSettings
            {
                Judge = parsed.GetValue(judge)!,
                Target = parsed.GetValue(target)!,
                Policy = parsed.GetValue(policy),
                LowerIsBetter = parsed.GetValue(lower),
                Bins = ExperimentOptions.Within("--bins", parsed.GetValue(bins), 1, 1000),
                Options = new PolicyOptions
                {
                    Folds = ExperimentOptions.Within("--folds", parsed.GetValue(folds), 2, 100),
                    Seed = parsed.GetValue(seed),
                    Interval = parsed.GetValue(interval),
                    Resamples = MetaOptions.Within("--resamples", parsed.GetValue(resamples), 20, 1_000_000),
                    MaxThreads = Environment.ProcessorCount,
                    Cancellation = cancellationToken,
                    Level = CheckOutput.Between("--level", parsed.GetValue(level), 0, 1),
                },
            };
            var rows = FieldReader.Read(CalibrationCheck.Input(parsed.GetValue(scores)!, settings, parsed.GetValue(group), parsed.GetValue(rejects)) with { StandardInput = context.StandardInput }, cancellationToken);
            await context.TellRejectsAsync(rows, parsed.GetValue(rejects));
            FieldRows? probing = null;
            if (parsed.GetValue(probe) is { Length: > 0 } files)
            {
                probing = FieldReader.Read(CalibrationCheck.Input(files, settings, parsed.GetValue(group), null), cancellationToken);
                await context.TellRejectsAsync(probing, null);
            }

            var outcome = CalibrationCheck.Run(rows, probing, settings);
            if (outcome.Unscored != 0) await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{outcome.Unscored:N0} answers have no score in '{settings.Judge}' and are left out: values are of the others"));
            await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{settings.Judge} calibrated on {outcome.Labels:N0} labels '{settings.Target}' of {outcome.LabelledPrompts:N0} prompts"));
            if (parsed.GetValue(write) is { } calibrated) await CheckOutput.SaveAsync("--write", calibrated, Rows(rows, outcome), cancellationToken);
            string[] read = [.. parsed.GetValue(scores)!, .. parsed.GetValue(probe) ?? []];
            await context.TellAsync(Result(outcome, read).Marked(rows.Simulated + (probing?.Simulated ?? 0), rows.Count + (probing?.Count ?? 0)), parsed.GetValue(output), parsed.GetValue(json), cancellationToken);
            return outcome.HasRefusal ? ExitStatus.Unsatisfied : ExitStatus.Completed;
        });
        return command;
    }

    /// <summary>The calibration as a check's result.</summary>
    public static CheckResult Result(CalibrationOutcome outcome, IReadOnlyList<string> files) => new(CalibrationSection.Of(outcome, CheckOutput.Facts(files)), JsonNode.Parse(CalibrationJson.Write(outcome))!.AsObject());

    private static string Rows(FieldRows rows, CalibrationOutcome outcome)
    {
        using var stream = new MemoryStream();
        using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        for (var i = 0; i < rows.Count; i++)
        {
            var score = rows.Number(outcome.Settings.Judge)[i];
            if (double.IsNaN(score)) continue;
            writer.WriteStartObject();
            writer.WriteString("id", rows.Ids[i]);
            writer.WriteString("group", rows.Groups[i]);
            if (outcome.Settings.Policy is { } policy) writer.WriteString("policy", rows.Text(policy)[i]);
            writer.WriteNumber("score", score);
            writer.WriteNumber("calibrated", outcome.Study.Calibrator.Of(outcome.Turn(score)));
            writer.WriteNumber("quantile", outcome.Map.Of(outcome.Turn(score)));
            writer.WriteEndObject();
            writer.Flush();
            writer.Reset();
            stream.WriteByte((byte)'\n');
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
