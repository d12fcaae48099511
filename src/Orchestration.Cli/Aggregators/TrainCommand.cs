using System.CommandLine;
using System.Globalization;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Aggregation.Activation;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Learning.Models;
using Orchestration.Learning.Intervals;

namespace Orchestration.Cli.Aggregators;

/// <summary><c>orchestrate train</c>: from scores and human scores to a version, measured out of fold, and active where it is shown to be better.</summary>
internal static class TrainCommand
{
    public static Command Create(CliContext context)
    {
        var scores = new Option<string[]>("--scores", "-s") { Description = "Files to learn from: results.jsonl, verdicts.jsonl, or lines of {id, group, scores, target}; CSV and gzip too.", Required = true, AllowMultipleArgumentsPerToken = true };
        var target = new Option<string>("--target") { Description = "Field of the human score; for comparisons, of the label.", Required = true };
        var group = new Option<string?>("--group") { Description = "Field that says which rows are of one prompt: they are never split between folds. Default: 'group', else the prompt, else each row alone." };
        var model = new Option<string[]>("--model", "-m") { Description = $"auto (a blend, kept where it beats the mean), or {string.Join(", ", ModelRecipes.Names.Where(static n => n != TrainSettings.Auto))}. The first becomes the version, further ones are reported.", AllowMultipleArgumentsPerToken = true };
        var folds = new Option<int>("--folds") { Description = "Folds a draw.", DefaultValueFactory = _ => 5 };
        var repeats = new Option<int>("--repeats") { Description = "Draws of folds that figures are averaged over; fewer than 5 cannot be activated.", DefaultValueFactory = _ => 5 };
        var seed = new Option<ulong>("--seed") { Description = "Seed of everything random.", DefaultValueFactory = _ => 0 };
        var name = new Option<string>("--name", "-n") { Description = "Name of the aggregator.", DefaultValueFactory = _ => "default" };
        var test = new Option<string?>("--test") { Description = "Rows that are not learned from, to add figures on." };
        var judges = new Option<string[]>("--judges", "-j") { Description = "Learn from these judges only.", AllowMultipleArgumentsPerToken = true };
        var scale = new Option<string[]>("--scale") { Description = "Scale of a judge: NAME=MIN..MAX, ':lower' behind it where lower is better; '*' for all others. Without any, a judge's range in these rows is taken.", AllowMultipleArgumentsPerToken = true };
        var targetScale = new Option<string?>("--target-scale") { Description = "Scale of the human score, MIN..MAX: what the plain mean is stretched onto. Default: the range of the rows." };
        var weight = new Option<string?>("--weight") { Description = "Field with each row's weight." };
        var holdOut = new Option<string?>("--hold-out") { Description = "Field (such as category) each value of which is held out whole, instead of drawn folds." };
        var monotone = new Option<bool?>("--monotone") { Description = "true: no judge's better score may lower the number; false: it may. Default: may for human scores, may not for comparisons." };
        var residual = new Option<ResidualKind>("--residual") { Description = "What intervals are made from: absolute; scaled by its expected size at the number; or signed, with the two sides apart.", DefaultValueFactory = _ => ResidualKind.Absolute };
        var randomFolds = new Option<bool>("--random-folds") { Description = "Split rows of one prompt between folds; figures are flattered and marked." };
        var guard = new Option<string[]>("--guard") { Description = "A stated rule on a judge's mapped score (0-1): 'veto:JUDGE<0.5=1', 'cap:JUDGE<0.3=2', 'floor:JUDGE>0.9=4'; what it does and costs out of fold is said.", AllowMultipleArgumentsPerToken = true };
        var noActivate = new Option<bool>("--no-activate") { Description = "Store the version and leave what is active." };
        var rejects = new Option<string?>("--rejects") { Description = "File for bad rows. Default: train-rejects.jsonl beside the store." };
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var (config, store) = (SweepCommands.ConfigOption(), SweepCommands.StoreOption());
        var command = new Command("train", "Learns an aggregator from judges' scores and human scores, says how good it is on prompts it has not seen, and makes it active where it is surely better.")
        {
            scores, target, group, model, folds, repeats, seed, name, test, judges, scale, targetScale, weight, holdOut, monotone, guard, residual, randomFolds, noActivate, rejects, json, config, store,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = new TrainSettings
            {
                Name = parsed.GetValue(name)!,
                Models = [.. Split(parsed.GetValue(model)) is { Length: > 0 } named ? named : [TrainSettings.Auto]],
                Folds = Within("--folds", parsed.GetValue(folds), 2, 100),
                Repeats = Within("--repeats", parsed.GetValue(repeats), 1, 1000),
                Seed = parsed.GetValue(seed),
                RandomFolds = parsed.GetValue(randomFolds),
                Monotone = parsed.GetValue(monotone),
                TargetRange = Range(parsed.GetValue(targetScale)),
                Residual = parsed.GetValue(residual),
                Guards = GuardOption.Parse(parsed.GetValue(guard) ?? []),
                MaxThreads = Environment.ProcessorCount,
            };
            var input = new TrainingInput
            {
                Files = parsed.GetValue(scores)!,
                StandardInput = context.StandardInput,
                Target = parsed.GetValue(target)!,
                Group = parsed.GetValue(group),
                Weight = parsed.GetValue(weight),
                Part = parsed.GetValue(holdOut),
                Judges = Split(parsed.GetValue(judges)),
                RejectsPath = parsed.GetValue(rejects) ?? Path.Combine(EmbeddedHost.LocalFolder(context, parsed.GetValue(store)), "train-rejects.jsonl"),
            };
            AggregatorVersion.CheckName(settings.Name);
            foreach (var recipe in settings.Models) AggregatorTrainer.RecipeOf(recipe, settings.Monotone, settings.TargetRange);
            await using var host = await EmbeddedHost.OpenAsync(context, parsed.GetValue(config), parsed.GetValue(store), cancellationToken);
            var scales = new RecordedScales(SweepRunSettings.ParseScales(parsed.GetValue(scale) ?? []), host.Config.JudgeScales, host.Catalog(null).Rubrics);
            return await new TrainSession(context, host).RunAsync(
                input, settings, scales, parsed.GetValue(test), activate: !parsed.GetValue(noActivate), parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static string[] Split(string[]? values) => [.. (values ?? []).SelectMany(static v => v.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    private static int Within(string option, int value, int least, int most) => value >= least && value <= most
        ? value
        : throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"{option} {value}: {least} to {most}."));

    private static (double Low, double High)? Range(string? text)
    {
        if (text is null) return null;
        var scale = SweepRunSettings.ParseScales(["target=" + text])["target"];
        return (scale.Min, scale.Max);
    }
}
