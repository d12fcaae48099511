using System.CommandLine;
using System.Globalization;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Experiments;
using Orchestration.Learning.Models;

namespace Orchestration.Cli.Experiments;

/// <summary>The options that all experiments have, named as <c>train</c> names them.</summary>
internal sealed class ExperimentOptions(bool targets = false)
{
    private readonly Option<string[]> _scores = new("--scores", "-s") { Description = "Rows with human scores: results.jsonl, or lines of {id, group, scores, target}; CSV and gzip too.", Required = true, AllowMultipleArgumentsPerToken = true };
    private readonly Option<string> _target = new("--target") { Description = "Field of the human score, by name or path (labels.human, ratings[0]).", Required = true };
    private readonly Option<string[]> _targets = new("--targets") { Description = "Fields of the annotators' ratings, by name or path (ratings[0]); one that holds a list or an object stands for all in it.", Required = true, AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _group = new("--group") { Description = "Field that says which rows are of one prompt: they are never split between folds. Default: 'group', else the prompt, else each row alone." };
    private readonly Option<string[]> _model = new("--model", "-m") { Description = $"Models, of {string.Join(", ", ModelRecipes.Names)}. Default: {string.Join(",", ExperimentSettings.DefaultModels)}. mean-fit is always among them.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<int> _folds = new("--folds") { Description = "Folds a draw.", DefaultValueFactory = _ => 5 };
    private readonly Option<int> _repeats = new("--repeats") { Description = "Draws of folds that figures are averaged over.", DefaultValueFactory = _ => 2 };
    private readonly Option<ulong> _seed = new("--seed") { Description = "Seed of everything random.", DefaultValueFactory = _ => 0 };
    private readonly Option<string[]> _judges = new("--judges", "-j") { Description = "These judges only.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string[]> _scale = new("--scale") { Description = "Scale of a judge: NAME=MIN..MAX, ':lower' behind it where lower is better; '*' for all others. Without any, a judge's range in these rows is taken.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _targetScale = new("--target-scale") { Description = "Scale of the human score, MIN..MAX. Default: the range of the rows." };
    private readonly Option<string?> _weight = new("--weight") { Description = "Field with each row's weight." };
    private readonly Option<bool?> _monotone = new("--monotone") { Description = "true: no judge's better score may lower the number; false: it may." };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Folder for experiment-KIND.html and .json, or a file that ends in .html or .json: the other is written beside it. Default: the current folder." };
    private readonly Option<string?> _rejects = new("--rejects") { Description = "File for bad rows. Default: they are counted and the first is told." };
    private readonly Option<bool> _json = new("--json") { Description = "End standard output with one JSON object: the whole outcome." };
    private readonly Option<string?> _config = SweepCommands.ConfigOption();

    public Command AddTo(Command command)
    {
        Option[] all = [_scores, targets ? _targets : _target, _group, _model, _folds, _repeats, _seed, _judges, _scale, _targetScale, _weight, _monotone, _output, _rejects, _json, _config];
        foreach (var option in all) command.Options.Add(option);
        return command;
    }

    public string? Config(ParseResult parsed) => parsed.GetValue(_config);

    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    public string? Output(ParseResult parsed) => parsed.GetValue(_output);

    public string[] Scales(ParseResult parsed) => parsed.GetValue(_scale) ?? [];

    public TrainingInput Input(ParseResult parsed)
    {
        string[] raters = targets ? Split(parsed.GetValue(_targets)) : [];
        return new TrainingInput
        {
            Files = parsed.GetValue(_scores)!,
            Target = targets ? $"mean of {string.Join(", ", raters)}" : parsed.GetValue(_target)!,
            Raters = raters,
            Group = parsed.GetValue(_group),
            Weight = parsed.GetValue(_weight),
            Judges = Split(parsed.GetValue(_judges)),
            RejectsPath = parsed.GetValue(_rejects),
        };
    }

    public ExperimentSettings Settings(ParseResult parsed)
    {
        var settings = new ExperimentSettings
        {
            Models = Split(parsed.GetValue(_model)) is { Length: > 0 } named ? named : ExperimentSettings.DefaultModels,
            Folds = Within("--folds", parsed.GetValue(_folds), 2, 100),
            Repeats = Within("--repeats", parsed.GetValue(_repeats), 1, 1000),
            Seed = parsed.GetValue(_seed),
            Monotone = parsed.GetValue(_monotone),
            TargetRange = Range(parsed.GetValue(_targetScale)),
            MaxThreads = Environment.ProcessorCount,
        };

        // Unknown models are told before any file is read.
        foreach (var model in settings.Models) AggregatorTrainer.RecipeOf(model, settings.Monotone);
        return settings;
    }

    public static Option<string[]> List(string name, string description) => new(name) { Description = description, AllowMultipleArgumentsPerToken = true };

    public static string[] Split(string[]? values) => [.. (values ?? []).SelectMany(static v => v.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    public static int Within(string option, int value, int least, int most) => value >= least && value <= most
        ? value
        : throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"{option} {value}: {least} to {most}."));

    public static double Share(string option, double value, double least = 0) => value >= least && value <= 1
        ? value
        : throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"{option} {value}: a share, {least} to 1."));

    public static double[]? Shares(string option, string[]? values) => Split(values) is not { Length: > 0 } texts ? null :
    [
        .. texts.Select(text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var share)
            ? Share(option, share)
            : throw new OrchestrationException(ErrorCodes.Usage, $"{option} {text}: a share, 0 to 1, written with a point.")),
    ];

    private static (double Low, double High)? Range(string? text)
    {
        if (text is null) return null;
        var scale = SweepRunSettings.ParseScales(["target=" + text])["target"];
        return (scale.Min, scale.Max);
    }
}
