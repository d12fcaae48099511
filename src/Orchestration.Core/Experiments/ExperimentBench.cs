using System.Globalization;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Learning.Models;
using Orchestration.Learning.Robustness;

namespace Orchestration.Core.Experiments;

/// <summary>What an experiment works on: rows, recipes, models fitted on unchanged folds, and their figures.</summary>
internal sealed class ExperimentBench
{
    private readonly IProgress<ExperimentProgress>? _progress;
    private readonly CancellationToken _cancellationToken;
    private int _done;

    private ExperimentBench(TrainingSet set, ExperimentSettings settings, ScoreData data, (double, double) range, FoldStudy study, IProgress<ExperimentProgress>? progress, CancellationToken cancellationToken)
    {
        (Set, Settings, Data, Range, Study, _progress, _cancellationToken) = (set, settings, data, range, study, progress, cancellationToken);
        Predictions = study.Predict(data.Scores, cancellationToken);
        Clean = study.Measure(Predictions);
        Baseline = study.Recipes.ToList().FindIndex(static r => r.Name == TrainSettings.Baseline);
    }

    public TrainingSet Set { get; }

    public ExperimentSettings Settings { get; }

    public ScoreData Data { get; }

    /// <summary>The target's stated range, else that of all rows: the same in every condition.</summary>
    public (double Low, double High) Range { get; }

    public FoldStudy Study { get; }

    /// <summary>[recipe][draw][row] without any attack.</summary>
    public double[][][] Predictions { get; }

    /// <summary>Figures without any attack, one a recipe.</summary>
    public ModelFigures[] Clean { get; }

    /// <summary>The place of mean-then-fit among the recipes.</summary>
    public int Baseline { get; }

    public IReadOnlyList<string> Judges => [.. Set.Judges.Select(static j => j.Name)];

    public static (double Low, double High) RangeOf(TrainingSet set, ExperimentSettings settings)
    {
        var data = Scores(set);
        var range = settings.TargetRange ?? (data.Targets.Min(), data.Targets.Max());
        return range.Item1 < range.Item2 ? range : throw new OrchestrationException(ErrorCodes.Input, $"All human scores in '{set.Target.Field}' are the same: there is nothing to explain and nothing to attack. Name another field with --target.");
    }

    public static ExperimentBench Create(
        TrainingSet set, ExperimentSettings settings, IProgress<ExperimentProgress>? progress, CancellationToken cancellationToken, IReadOnlyList<IModelRecipe>? recipes = null)
    {
        var data = Scores(set);
        var range = RangeOf(set, settings);
        if (data.Groups < 2)
            throw new OrchestrationException(ErrorCodes.Input, "All rows are of one group: nothing can be held out to see how well a model does. Name the field of the prompts with --group, or add rows of other prompts.");
        var plan = new StudyPlan { Recipes = recipes ?? settings.Recipes(range), Folds = settings.Folds, Repeats = settings.Repeats, Seed = settings.Seed, MaxThreads = settings.MaxThreads };
        return new ExperimentBench(set, settings, data, range, FoldStudy.Fit(data, plan, cancellationToken), progress, cancellationToken);
    }

    public static ScoreData Scores(TrainingSet set) => set.LearnedFrom == LearnedFrom.Scores && set.Scores is { } scores ? scores : throw new OrchestrationException(
        ErrorCodes.Input, "Experiments attack aggregates of scores: rows of verdicts on comparisons have no human score to be measured against. Give rows of {id, group, scores, target}.");

    /// <summary>Does parts side by side, in places of their own, and says how far it is.</summary>
    public T[] Work<T>(int parts, string what, Func<int, T> work)
    {
        var results = new T[parts];
        _done = 0;
        InOrder.Run(parts, Settings.MaxThreads, part =>
        {
            results[part] = work(part);
            _progress?.Report(new ExperimentProgress(Interlocked.Increment(ref _done), parts, what));
        }, _cancellationToken);
        return results;
    }

    /// <summary>One row a recipe, with its differences.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="column">The column.</param>
    /// <param name="strength">The strength; 0 where nothing is attacked.</param>
    /// <param name="figures">Figures under it, one a recipe.</param>
    /// <param name="further">Further numbers of a recipe.</param>
    public IEnumerable<ExperimentRow> Rows(string condition, string column, double? strength, ModelFigures[] figures, Func<int, IEnumerable<KeyValuePair<string, double>>>? further = null) =>
        Rows(condition, column, strength, [figures], further);

    /// <summary>The same of several draws of an attack: intervals hold the chance of the draw too, and the lowest and highest draw stand beside them.</summary>
    /// <inheritdoc cref="Rows(string, string, double?, ModelFigures[], Func{int, IEnumerable{KeyValuePair{string, double}}})"/>
    public IEnumerable<ExperimentRow> Rows(string condition, string column, double? strength, ModelFigures[][] figures, Func<int, IEnumerable<KeyValuePair<string, double>>>? further = null)
    {
        for (var m = 0; m < Clean.Length; m++)
        {
            var own = m;
            var mean = ModelFigures.Mean([.. figures.Select(f => f[own])]);
            yield return new ExperimentRow(condition, column, strength, Study.Recipes[m].Name, "r2", GroupedFigure.OverDraws([.. figures.Select(f => f[own].R2)]))
            {
                OverMeanFit = m == Baseline ? null : GroupedFigure.OverDraws([.. figures.Select(f => f[own].R2.Minus(f[Baseline].R2))]),
                OverClean = ReferenceEquals(figures[0], Clean) ? null : GroupedFigure.OverDraws([.. figures.Select(f => f[own].R2.Minus(Clean[own].R2))]),
                Further =
                [
                    KeyValuePair.Create("rmse", mean.Rmse.Value),
                    KeyValuePair.Create("spearman", mean.Spearman.Value),
                    KeyValuePair.Create("bias", mean.Bias.Value),
                    .. figures.Length < 2 ? Enumerable.Empty<KeyValuePair<string, double>>() :
                    [
                        KeyValuePair.Create("lowest_draw", figures.Min(f => f[own].R2.Value)),
                        KeyValuePair.Create("highest_draw", figures.Max(f => f[own].R2.Value)),
                    ],
                    .. further?.Invoke(m) ?? [],
                ],
            };
        }
    }

    /// <summary>What whoever repeats the experiment has to set.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Facts(params ReadOnlySpan<(string Name, string Value)> own)
    {
        List<KeyValuePair<string, string>> facts =
        [
            KeyValuePair.Create("rows", Number(Data.Rows)),
            KeyValuePair.Create("groups", Number(Data.Groups)),
            KeyValuePair.Create("judges", Number(Data.Judges)),
            KeyValuePair.Create("target", Set.Target.Field),
            KeyValuePair.Create("target range", $"{Number(Range.Low)} to {Number(Range.High)}{(Settings.TargetRange is null ? ", observed" : ", stated")}"),
            KeyValuePair.Create("folds", $"{Number(Study.Draws[0].Count)} of whole groups, {Number(Study.Draws.Count)} draws"),
            KeyValuePair.Create("seed", Settings.Seed.ToString(CultureInfo.InvariantCulture)),
        ];
        foreach (var (name, value) in own) facts.Add(KeyValuePair.Create(name, value));
        return facts;
    }

    public static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
